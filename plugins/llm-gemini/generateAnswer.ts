// The chunks of `streamGenerateContent`, put together. Each is a whole response with the next few parts of the answer.
import {
  Answer,
  argumentsText,
  asList,
  asRecord,
  eventJson,
  type LlmRequest,
  type LlmResponse,
  type ProviderErrorKind,
  readServerEvents,
  type StopReason,
  type Vendor,
  vendorError,
} from "../sdk/index.ts";
import { callIdOf } from "./callId.ts";

const STOPS: ReadonlyMap<unknown, StopReason> = new Map<unknown, StopReason>([
  ["STOP", "end"],
  ["MAX_TOKENS", "length"],
  ["SAFETY", "refusal"],
  ["RECITATION", "refusal"],
  ["BLOCKLIST", "refusal"],
  ["PROHIBITED_CONTENT", "refusal"],
  ["SPII", "refusal"],
  ["IMAGE_SAFETY", "refusal"],
]);

/** The model tried to call a tool and could not write it down: asked again it usually can. */
const MALFORMED: ReadonlySet<unknown> = new Set(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"]);

/** Reads an answer to its end. @throws ProviderError transient when it breaks off, or says nothing at all */
export async function readGenerated(
  vendor: Vendor,
  response: Response,
  request: LlmRequest,
  onText: ((text: string) => void) | undefined,
): Promise<LlmResponse> {
  const answer = new Answer(request, onText);
  const before = request.messages.reduce((sum, message) => sum + (message.role === "assistant" ? (message.toolCalls?.length ?? 0) : 0), 0);
  let [begun, calls] = [false, 0];
  for await (const { data } of readServerEvents(vendor, response, () => false)) {
    for (const chunk of chunksOf(vendor, data)) {
      answer.answeredBy(chunk["modelVersion"]);
      report(answer, asRecord(chunk["usageMetadata"]));
      if (typeof asRecord(chunk["promptFeedback"])["blockReason"] === "string") {
        begun = true;
        answer.stop("refusal");
      }
      const candidate = asRecord(asList(chunk["candidates"])[0]);
      begun ||= candidate["content"] !== undefined || candidate["finishReason"] !== undefined;
      for (const part of asList(asRecord(candidate["content"])["parts"]).map(asRecord)) {
        const call = part["functionCall"];
        if (part["thought"] !== true) answer.addText(part["text"]);
        if (call === undefined) continue;
        const { name, args } = asRecord(call);
        calls++;
        answer.addToolCall(calls, { id: callIdOf(before + calls, part["thoughtSignature"]), name, args: argumentsText(args) });
      }
      const reason = candidate["finishReason"];
      if (MALFORMED.has(reason))
        throw vendorError(vendor, "transient", "broke off its answer: the model wrote a tool call that cannot be read");
      if (typeof reason === "string") answer.stop(STOPS.get(reason) ?? "end"); // a reason that nobody knows is an end
      if (answer.isFull) return answer.build();
    }
  }
  if (!begun) throw vendorError(vendor, "transient", "answered without any candidate");
  if (!answer.hasStopped) throw vendorError(vendor, "transient", "closed the connection in the middle of its answer");
  return answer.build();
}

/** What the model thought is paid like what it said. */
function report(answer: Answer, usage: Record<string, unknown>): void {
  const [said, thought] = [usage["candidatesTokenCount"], usage["thoughtsTokenCount"]];
  const output = typeof said === "number" || typeof thought === "number" ? numberOf(said) + numberOf(thought) : undefined;
  answer.report({ input: usage["promptTokenCount"], output, cached: usage["cachedContentTokenCount"] });
}

/** One chunk, or a list of them from an endpoint that does not stream. */
function chunksOf(vendor: Vendor, data: string): readonly Record<string, unknown>[] {
  const value = eventJson(vendor, data);
  const chunks = Array.isArray(value) ? value.map(asRecord) : [asRecord(value)];
  for (const chunk of chunks) {
    const error = chunk["error"];
    if (error === undefined || error === null) continue;
    const { message, code } = asRecord(error);
    throw vendorError(vendor, kindOfCode(code), `broke off its answer: ${typeof message === "string" ? message : "it gave no reason"}`);
  }
  return chunks;
}

function kindOfCode(code: unknown): ProviderErrorKind {
  if (typeof code !== "number") return "transient";
  return code === 429 ? "throttled" : code >= 400 && code < 500 ? "permanent" : "transient";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
