// Gemini signs its tool calls with what it thought, and wants the signature back with the call. It travels in the call's id, so that
// whoever goes on with the conversation, another process too, has it. Ids themselves Gemini does not need: it goes by name and order.

const SEPARATOR = "."; // neither in base64url nor in our own ids
const MAX_SIGNATURE = 6_000; // characters; a longer one is left out, and SKIP_SIGNATURE takes its place

/** What Google documents for calls whose signature is not at hand. @see https://ai.google.dev/gemini-api/docs/thought-signatures */
const SKIP_SIGNATURE = "skip_thought_signature_validator";

/** The id of the n-th call of a conversation, carrying its signature. */
export function callIdOf(n: number, signature: unknown): string {
  const id = `call_${n}`;
  if (typeof signature !== "string" || signature === "" || signature.length > MAX_SIGNATURE) return id;
  return id + SEPARATOR + signature.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The signature to send back with a call. Models since Gemini 3 refuse a call without any, so they get the documented stand-in. */
export function signatureOf(id: string, model: string): string | undefined {
  const carried = id.includes(SEPARATOR) ? id.slice(id.indexOf(SEPARATOR) + 1) : "";
  if (carried !== "") return Buffer.from(carried, "base64url").toString("base64");
  const major = Number(/^(?:models\/)?gemini-(\d+)/u.exec(model)?.[1] ?? "0");
  return major >= 3 ? SKIP_SIGNATURE : undefined;
}
