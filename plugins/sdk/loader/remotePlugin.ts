// A plugin in any language, behind HTTP (B121). The protocol, all JSON in UTF-8:
//
//   GET  <url>           → {"apiVersion","kind","name","models"?,"options"?,"embed"?: true}           what it is, as in definePlugin
//   POST <url>/complete  {"options","request"}                 → NDJSON: {"text":"…"}* then {"response": LlmResponse}
//   POST <url>/embed     {"options","texts","model"?}          → {"vectors": number[][]}
//   POST <url>/recall    {"options","scope","query","limit"}   → {"entries": MemoryEntry[]}
//   POST <url>/remember  {"options","scope","entries"}         → {}
//   POST <url>/forget    {"options","scope"}                   → {}
//   POST <url>/health    {"options"}                           → {"healthy": boolean, "message"?}
//   POST <url>/send      {"options","notification"}            → {}
//
// A failure is a status of 400 and more, whose kind B72 tells, or, at any time, a line {"error":{"kind","message","retryAfterMs"?}}.
// "text" pieces put together are the response's text. The plugin keeps no state of ours: options come with every call. A call that is
// aborted is closed. A queue cannot be remote: it has to move records in one piece.
import { ProviderError } from "../errors.ts";
import type { Clock } from "../host/clock.ts";
import { type LlmProvider, type LlmResponse, STOP_REASONS, type ToolCall } from "../llm.ts";
import type { MemoryEntry, MemoryStore } from "../memory.ts";
import type { Notifier } from "../notify.ts";
import { PLUGIN_API_VERSION, type Plugin, type PluginHost, type PluginKind } from "../plugin.ts";
import { manifestOf } from "./checkPlugin.ts";
import { isRecord } from "./config.ts";
import { answerOf, answersOf, errorOf, hostOf } from "./remoteWire.ts";

/** What asking a remote plugin needs. */
export interface RemoteParts {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** For the calls that bring no signal of their own. */
const CALL_MS = 30_000;

type Call = (
  path: string,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
) => { url: string; fetch: typeof globalThis.fetch; body: unknown; signal: AbortSignal };

/**
 * The plugin that answers at `url`, as a value like any other.
 * @throws Error when it cannot be reached or is not what it should be
 */
export async function remotePlugin(url: string, { fetch, signal }: RemoteParts): Promise<Plugin> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Error("url has to begin with http:// or https://");
  const base = url.replace(/\/+$/, "");
  const said = await answerOf({ url: base, fetch, signal });
  const manifest = manifestOf(said);
  if (manifest.kind === "queue") throw new Error("a queue has to run in the process; name it as a file or a package");
  const { kind, name, models, options } = manifest;
  const create = (given: Readonly<Record<string, unknown>>, host: PluginHost): LlmProvider | MemoryStore | Notifier => {
    const call: Call = (path, body, callSignal) => ({
      url: `${base}/${path}`,
      fetch: host.fetch,
      body: { options: given, ...body },
      signal: callSignal,
    });
    return productOf(kind, call, host.clock, said["embed"] === true);
  };
  return {
    apiVersion: PLUGIN_API_VERSION,
    kind,
    name,
    ...(kind === "llm" ? { models } : {}),
    ...(options === undefined ? {} : { options }),
    create,
  } as unknown as Plugin;
}

function productOf(kind: Exclude<PluginKind, "queue">, call: Call, clock: Clock, canEmbed: boolean): LlmProvider | MemoryStore | Notifier {
  switch (kind) {
    case "llm":
      return remoteLlm(call, canEmbed);
    case "memory":
      return remoteMemory(call, clock);
    case "notify":
      return {
        async send(notification, { signal }) {
          await answerOf(call("send", { notification }, signal));
        },
      };
  }
}

