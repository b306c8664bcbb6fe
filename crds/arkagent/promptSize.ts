// How long a prompt may be (B15). Bytes count, not characters: that is what is stored and sent.
import { type FieldError, fault } from "../fault.ts";
import type { FieldPath } from "../fieldPath.ts";
import { MAX_SYSTEM_PROMPT_BYTES, WARN_PROMPT_BYTES } from "../limits.ts";

/** Bytes of UTF-8; 0 for a prompt that is not given. */
export function promptBytes(prompt: string | undefined): number {
  return Buffer.byteLength(prompt ?? "");
}

/** A prompt that is refused. */
export function promptFaults(prompt: string | undefined, at: FieldPath): FieldError[] {
  const bytes = promptBytes(prompt);
  if (bytes <= MAX_SYSTEM_PROMPT_BYTES) return [];
  return [
    fault(at, "tooLong", `${bytes} bytes; a prompt has at most ${MAX_SYSTEM_PROMPT_BYTES}, put long documents where a tool can read them`),
  ];
}

/** A prompt that is accepted, but worth a word. */
export function promptWarnings(prompt: string | undefined, at: FieldPath): FieldError[] {
  const bytes = promptBytes(prompt);
  if (bytes <= WARN_PROMPT_BYTES || bytes > MAX_SYSTEM_PROMPT_BYTES) return [];
  return [fault(at, "tooLong", `${bytes} bytes are read by the model at every call; more than ${WARN_PROMPT_BYTES} are rarely worth it`)];
}
