// Time that a test moves by hand. Timers fire in the order of their moments, and between two of them everything that was waiting
// for a promise gets its turn, so that a test of many parts reads like the real thing and is the same every time.
import type { Clock } from "../host/clock.ts";

/** A {@link Clock} that stands still until it is told. */
export interface FakeClock extends Clock {
  /** Moves time forward by `ms`, firing what becomes due on the way, and lets all promises settle before and after each timer. */
  advance(ms: number): Promise<void>;
  /** Lets all promises settle; time stands still. */
  settle(): Promise<void>;
  /** Timers that are still waiting: 0 after everything was ended. */
  pending(): number;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** 2026-01-01T00:00:00Z. */
const START_MS = 1_767_225_600_000;

/** A clock that begins at `startMs` since the epoch. Its monotonic time begins at 0. */
export function fakeClock(startMs: number = START_MS): FakeClock {
  let nowMs = 0;
  let order = 0;
  const timers = new Set<Timer>();

  const add = (ms: number, fire: () => void): (() => void) => {
    const timer: Timer = { atMs: nowMs + Math.max(ms, 0), order: order++, fire };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const nextTimer = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.atMs > untilMs) continue;
      if (next === undefined || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order)) next = timer;
    }
    return next;
  };

  return {
    now: () => startMs + nowMs,
    monotonic: () => nowMs,
    after: add,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          forget();
          reject(signal?.reason as Error);
        };
        const forget = add(ms, () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        });
        signal?.addEventListener("abort", onAbort, { once: true });
        return undefined;
      }),
    async advance(ms) {
      const untilMs = nowMs + ms;
      await flush();
      for (let timer = nextTimer(untilMs); timer !== undefined; timer = nextTimer(untilMs)) {
        timers.delete(timer);
        nowMs = Math.max(nowMs, timer.atMs);
        timer.fire();
        await flush();
      }
      nowMs = untilMs;
      await flush();
    },
    settle: flush,
    pending: () => timers.size,
  };
}

/** Turns of the event loop that a chain of promises may take, streams and `setImmediate` included. */
const TURNS = 4;

async function flush(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
}
