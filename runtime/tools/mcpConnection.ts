// One connection to one MCP server (B73): Streamable HTTP, SSE or the plain REST shape, probed in that order, or a process by stdio.
// The one place that knows the SDK, which is loaded with the first server.

import type { JsonSchemaValidator, JsonSchemaValidatorResult, jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation";
import type { JsonObject, McpServerConfig } from "../../crds/index.ts";
import type { Clock, Log } from "../../plugins/sdk/index.ts";
import { orAborted } from "../../plugins/sdk/index.ts";
import { MAX_TOOL_PAGES, MAX_TOOLS_PER_SERVER } from "../limits.ts";
import type { Timings } from "../timings.ts";
import { createEgress, type Egress, EgressError, type EgressPolicy } from "./egress.ts";
import { headersOf } from "./headers.ts";
import { isRecord } from "./mcpTools.ts";

/** A server that answers. All calls reject with an Error whose message may be shown. */
export interface McpConnection {
  readonly transport: "streamable HTTP" | "SSE" | "REST" | "stdio";
  /** All pages; at most one tool more than may be used. */
  list(signal: AbortSignal): Promise<unknown[]>;
  call(tool: string, args: JsonObject, idempotencyKey: string, signal: AbortSignal): Promise<unknown>;
  /** Rejects when the server is gone. */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a connection is made with. */
export interface McpConnectionParts {
  readonly policy: Omit<EgressPolicy, "tls">;
  readonly stdio: boolean;
  readonly readFile: (path: string) => Promise<string>;
  readonly timings: Pick<Timings, "toolTimeoutMs" | "connectTimeoutMs">;
  readonly clock: Clock;
  readonly log: Log;
  /** The server says that its tools have changed. */
  changed(): void;
  /** The connection has ended by itself. */
  closed(): void;
}

/** How long a session is said goodbye to. */
const GOODBYE_MS = 1_000;

const CLIENT = { name: "kubectl-ark", version: "1" };

/** Connects. @throws Error whose message says what the user can do about it */
export async function connectMcp(server: McpServerConfig, parts: McpConnectionParts, signal: AbortSignal): Promise<McpConnection> {
  if (server.command !== undefined) {
    if (!parts.stdio) throw new Error("a server with a command runs in local mode only; give it a url");
    return connectStdio(server.command, server.args, parts, signal);
  }
  if (server.url === undefined) throw new Error("it has neither url nor command");
  const url = new URL(server.url);
  const egress = await egressFor(server, parts);
  try {
    return await probe(url, guardedFetch(server, url, egress, parts), egress, parts, signal);
  } catch (error) {
    await egress.close();
    throw error;
  }
}

async function egressFor({ mtls }: McpServerConfig, { policy, readFile }: McpConnectionParts): Promise<Egress> {
  if (mtls === undefined) return createEgress(policy);
  const [cert, key, ca] = await Promise.all([readFile(mtls.certFile), readFile(mtls.keyFile), readFile(mtls.caFile)]);
  return createEgress({ ...policy, tls: { cert, key, ca } });
}

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Adds the server's credentials, read anew for each request, and only towards itself (S70). A redirect is an error (S23). */
function guardedFetch(server: McpServerConfig, own: URL, egress: Egress, parts: McpConnectionParts): Fetch {
  return async (url, init = {}) => {
    const target = new URL(url);
    if (target.origin !== own.origin)
      throw new EgressError("denied", `${server.name} pointed to ${target.host}, which is not its own address`);
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(await headersOf(server.headers, parts.readFile))) headers.set(name, value);
    const response = await egress.fetch(target, { ...init, headers });
    if (response.status >= 300 && response.status < 400 && response.status !== 304) {
      await response.body?.cancel();
      throw new EgressError("denied", `${target.host} answered with a redirect, which is not followed`);
    }
    return response;
  };
}

/** Tells a server that does not know a shape from one that is away, refuses us, or misbehaves: only then the next shape is tried. */
function isOtherShape(error: unknown): boolean {
  if (error instanceof EgressError) return false;
  const status = statusOf(error);
  return status === undefined || (status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 429);
}

function statusOf(error: unknown): number | undefined {
  if (!isRecord(error)) return undefined;
  const code = error["code"] ?? (isRecord(error["event"]) ? error["event"]["code"] : undefined);
  return typeof code === "number" && code >= 100 && code < 600 ? code : undefined;
}

async function probe(url: URL, fetch: Fetch, egress: Egress, parts: McpConnectionParts, signal: AbortSignal): Promise<McpConnection> {
  const sdk = await loadSdk();
  const close = (): Promise<void> => egress.close();
  const attempts: (() => Promise<McpConnection>)[] = [
    async () => {
      const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
      const transport = new StreamableHTTPClientTransport(url, { fetch });
      const goodbye = async (): Promise<void> => {
        await Promise.race([transport.terminateSession(), parts.clock.sleep(GOODBYE_MS)]).catch(() => undefined);
      };
      return openClient(sdk, transport, "streamable HTTP", parts, signal, goodbye, close);
    },
    async () => {
      const { SSEClientTransport } = await import("@modelcontextprotocol/sdk/client/sse.js");
      return openClient(sdk, new SSEClientTransport(url, { fetch }), "SSE", parts, signal, undefined, close);
    },
    () => connectRest(url, fetch, close, signal),
  ];
  let first: unknown;
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      first ??= error;
      if (!isOtherShape(error)) throw plainError(error);
    }
  }
  throw plainError(first);
}

