// How an attempt at a task ended: the one translation from whatever was thrown to what the queue is told (RELIABILITY §1.6).
import { cutUtf8, isProviderError, type ReleaseCause, type Spent, type TaskFailure, type TaskResult } from "../plugins/sdk/index.ts";
import { type Ending, TaskEnded } from "./ending.ts";
import { MAX_FAILURE_MESSAGE } from "./limits.ts";
import { wellFormed } from "./text.ts";

/** One of four; `worker.ts` tells the queue. */
export type Verdict =
  | { readonly is: "done"; readonly result: TaskResult }
  | { readonly is: "failed"; readonly failure: TaskFailure }
  | { readonly is: "givenBack"; readonly cause: ReleaseCause; readonly delayMs: number }
  | { readonly is: "lost" };

/** A task error of our own making: a reason for status, and whether asking again can help. */
export class TaskError extends Error {
  override readonly name = "TaskError";
  readonly reason: string;
  readonly permanent: boolean;

  constructor(reason: string, message: string, options: { readonly permanent: boolean; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.permanent = options.permanent;
  }
}

/** Thrown when the task should come back later, untouched: throttled before the first answer. */
export class GiveBack extends Error {
  override readonly name = "GiveBack";
  readonly releaseCause: ReleaseCause;
  readonly delayMs: number;

  constructor(cause: ReleaseCause, delayMs: number, message: string) {
    super(message);
    this.releaseCause = cause;
    this.delayMs = delayMs;
  }
}

/** How long a task waits when the kill switch stopped it; the queue hands nothing out before it is lifted. */
const STOPPED_DELAY_MS = 5_000;

/** What was thrown, as a verdict. `timeoutMs` is the task's own limit, for the message; `redact` hides secrets before anything is cut. */
export function verdictOf(error: unknown, spent: Spent, timeoutMs: number, redact: (text: string) => string = (text) => text): Verdict {
  if (error instanceof TaskEnded) return verdictOfEnding(error.ending, spent, timeoutMs);
  if (error instanceof GiveBack) return { is: "givenBack", cause: error.releaseCause, delayMs: error.delayMs };
  if (error instanceof TaskError) return failed(error.reason, redact(error.message), error.permanent, spent);
  if (isProviderError(error)) return failed("Permanent", redact(error.message), true, spent);
  return failed("TaskError", redact(messageOf(error)), false, spent);
}

function verdictOfEnding(ending: Ending, spent: Spent, timeoutMs: number): Verdict {
  switch (ending) {
    case "fenced":
      return { is: "lost" };
    case "draining":
      return { is: "givenBack", cause: "draining", delayMs: 0 };
    case "deadline": // the queue settles it as expired
      return { is: "givenBack", cause: "draining", delayMs: 0 };
    case "stopped":
      return { is: "givenBack", cause: "draining", delayMs: STOPPED_DELAY_MS };
    case "cancelled":
      return failed("Cancelled", "the task was cancelled", true, spent);
    case "timeout":
      return failed(
        "TaskTimedOut",
        `the task took longer than its ${timeoutMs / 1000} s; raise limits.timeoutSeconds or make it smaller`,
        false,
        spent,
      );
  }
}

function failed(reason: string, message: string, permanent: boolean, spent: Spent): Verdict {
  const failure = { reason, message: cutUtf8(wellFormed(message), MAX_FAILURE_MESSAGE), permanent, usage: spent.usage };
  return { is: "failed", failure: spent.costUSD === undefined ? failure : { ...failure, costUSD: spent.costUSD } };
}

/** What an error says of itself; never its stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === "" ? error.name : error.message;
  return typeof error === "string" ? error : "something was thrown that is no error";
}
