// When the thread that keeps claims for a busy main thread has to step in. Pure: times in, a decision out.

/** What is known at one moment, ms of one clock that never jumps. */
export interface Stall {
  /** When the main thread last said that it runs. */
  readonly tickedAtMs: number;
  /** When its claims were last kept for it; -Infinity for never. */
  readonly beatAtMs: number;
  readonly nowMs: number;
}

/** Leases that a main thread may stand still for. Beyond that it hangs, and its tasks are somebody else's. */
export const MAX_STALL_LEASES = 4;

/** Whether its claims are to be kept for the main thread now: it has missed a heartbeat, is not given up, and nobody has just done so. */
export function isDue(
  { tickedAtMs, beatAtMs, nowMs }: Stall,
  timings: { readonly leaseMs: number; readonly heartbeatMs: number },
): boolean {
  const stillMs = nowMs - tickedAtMs;
  return stillMs >= timings.heartbeatMs && stillMs <= MAX_STALL_LEASES * timings.leaseMs && nowMs - beatAtMs >= timings.heartbeatMs;
}
