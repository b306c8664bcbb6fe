// What a provider hands back is a stranger's: a plugin may return anything. This makes an LlmResponse of it that the loop may trust,
// or says that it is none.
import type { JsonValue } from "../crds/index.ts";
import {
  type LlmRequest,
  type LlmResponse,
  STOP_REASONS,
  type StopReason,
  type ToolCall,
  type Usage,
  utf8Bytes,
} from "../plugins/sdk/index.ts";
import { MAX_JSON_DEPTH, MAX_REPORTED_TOKENS } from "./limits.ts";
import { wellFormed } from "./text.ts";

/** A turn of the model, checked: text well-formed, usage counted (or `estimated`), every call with an id of its own. */
export interface Answer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: Usage;
  readonly stopReason: StopReason;
}

/** Tokens that a request's input is taken for: bytes of all it holds, by four (B47). */
export function inputEstimate(request: Pick<LlmRequest, "system" | "messages" | "tools" | "responseSchema">): number {
  let bytes = utf8Bytes(request.system);
  if (request.messages.length > 0) bytes += utf8Bytes(JSON.stringify(request.messages));
  if (request.tools.length > 0) bytes += utf8Bytes(JSON.stringify(request.tools));
  if (request.responseSchema !== undefined) bytes += utf8Bytes(JSON.stringify(request.responseSchema));
  return Math.ceil(bytes / 4);
}

/** Tokens of a text by the same measure. */
export function textEstimate(text: string): number {
  return Math.ceil(utf8Bytes(text) / 4);
}

/**
 * A provider's answer, checked. Missing, negative or absurd counts are replaced by our own and marked `estimated`; an unknown stop
 * reason is `end`; a call without a name is passed over, one without an id, or with a used one, gets another.
 * @throws Error when it is no answer at all: the provider's mistake, told like any other throw of it
 */
export function answerOf(response: LlmResponse, estimatedInput: number): Answer {
  const raw: unknown = response;
  if (!isRecord(raw) || typeof raw["text"] !== "string") throw new Error("the provider's answer holds no text");
  const text = wellFormed(raw["text"]);
  const toolCalls = callsOf(raw["toolCalls"]);
  const known = STOP_REASONS.find((reason) => reason === raw["stopReason"]) ?? "end";
  return { text, toolCalls, usage: usageOf(raw["usage"], estimatedInput, text, toolCalls), stopReason: known };
}

function callsOf(raw: unknown): ToolCall[] {
  if (!Array.isArray(raw)) return [];
  const calls: ToolCall[] = [];
  const taken = new Set<string>();
  for (const [i, item] of raw.entries()) {
    if (!isRecord(item) || typeof item["name"] !== "string") continue;
    let id = typeof item["id"] === "string" ? wellFormed(item["id"]) : "";
    if (id === "" || id.length > 256 || taken.has(id)) id = `call_${i + 1}`;
    while (taken.has(id)) id = `${id}_`;
    taken.add(id);
    calls.push({ id, name: wellFormed(item["name"]), args: argsOf(item["args"]) });
  }
  return calls;
}

/** Arguments as JSON; what is none, or too deep to be told on, becomes a text, which every tool refuses with a reason. */
function argsOf(raw: unknown): JsonValue {
  if (raw === undefined) return {};
  return isJson(raw, 0) ? raw : "(arguments that are no JSON, or nested too deep)";
}

/** Whether a value is JSON and nested at most `MAX_JSON_DEPTH` deep. */
export function isJson(value: unknown, depth: number): value is JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth >= MAX_JSON_DEPTH) return false;
  return Object.values(value).every((item) => isJson(item, depth + 1));
}

function usageOf(raw: unknown, estimatedInput: number, text: string, calls: readonly ToolCall[]): Usage {
  const reported = isRecord(raw) ? raw : {};
  const input = countOf(reported["inputTokens"]);
  const output = countOf(reported["outputTokens"]);
  const cached = countOf(reported["cachedInputTokens"]) ?? 0;
  const inputTokens = input ?? estimatedInput;
  const outputTokens = output ?? textEstimate(text + (calls.length > 0 ? JSON.stringify(calls) : ""));
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(cached > 0 ? { cachedInputTokens: Math.min(cached, inputTokens) } : {}),
    ...(input === undefined || output === undefined ? { estimated: true } : {}),
  };
}

function countOf(value: unknown): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0 || value > MAX_REPORTED_TOKENS) return undefined;
  return Math.ceil(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