function remoteLlm(call: Call, canEmbed: boolean): LlmProvider {
  const provider: LlmProvider = {
    async complete(request, { signal, onText }) {
      const made = call("complete", { request }, signal);
      let streamed = "";
      for await (const line of answersOf(made)) {
        if (!isRecord(line)) break;
        if (isRecord(line["error"])) throw errorOf(line["error"]);
        if (typeof line["text"] === "string") {
          streamed += line["text"];
          onText?.(line["text"]);
        }
        if (!isRecord(line["response"])) continue;
        const response = responseOf(line["response"], streamed, made.url);
        if (streamed === "" && response.text !== "") onText?.(response.text);
        return response;
      }
      throw noAnswer(made.url, "it ended without a response");
    },
  };
  if (!canEmbed) return provider;
  return {
    ...provider,
    async embed(texts, { signal, model }) {
      const made = call("embed", { texts, ...(model === undefined ? {} : { model }) }, signal);
      const { vectors } = await answerOf(made);
      if (!Array.isArray(vectors) || vectors.length !== texts.length || !vectors.every(isVector))
        throw noAnswer(made.url, "vectors are missing or are none");
      return vectors;
    },
  };
}

function remoteMemory(call: Call, clock: Clock): MemoryStore {
  /** A call that ends by itself. */
  const timed = async (path: string, body: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> => {
    const abort = new AbortController();
    const stop = clock.after(CALL_MS, () => abort.abort(new Error(`the plugin took longer than ${CALL_MS / 1000} s`)));
    try {
      return await answerOf(call(path, body, abort.signal));
    } finally {
      stop();
    }
  };
  return {
    async recall({ scope, query, limit, signal }) {
      const made = call("recall", { scope, query, limit }, signal);
      const { entries } = await answerOf(made);
      if (!Array.isArray(entries) || !entries.every(isEntry)) throw noAnswer(made.url, "entries are missing or are none");
      return entries.slice(0, limit).map(({ id, at, role, content }) => ({ id, at, role, content }));
    },
    async remember({ scope, entries, signal }) {
      await answerOf(call("remember", { scope, entries }, signal));
    },
    async forget({ scope }) {
      await timed("forget", { scope });
    },
    async health() {
      const { healthy, message } = await timed("health", {});
      return { healthy: healthy === true, ...(typeof message === "string" ? { message } : {}) };
    },
  };
}

/** The response as we know it: what is not of the right type is no answer, what we do not know is left out. */
function responseOf(value: Readonly<Record<string, unknown>>, streamed: string, url: string): LlmResponse {
  const { text, toolCalls = [], usage, stopReason, model } = value as Readonly<Partial<Record<keyof LlmResponse, unknown>>>;
  const whole = text ?? streamed;
  const known = STOP_REASONS.find((reason) => reason === stopReason);
  if (typeof whole !== "string" || known === undefined) throw noAnswer(url, "text or stopReason is missing");
  if (streamed !== "" && streamed !== whole) throw noAnswer(url, "the pieces of its text are not its text");
  if (!Array.isArray(toolCalls) || !toolCalls.every(isToolCall)) throw noAnswer(url, "toolCalls are none");
  if (!isRecord(usage) || !isCount(usage["inputTokens"]) || !isCount(usage["outputTokens"])) throw noAnswer(url, "usage is missing");
  const { inputTokens, outputTokens, cachedInputTokens } = usage;
  return {
    text: whole,
    toolCalls: toolCalls.map(({ id, name, args }) => ({ id, name, args })),
    usage: { inputTokens, outputTokens, ...(isCount(cachedInputTokens) ? { cachedInputTokens } : {}) },
    stopReason: known,
    ...(typeof model === "string" ? { model } : {}),
  };
}

function noAnswer(url: string, why: string): ProviderError {
  return new ProviderError("transient", `the plugin at ${hostOf(url)} gave no answer that can be read: ${why}`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isToolCall(value: unknown): value is ToolCall {
  return (
    isRecord(value) &&
    typeof value["id"] === "string" &&
    value["id"] !== "" &&
    typeof value["name"] === "string" &&
    value["args"] !== undefined
  );
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === "number" && Number.isFinite(number));
}

function isEntry(value: unknown): value is MemoryEntry {
  if (!isRecord(value) || typeof value["id"] !== "string" || typeof value["at"] !== "string" || typeof value["content"] !== "string")
    return false;
  return value["role"] === "user" || value["role"] === "assistant";
}
