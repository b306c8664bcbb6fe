// The mock (B102): a model without a model. The same request gets the same answer, byte for byte and token for token, wherever it runs.
import {
  type Clock,
  type CompleteOptions,
  cutUtf8,
  estimateInputTokens,
  type JsonObject,
  kindOfStatus,
  type LlmProvider,
  type LlmRequest,
  type LlmResponse,
  ProviderError,
  type ToolCall,
  utf8Bytes,
} from "../sdk/index.ts";
import { hashEmbedding } from "./hashEmbedding.ts";
import type { MockMatch, MockReply, MockScript } from "./script.ts";
import { smallestInstance } from "./smallestInstance.ts";

/** A token is taken to be four bytes of UTF-8, the usual rule of thumb for English. */
const BYTES_PER_TOKEN = 4;

/** The mock provider. Without a script it only echoes. It keeps no state: any number of copies answer alike. */
export function createMock(script: MockScript | undefined, clock: Clock): LlmProvider {
  return {
    async complete(request, options) {
      options.signal.throwIfAborted();
      const reply = script?.responses.find(({ match }) => matches(match, request, options))?.reply ?? {};
      if (reply.delayMs !== undefined) await clock.sleep(reply.delayMs, options.signal);
      if (reply.error) {
        const { status, message, retryAfterSeconds } = reply.error;
        const retryAfterMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000;
        throw new ProviderError(kindOfStatus(status), `mock answered ${status}: ${message}`, { retryAfterMs });
      }
      const response = answerOf(reply, request);
      if (options.onText) for (const word of response.text.match(/\S+\s*|\s+/gu) ?? []) options.onText(word);
      return response;
    },
    async embed(texts, { signal }) {
      signal.throwIfAborted();
      return texts.map(hashEmbedding);
    },
  };
}

/** All given parts have to hold. Patterns are searched for, not anchored. */
function matches(match: MockMatch, request: LlmRequest, { caller }: CompleteOptions): boolean {
  if (match.call !== undefined && match.call !== caller?.call) return false;
  if (match.role && !match.role.test(caller?.role ?? "")) return false;
  if (match.prompt && !match.prompt.test(promptOf(request))) return false;
  return !match.system || match.system.test(request.system);
}

function answerOf(reply: MockReply, request: LlmRequest): LlmResponse {
  const asked = request.messages.reduce((sum, message) => sum + (message.role === "assistant" ? (message.toolCalls?.length ?? 0) : 0), 0);
  // Numbered through the conversation: two calls of one conversation never share an id.
  const toolCalls = (reply.toolCalls ?? []).map(({ name, args }, i): ToolCall => ({ id: `call_${asked + i + 1}`, name, args }));
  const whole = textOf(reply, request, toolCalls.length > 0);
  const text = cutUtf8(whole, request.maxTokens * BYTES_PER_TOKEN);
  const stopReason = text.length < whole.length ? "length" : toolCalls.length > 0 ? "tool" : "end";
  return {
    text,
    toolCalls: stopReason === "length" ? [] : toolCalls,
    usage: {
      inputTokens: reply.usage?.inputTokens ?? estimateInputTokens(request),
      outputTokens: reply.usage?.outputTokens ?? tokensOf(text + (toolCalls.length > 0 ? JSON.stringify(toolCalls) : "")),
    },
    stopReason,
    model: request.model,
  };
}

function textOf(reply: MockReply, request: LlmRequest, callsTools: boolean): string {
  if (reply.text !== undefined) return reply.text;
  if (reply.json !== undefined) return JSON.stringify(reply.json);
  if (callsTools) return "";
  if (request.responseSchema) return instanceText(request.responseSchema) ?? echoOf(request);
  return echoOf(request);
}

function instanceText(schema: JsonObject): string | undefined {
  const instance = smallestInstance(schema);
  return instance === undefined ? undefined : JSON.stringify(instance);
}

/** The last line of the prompt that says something; a text of its own when there is none, since an empty answer looks like a fault. */
function echoOf(request: LlmRequest): string {
  const lines = promptOf(request).split(/\r\n|[\n\r]/u);
  return lines.findLast((line) => line.trim() !== "") ?? "(empty prompt)";
}

/** The prompt is the last thing that the user said; what tools answered since is none. */
function promptOf(request: LlmRequest): string {
  return request.messages.findLast((message) => message.role === "user")?.content ?? "";
}

function tokensOf(text: string): number {
  return Math.max(1, Math.ceil(utf8Bytes(text) / BYTES_PER_TOKEN));
}
