// Why the work on a task ends before its time. It is the `reason` of the task's AbortSignal, so whoever is aborted can tell.

/**
 * cancelled, fenced, stopped: said by the queue. draining: this process goes. deadline: the run or step is over. timeout: the task's
 * own clock (B75, counts as its error).
 */
export const ENDINGS = ["cancelled", "fenced", "stopped", "draining", "deadline", "timeout"] as const;
/** One of {@link ENDINGS}. */
export type Ending = (typeof ENDINGS)[number];

/** Thrown through everything that works on a task. */
export class TaskEnded extends Error {
  override readonly name = "TaskEnded";
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(`the work on the task ended: ${ending}`);
    this.ending = ending;
  }
}
