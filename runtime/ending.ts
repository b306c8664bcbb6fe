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

/** The reason of an aborted signal as an Error. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason });
}

/**
 * `work`, or the signal's reason as soon as it is aborted: what does not listen to its signal cannot hold a task up. The work's own
 * end is then nobody's business, and no unhandled rejection.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw reasonOf(signal);
  }
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    stop = () => signal.removeEventListener("abort", onAbort);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}
