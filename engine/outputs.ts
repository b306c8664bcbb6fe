// Answers in the status: short ones as they are, the others as a preview and the digest of a blob (P10). Bytes are counted as they are
// encoded, so that an answer of control characters cannot outgrow the record.
import type { JsonValue, OutputRef, RunStep } from "../crds/index.ts";
import { extractJson } from "./extractJson.ts";
import { MAX_INLINE_OUTPUT, MAX_PREVIEW, MAX_RUN_OUTPUTS, MIN_PREVIEW, RUN_OUTPUT_RESERVE } from "./limits.ts";
import type { RunIndex, StepState } from "./runIndex.ts";
import { bytesOf, cutBytes, sha256Of } from "./text.ts";

/** An answer to be kept: the whole text, or where it is and how it begins. `data` is the JSON in it, when a schema asks for that. */
export interface Output {
  readonly text?: string | undefined;
  readonly ref?: OutputRef | undefined;
  readonly preview?: string | undefined;
  readonly data?: JsonValue | undefined;
}

/** Writes a step's answer into its entry, over an earlier one, within what the run has left for answers. */
export function storeOutput(index: RunIndex, state: StepState, output: Output): void {
  clearOutput(index, state);
  const { entry } = state;
  const room = MAX_RUN_OUTPUTS - RUN_OUTPUT_RESERVE - index.outputBytes;
  const shown = shownOutput(index, output, room);
  entry.output = shown.output;
  if (shown.outputRef !== undefined) entry.outputRef = shown.outputRef;
  index.outputBytes += encodedBytes(entry.output);
  if (output.data !== undefined && shown.outputRef === undefined) {
    const bytes = encodedBytes(output.data);
    if (index.outputBytes + bytes <= MAX_RUN_OUTPUTS - RUN_OUTPUT_RESERVE) {
      entry.data = output.data;
      index.outputBytes += bytes;
    }
  }
  index.touch(state);
}

/** Takes a step's answer out of its entry: it has failed, or runs again. */
export function clearOutput(index: RunIndex, state: StepState): void {
  const { entry } = state;
  if (entry.output !== undefined) index.outputBytes -= encodedBytes(entry.output);
  if (entry.data !== undefined) index.outputBytes -= encodedBytes(entry.data);
  delete entry.output;
  delete entry.outputRef;
  delete entry.data;
  index.touch(state);
}

/** How an answer is shown where `room` encoded bytes are left. A text that does not stand there is handed to the text store. */
export function shownOutput(index: RunIndex, { text, ref, preview }: Output, room: number): { output: string; outputRef?: OutputRef } {
  if (text === undefined) {
    const shown = cutBytes(preview ?? "", encodedBytes(preview ?? "") <= room ? MAX_PREVIEW : MIN_PREVIEW);
    return { output: shown, ...(ref !== undefined && { outputRef: { bytes: ref.bytes, sha256: ref.sha256 } }) };
  }
  if (bytesOf(text) <= MAX_INLINE_OUTPUT && encodedBytes(text) <= room) return { output: text };
  const sha256 = ref?.sha256 ?? sha256Of(text);
  if (ref === undefined) index.texts.store(sha256, text);
  else index.texts.keep(sha256, text);
  const long = cutBytes(text, MAX_PREVIEW);
  const output = encodedBytes(long) <= room ? long : cutBytes(text, MIN_PREVIEW);
  return { output, outputRef: { bytes: ref?.bytes ?? bytesOf(text), sha256 } };
}

/** A step's whole answer, "" when it has none. Undefined: it is a blob that is not at hand, and is wanted from now on. */
export function textOf(index: RunIndex, entry: RunStep): string | undefined {
  return entry.outputRef === undefined ? (entry.output ?? "") : index.texts.get(entry.outputRef.sha256);
}

/** The JSON in a step's answer: only of steps with a schema, whose answer was accepted. Undefined also when the text is not at hand. */
export function dataOf(index: RunIndex, { entry, planned }: StepState): JsonValue | undefined {
  if (entry.data !== undefined) return entry.data as JsonValue; // the schema's "any JSON", written by storeOutput
  if (planned?.step.outputSchema === undefined || entry.output === undefined) return undefined;
  const text = textOf(index, entry);
  const found = text === undefined ? undefined : extractJson(text);
  return found?.is === "json" ? found.value : undefined;
}

/** Bytes that the answers of a stored status take. */
export function outputBytesOf(entry: RunStep): number {
  return (entry.output === undefined ? 0 : encodedBytes(entry.output)) + (entry.data === undefined ? 0 : encodedBytes(entry.data));
}

function encodedBytes(value: unknown): number {
  return bytesOf(JSON.stringify(value) ?? "");
}
