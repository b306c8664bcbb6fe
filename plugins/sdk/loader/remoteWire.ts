// How a plugin outside the process is spoken to, and what of its answers is believed. Sizes are bounded while they are read.

import { kindOfStatus, PROVIDER_ERROR_KINDS, ProviderError } from "../errors.ts";
import { errorText } from "../host/errorText.ts";
import { isRecord } from "./config.ts";

/** One call of a remote plugin. */
export interface RemoteCall {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  /** Absent: GET. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** Bytes of an answer, and of one line of a stream: an answer of 1 MiB, escaped. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_MESSAGE = 1_024;

/**
 * The lines of an answer, as they come, each decoded.
 * @throws ProviderError for a refusal, a cut connection or an answer that is none; `signal.reason` when aborted
 */
export async function* answersOf(call: RemoteCall): AsyncGenerator<unknown> {
  try {
    const { url, fetch, body, signal } = call;
    signal.throwIfAborted();
    const headers = {
      accept: "application/x-ndjson, application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const method = body === undefined ? "GET" : "POST";
    const response = await fetch(url, {
      method,
      headers,
      redirect: "error",
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    let rest = "";
    let bytes = 0;
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES)
        throw new ProviderError("permanent", `the plugin at ${hostOf(url)} answered more than ${MAX_ANSWER_BYTES} bytes`);
      rest += decoder.decode(chunk, { stream: true });
      if (!response.ok) continue;
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
    }
    rest += decoder.decode();
    if (!response.ok) throw refusal(response, rest, url);
    if (rest.trim() !== "") yield JSON.parse(rest);
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof ProviderError) throw error;
    const reason = errorText(error, { redact: (text) => text, maxBytes: MAX_MESSAGE });
    throw new ProviderError("transient", `the plugin at ${hostOf(call.url)} gave no answer that can be read: ${reason}`, { cause: error });
  }
}

/** The one object that a call without a stream answers. */
export async function answerOf(call: RemoteCall): Promise<Readonly<Record<string, unknown>>> {
  let answer: unknown;
  for await (const line of answersOf(call)) answer = line;
  if (!isRecord(answer)) throw new ProviderError("transient", `the plugin at ${hostOf(call.url)} answered nothing`);
  if (isRecord(answer["error"])) throw errorOf(answer["error"]);
  return answer;
}

/** The plugin's own error. A kind that nobody knows may pass. */
export function errorOf(error: Readonly<Record<string, unknown>>): ProviderError {
  const { kind, message, retryAfterMs } = error as { kind?: unknown; message?: unknown; retryAfterMs?: unknown };
  const known = PROVIDER_ERROR_KINDS.find((one) => one === kind) ?? "transient";
  const text = typeof message === "string" && message !== "" ? message.slice(0, MAX_MESSAGE) : "the plugin failed and did not say why";
  const isTime = typeof retryAfterMs === "number" && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
  return new ProviderError(known, text, isTime ? { retryAfterMs } : {});
}

function refusal(response: Response, body: string, url: string): ProviderError {
  const kind = kindOfStatus(response.status);
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
  const own = ownError(body);
  // Its words are shown only when it meant them for us: a body may repeat what it was sent.
  const message = own === undefined ? `the plugin at ${hostOf(url)} answered ${response.status}` : own.message;
  return new ProviderError(kind, message, { retryAfterMs: own?.retryAfterMs ?? retryAfterMs });
}

function ownError(body: string): ProviderError | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) && isRecord(value["error"]) ? errorOf(value["error"]) : undefined;
  } catch {
    return undefined;
  }
}

/** Host and port: a path or a query may hold a secret. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "an address that is none";
}
