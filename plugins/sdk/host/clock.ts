// Time as it is handed in: real in programs, moved by hand in tests. Nothing else in the house asks what time it is.

/** Longest timer that Node keeps: beyond 2^31 − 1 ms it would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The time, and waiting for it. */
export interface Clock {
  /** Milliseconds since the epoch: for what is shown and stored. May jump. */
  now(): number;
  /** Milliseconds since some moment: for measuring. Never jumps back. */
  monotonic(): number;
  /** Resolves after `ms`; aborted, it rejects with `signal.reason`. Leaves neither timer nor listener. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `action` once after `ms`, clamped at 24.8 days, unless the returned function is called before. Never keeps the process alive by itself. */
  after(ms: number, action: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
        Math.min(Math.max(ms, 0), MAX_TIMER_MS),
      );
      signal?.addEventListener("abort", onAbort, { once: true });
      return undefined;
    }),
  after: (ms, action) => {
    const timer = setTimeout(action, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
