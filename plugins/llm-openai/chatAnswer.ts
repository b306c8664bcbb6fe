// The chunks of a chat completion, put together. A chunk may hold anything; what is not of the expected shape is passed over.
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
  ["stop", "end"],
  ["tool_calls", "tool"],
  ["function_call", "tool"],
  ["length", "length"],
  ["content_filter", "refusal"],
]);

/** Reads an answer to its end. @throws ProviderError transient when it breaks off, or says nothing at all */
export async function readChatAnswer(
  vendor: Vendor,
  response: Response,
  request: LlmRequest,
  onText: ((text: string) => void) | undefined,
): Promise<LlmResponse> {
  const answer = new Answer(request, onText);
  let [ended, chosen, lastKey] = [false, false, 0 as string | number];
  for await (const { data } of readServerEvents(vendor, response, (event) => event.data.trim() === "[DONE]")) {
    if (data.trim() === "[DONE]") {
      ended = true;
      continue;
    }
    const chunk = chunkOf(vendor, data);
    answer.answeredBy(chunk["model"]);
    const usage = asRecord(chunk["usage"]);
    answer.report({
      input: usage["prompt_tokens"],
      output: usage["completion_tokens"],
      cached: asRecord(usage["prompt_tokens_details"])["cached_tokens"],
    });
    const choice = asRecord(asList(chunk["choices"])[0]);
    if (choice["delta"] !== undefined || choice["message"] !== undefined) chosen = true;
    const delta = asRecord(choice["delta"] ?? choice["message"]);
    answer.addText(delta["content"]);
    if (typeof delta["refusal"] === "string" && delta["refusal"] !== "") {
      answer.addText(delta["refusal"]);
      answer.stop("refusal");
    }
    for (const item of asList(delta["tool_calls"])) lastKey = addToolCall(answer, asRecord(item), lastKey);
    const reason = choice["finish_reason"];
    if (typeof reason === "string") {
      chosen = true;
      answer.stop(STOPS.get(reason) ?? "end"); // a reason that nobody knows is an end: what was said stands
    }
    if (answer.isFull) return answer.build();
  }
  if (!chosen) throw vendorError(vendor, "transient", "answered without any choice");
  if (!ended && !answer.hasStopped) throw vendorError(vendor, "transient", "closed the connection in the middle of its answer");
  return answer.build();
}

/** Adds a piece to the call that it belongs to: by index, or, where servers leave that out or use 0 for all, by id. Returns the call's key. */
function addToolCall(answer: Answer, item: Record<string, unknown>, lastKey: string | number): string | number {
  const [index, id] = [item["index"], item["id"]];
  const called = asRecord(item["function"]);
  const known = typeof index === "number" ? answer.idOf(index) : undefined;
  let key: string | number = typeof index === "number" ? index : lastKey;
  if (typeof id === "string" && id !== "" && (typeof index !== "number" || (known !== undefined && known !== id))) key = `id:${id}`;
  else if (known !== undefined && id === undefined && typeof lastKey === "string" && lastKey.startsWith("id:") && index === 0)
    key = lastKey;
  const args = called["arguments"] === undefined ? undefined : argumentsText(called["arguments"]);
  answer.addToolCall(key, { id, name: called["name"], args });
  return key;
}

function chunkOf(vendor: Vendor, data: string): Record<string, unknown> {
  const chunk = eventJson(vendor, data);
  const error = asRecord(chunk)["error"];
  if (error === undefined || error === null) return asRecord(chunk);
  const said = asRecord(error)["message"] ?? error;
  const words = typeof said === "string" ? said : JSON.stringify(said);
  throw vendorError(vendor, kindOfError(asRecord(error)), `broke off its answer: ${words}`);
}

/** Errors inside a stream have no status; some carry one as their code. */
function kindOfError(error: Record<string, unknown>): ProviderErrorKind {
  const said = `${String(error["code"])} ${String(error["type"])} ${String(error["status"])}`;
  if (/\b(429|529)\b|rate_?limit|overloaded|quota/iu.test(said)) return "throttled";
  return /\b(400|401|403|404|422)\b|invalid_request|authentication|permission|context_length/iu.test(said) ? "permanent" : "transient";
}
