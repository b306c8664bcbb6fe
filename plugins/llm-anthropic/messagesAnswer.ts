// The events of a message, put together. Anything of another shape is passed over, and so is what the model thinks to itself.
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

const STOPS: ReadonlyMap<unknown, StopReason> = new Map<unknown, StopReason>([
  ["end_turn", "end"],
  ["stop_sequence", "end"],
  ["pause_turn", "end"],
  ["tool_use", "tool"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["refusal", "refusal"],
]);

/** Errors inside a stream, by their type (B72). What is not here passes by itself. */
const KINDS: ReadonlyMap<unknown, ProviderErrorKind> = new Map<unknown, ProviderErrorKind>([
  ["overloaded_error", "throttled"],
  ["rate_limit_error", "throttled"],
  ["invalid_request_error", "permanent"],
  ["authentication_error", "permanent"],
  ["permission_error", "permanent"],
  ["billing_error", "permanent"],
  ["not_found_error", "permanent"],
  ["request_too_large", "permanent"],
]);

/** Reads an answer to its end. @throws ProviderError transient when it breaks off, or says nothing at all */
export async function readMessage(
  vendor: Vendor,
  response: Response,
  request: LlmRequest,
  onText: ((text: string) => void) | undefined,
): Promise<LlmResponse> {
  const answer = new Answer(request, onText);
  let [begun, ended] = [false, false];
  for await (const { data } of readServerEvents(vendor, response, ({ event }) => event === "message_stop" || event === "error")) {
    const event = asRecord(eventJson(vendor, data));
    switch (event["type"]) {
      case "error":
        throw brokenOff(vendor, event);
      case "message":
      case "message_start": {
        const message = event["type"] === "message" ? event : asRecord(event["message"]);
        begun = true;
        answer.answeredBy(message["model"]);
        report(answer, asRecord(message["usage"]));
        for (const [i, block] of asList(message["content"]).entries()) addBlock(answer, i, asRecord(block));
        stop(answer, message["stop_reason"]);
        ended = event["type"] === "message"; // an endpoint that does not stream says it all at once
        break;
      }
      case "content_block_start":
        addBlock(answer, indexOf(event), asRecord(event["content_block"]));
        break;
      case "content_block_delta": {
        const delta = asRecord(event["delta"]);
        if (delta["type"] === "text_delta") answer.addText(delta["text"]);
        if (delta["type"] === "input_json_delta") answer.addToolCall(indexOf(event), { args: delta["partial_json"] });
        break;
      }
      case "message_delta":
        stop(answer, asRecord(event["delta"])["stop_reason"]);
        report(answer, asRecord(event["usage"]));
        break;
      case "message_stop":
        ended = true;
        break;
      default: // pings, and what is yet to come
    }
    if (answer.isFull) return answer.build();
  }
  if (!begun) throw vendorError(vendor, "transient", "answered without any message");
  if (!ended && !answer.hasStopped) throw vendorError(vendor, "transient", "closed the connection in the middle of its answer");
  return answer.build();
}

function addBlock(answer: Answer, index: number, block: Record<string, unknown>): void {
  if (block["type"] === "text") answer.addText(block["text"]);
  if (block["type"] !== "tool_use") return;
  const input = asRecord(block["input"]);
  answer.addToolCall(index, { id: block["id"], name: block["name"], args: Object.keys(input).length > 0 ? argumentsText(input) : "" });
}

function stop(answer: Answer, reason: unknown): void {
  if (typeof reason === "string") answer.stop(STOPS.get(reason) ?? "end"); // a reason that nobody knows is an end: what was said stands
}

/** Cached tokens are counted beside the input; for us they are part of it. */
function report(answer: Answer, usage: Record<string, unknown>): void {
  const [fresh, read, written] = [usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]];
  const input = typeof fresh === "number" ? fresh + numberOf(read) + numberOf(written) : undefined;
  answer.report({ input, output: usage["output_tokens"], cached: read });
}

function brokenOff(vendor: Vendor, event: Record<string, unknown>): Error {
  const error = asRecord(event["error"]);
  const words = typeof error["message"] === "string" ? error["message"] : "it gave no reason";
  return vendorError(vendor, KINDS.get(error["type"]) ?? "transient", `broke off its answer: ${words}`);
}

function indexOf(event: Record<string, unknown>): number {
  return numberOf(event["index"]);
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
