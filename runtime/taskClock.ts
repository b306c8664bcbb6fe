// A task's own time (`limits.timeoutSeconds`), which stands still while the task waits for throttling, a budget or a delegate (§1.6).
import type { Clock } from "../plugins/sdk/index.ts";

/** A timer that can be paused. Pauses nest. */
export interface TaskClock {
  pause(): void;
  resume(): void;
  /** Milliseconds that counted so far. */
  elapsedMs(): number;
  stop(): void;
}

/** Calls `onTimeout` once when `timeoutMs` of unpaused time have passed. */
export function startTaskClock(timeoutMs: number, clock: Clock, onTimeout: () => void): TaskClock {
  let pauses = 0;
  let countedMs = 0;
  let sinceMs = clock.monotonic();
  let cancel = clock.after(timeoutMs, onTimeout);
  let stopped = false;
  const counted = (): number => (pauses === 0 ? countedMs + (clock.monotonic() - sinceMs) : countedMs);
  return {
    pause() {
      if (stopped || pauses++ > 0) return;
      countedMs += clock.monotonic() - sinceMs;
      cancel();
    },
    resume() {
      if (stopped || pauses === 0 || --pauses > 0) return;
      sinceMs = clock.monotonic();
      cancel = clock.after(Math.max(timeoutMs - countedMs, 0), onTimeout);
    },
    elapsedMs: counted,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
