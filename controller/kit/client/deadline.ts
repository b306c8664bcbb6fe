// A signal that aborts with the caller's, or when time is up. Node's AbortSignal.any keeps what it made as long as the caller's signal
// lives, which is as long as the program: here whoever is done lets go.
import type { Clock } from "../../../plugins/sdk/index.ts";

/** A limit on something that takes time. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True once the time was up before the caller aborted. */
  isOver(): boolean;
  /** Lets go of timer and caller. Safe to call twice. */
  release(): void;
}

/** Aborts after `ms` (never, when undefined) and with `caller`, passing on its reason. */
export function startDeadline(clock: Clock, ms: number | undefined, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let over = false;
  const onAbort = (): void => controller.abort(caller?.reason);
  const cancelTimer =
    ms === undefined
      ? undefined
      : clock.after(ms, () => {
          over = !controller.signal.aborted;
          controller.abort(new Error(`time is up after ${ms} ms`));
        });
  if (caller?.aborted) onAbort();
  caller?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    isOver: () => over,
    release() {
      cancelTimer?.();
      caller?.removeEventListener("abort", onAbort);
    },
  };
}
