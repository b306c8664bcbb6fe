// HTTP endpoints as tools (B74): arguments as JSON body, or as query parameters for GET; one call, no retry, no redirect; an answer that
// is not 2xx is an error that the model sees.
import { createHash } from "node:crypto";
import type { AgentConfig, HttpToolConfig, JsonObject, JsonValue } from "../../crds/index.ts";
import { abortReason } from "../../plugins/sdk/index.ts";
import type { AgentParts } from "../agentParts.ts";
import { MAX_TOOL_ERROR_TEXT } from "../limits.ts";
import { canonicalJson } from "../loop.ts";
import { cutWithNote } from "../text.ts";
import { createEgress, type Egress, EgressError, type EgressPolicy } from "./egress.ts";
import { headersOf } from "./headers.ts";
import { type Tool, type ToolAnswer, type ToolContext, toolError } from "./tool.ts";
import { type UrlTemplate, urlTemplateOf } from "./urlTemplate.ts";

/** What HTTP tools need of the agent. `resolve` is for tests of the guard. */
export type HttpToolParts = Pick<AgentParts, "readFile" | "egress" | "timings" | "clock"> & Pick<EgressPolicy, "resolve">;

/** The HTTP tools of an agent. @throws Error when a URL template is none, naming the tool */
export function httpTools(
  config: Pick<AgentConfig, "tools" | "mcpAllowlist">,
  parts: HttpToolParts,
): { readonly tools: Tool[]; readonly close: () => Promise<void> } {
  const urls = config.tools.map((tool) => {
    try {
      return urlTemplateOf(tool.url);
    } catch (error) {
      throw new Error(`tool "${tool.name}": url ${JSON.stringify(tool.url)}: ${error instanceof Error ? error.message : "unusable"}`, {
        cause: error,
      });
    }
  });
  const egress = createEgress({
    allowLoopback: parts.egress.allowLoopback,
    literalHosts: urls.map((url) => url.host),
    allowlist: config.mcpAllowlist,
    connectTimeoutMs: parts.timings.connectTimeoutMs,
    resolve: parts.resolve,
  });
  const tools = config.tools.map((tool, i) => toolOf(tool, urls[i] ?? urlTemplateOf(tool.url), egress, parts));
  return { tools, close: () => egress.close() };
}

function toolOf(config: HttpToolConfig, template: UrlTemplate, egress: Egress, parts: HttpToolParts): Tool {
  return {
    name: config.name,
    description: config.description,
    inputSchema: schemaOf(config.inputSchema),
    source: "http",
    async call(args, context) {
      const filled = template.fill(args);
      if ("fault" in filled) return toolError(filled.fault);
      return callEndpoint(config, filled.url, template.reads, args, context, egress, parts);
    },
  };
}

async function callEndpoint(
  config: HttpToolConfig,
  url: URL,
  usedInUrl: ReadonlySet<string>,
  args: JsonObject,
  context: ToolContext,
  egress: Egress,
  parts: HttpToolParts,
): Promise<ToolAnswer> {
  const late = new AbortController();
  const seconds = parts.timings.toolTimeoutMs / 1_000;
  const cancel = parts.clock.after(parts.timings.toolTimeoutMs, () =>
    late.abort(new EgressError("late", `there was no whole answer within ${seconds} s`)),
  );
  const signal = AbortSignal.any([context.signal, late.signal]);
  try {
    const own = await headersOf(config.headers, parts.readFile);
    const headers: Record<string, string> = {
      accept: "application/json, text/*;q=0.9, */*;q=0.1",
      "idempotency-key": idempotencyKeyOf(context, config.name, args),
      ...(context.task.traceparent === undefined ? {} : { traceparent: context.task.traceparent }),
      ...own,
    };
    if (config.method === "GET") {
      for (const [name, value] of Object.entries(args)) if (!usedInUrl.has(name)) addQuery(url, name, value);
      return await answerOf(await egress.fetch(url, { method: "GET", headers, signal }), config.name);
    }
    headers["content-type"] ??= "application/json";
    return await answerOf(await egress.fetch(url, { method: config.method, headers, body: JSON.stringify(args), signal }), config.name);
  } catch (error) {
    if (context.signal.aborted) throw abortReason(context.signal);
    const reason: unknown = late.signal.aborted ? late.signal.reason : error;
    return toolError(`${config.name}: ${reason instanceof Error ? reason.message : "the call failed"}`);
  } finally {
    cancel();
  }
}

/** Stable over executions of the same task: an endpoint can tell a repetition from a new call (§1.4). */
export function idempotencyKeyOf(context: Pick<ToolContext, "task" | "n">, tool: string, args: JsonObject): string {
  const digest = createHash("sha256").update(canonicalJson(args)).digest("hex").slice(0, 16);
  return `${context.task.key}/${tool}/${digest}/${context.n}`;
}

function addQuery(url: URL, name: string, value: JsonValue): void {
  if (value === null) return;
  for (const item of Array.isArray(value) ? value : [value]) {
    url.searchParams.append(name, typeof item === "object" ? JSON.stringify(item) : String(item));
  }
}

async function answerOf(response: Response, tool: string): Promise<ToolAnswer> {
  const from = `tool ${tool}`;
  const text = await textOf(response);
  if (response.ok) return { text, isError: false, from };
  const what = response.status >= 300 && response.status < 400 ? "a redirect, which is not followed" : "an error";
  return { text: `status ${response.status}, ${what}\n${cutWithNote(text, MAX_TOOL_ERROR_TEXT, "… (cut)")}`, isError: true, from };
}

const TEXT_TYPES = /^(text\/|application\/(.*\+)?(json|xml|yaml|x-yaml|javascript|x-ndjson|x-www-form-urlencoded))/i;

async function textOf(response: Response): Promise<string> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get("content-type") ?? "";
  if (bytes.length === 0) return "(the answer has no body)";
  if (type !== "" && !TEXT_TYPES.test(type)) return `(${bytes.length} bytes of ${type.split(";")[0] ?? type}, which is no text)`;
  return new TextDecoder().decode(bytes);
}

function schemaOf(text: string | undefined): JsonObject {
  if (text === undefined) return { type: "object" };
  const schema: unknown = JSON.parse(text);
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return { type: "object" };
  return schema as JsonObject;
}
