// A finished task as it travels: short answers inline, long ones as a blob of the run with a preview, none beyond 1 MiB (DESIGN §4).
import { type BlobStore, cutUtf8, type Spent, type Task, type TaskResult, utf8Bytes } from "../plugins/sdk/index.ts";
import { MAX_INLINE_OUTPUT, MAX_OUTPUT, MAX_PREVIEW } from "./limits.ts";

/** How a conversation ended well. */
export interface Outcome {
  readonly text: string;
  readonly stopReason: TaskResult["stopReason"];
  readonly toolRounds: number;
}

/** The result of a task. Writes the blob of a long answer first, so that whoever hears of it can read it. */
export async function resultOf(task: Task, outcome: Outcome, spent: Spent, blobs: Pick<BlobStore, "put">): Promise<TaskResult> {
  const output = cutUtf8(outcome.text, MAX_OUTPUT);
  const common = {
    key: task.key,
    preview: cutUtf8(output, MAX_PREVIEW),
    usage: spent.usage,
    toolRounds: outcome.toolRounds,
    stopReason: outcome.stopReason,
    agent: task.agent,
    ...(output.length < outcome.text.length ? { truncated: true } : {}),
    ...(spent.costUSD === undefined ? {} : { costUSD: spent.costUSD }),
  };
  const bytes = utf8Bytes(output);
  if (bytes <= MAX_INLINE_OUTPUT) return { ...common, output };
  const sha256 = await blobs.put(task.ns, task.runUID, output);
  return { ...common, outputRef: { bytes, sha256 } };
}