/** Errors of the SDK quote bodies and addresses; this keeps the kind and the status. */
function plainError(error: unknown): Error {
  if (error instanceof EgressError) return error;
  const status = statusOf(error);
  if (status === 401 || status === 403) return new Error(`it refuses the credentials (status ${status}); check auth and headers`);
  if (status !== undefined) return new Error(`it answered with status ${status}`);
  const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "";
  return new Error(message === "" ? "it speaks none of the known protocols" : message.slice(0, 200), { cause: error });
}

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

async function loadSdk() {
  const [{ Client }, types] = await Promise.all([
    import("@modelcontextprotocol/sdk/client/index.js"),
    import("@modelcontextprotocol/sdk/types.js"),
  ]);
  return { Client, ResultSchema: types.ResultSchema, ToolListChanged: types.ToolListChangedNotificationSchema };
}

type Transport = Parameters<InstanceType<Sdk["Client"]>["connect"]>[0];

/** Output schemas are the server's own: we do not run its patterns over its answers. */
const NO_VALIDATION: jsonSchemaValidator = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input: unknown): JsonSchemaValidatorResult<T> => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};

async function openClient(
  { Client, ResultSchema, ToolListChanged }: Sdk,
  transport: object,
  name: McpConnection["transport"],
  parts: McpConnectionParts,
  signal: AbortSignal,
  goodbye: (() => Promise<void>) | undefined,
  closeRest: () => Promise<void>,
): Promise<McpConnection> {
  const client = new Client(CLIENT, { capabilities: {}, jsonSchemaValidator: NO_VALIDATION });
  client.setNotificationHandler(ToolListChanged, () => parts.changed());
  client.onerror = (error) => parts.log.debug("MCP", { error: error.message.slice(0, 200) });
  const { toolTimeoutMs, connectTimeoutMs } = parts.timings;
  const request = async (
    method: string,
    params: Record<string, unknown>,
    timeout: number,
    ends: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const own = AbortSignal.any([ends]); // the SDK never takes its listener away again
    try {
      return await orAborted(client.request({ method, params }, ResultSchema, { signal: own, timeout, maxTotalTimeout: timeout }), ends);
    } catch (error) {
      ends.throwIfAborted();
      throw isTimeout(error) ? new EgressError("late", `it did not answer within ${timeout / 1_000} s`) : plainError(error);
    }
  };
  try {
    // The transport's optional properties are declared without `undefined`, which our compiler settings tell apart.
    await orAborted(client.connect(transport as Transport, { signal, timeout: connectTimeoutMs }), signal);
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
  let isOpen = true;
  client.onclose = () => {
    if (isOpen) parts.closed();
    isOpen = false;
  };
  return {
    transport: name,
    async list(ends) {
      const tools: unknown[] = [];
      const cursors = new Set<string>();
      let cursor: string | undefined;
      for (let page = 0; page < MAX_TOOL_PAGES && tools.length <= MAX_TOOLS_PER_SERVER; page++) {
        const result = await request("tools/list", cursor === undefined ? {} : { cursor }, toolTimeoutMs, ends);
        if (Array.isArray(result["tools"])) for (const tool of result["tools"].slice(0, 10_000)) tools.push(tool);
        const next = result["nextCursor"];
        if (typeof next !== "string" || next === "" || cursors.has(next)) break;
        cursors.add(next);
        cursor = next;
      }
      return tools;
    },
    call: (tool, args, idempotencyKey, ends) =>
      request("tools/call", { name: tool, arguments: args, _meta: { "arkonis.dev/idempotency-key": idempotencyKey } }, toolTimeoutMs, ends),
    async check(ends) {
      await request("ping", {}, connectTimeoutMs, ends);
    },
    async close() {
      if (isOpen) {
        isOpen = false;
        await goodbye?.();
        await client.close().catch(() => undefined);
      }
      await closeRest();
    },
  };
}

/** JSON-RPC code of the SDK's own "request timed out". */
const REQUEST_TIMEOUT = -32_001;

function isTimeout(error: unknown): boolean {
  return isRecord(error) && error["code"] === REQUEST_TIMEOUT;
}

async function connectStdio(
  command: string,
  args: readonly string[],
  parts: McpConnectionParts,
  signal: AbortSignal,
): Promise<McpConnection> {
  const sdk = await loadSdk();
  const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
  const transport = new StdioClientTransport({ command, args: [...args], stderr: "pipe" });
  transport.stderr?.on("data", (chunk: Buffer) => parts.log.debug("MCP server", { command, says: chunk.toString().slice(0, 1_000) }));
  return openClient(sdk, transport, "stdio", parts, signal, undefined, () => transport.close());
}

/** The plain shape: `POST <url>/tools/list` and `POST <url>/tools/call`. */
async function connectRest(url: URL, fetch: Fetch, close: () => Promise<void>, signal: AbortSignal): Promise<McpConnection> {
  const base = url.href.replace(/[?#].*$/s, "").replace(/\/+$/, "");
  const post = async (path: string, body: object, headers: Readonly<Record<string, string>>, ends: AbortSignal): Promise<unknown> => {
    const response = await fetch(`${base}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body: JSON.stringify(body),
      signal: ends,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw Object.assign(new Error(`it answered with status ${response.status}`), { code: response.status });
    }
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new Error("it answered with something that is no JSON");
    }
  };
  const list = async (ends: AbortSignal): Promise<unknown[]> => {
    const answer = await post("tools/list", {}, {}, ends);
    const tools = Array.isArray(answer) ? answer : isRecord(answer) ? answer["tools"] : undefined;
    if (!Array.isArray(tools)) throw new Error("its tools/list holds no list of tools");
    return tools;
  };
  await list(signal);
  return {
    transport: "REST",
    list,
    call: (tool, args, idempotencyKey, ends) =>
      post("tools/call", { name: tool, arguments: args }, { "idempotency-key": idempotencyKey }, ends),
    async check(ends) {
      await list(ends);
    },
    close,
  };
}
