// How long to wait before asking again (RELIABILITY §1.6). Half jitter: never less than half, so that a server gets its rest, and
// never all at the same moment.

/** Delays that double from `firstMs` up to `maxMs`. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** After a task said no. */
export const ERROR_BACK_OFF: BackOff = { firstMs: 1_000, maxMs: 60_000 };

/** After a model's endpoint was throttled or away. */
export const THROTTLE_BACK_OFF: BackOff = { firstMs: 2_000, maxMs: 60_000 };

/** What a vendor may ask for at most: 10 minutes. */
export const MAX_RETRY_AFTER_MS = 600_000;

/** On top of a vendor's wish, so that those who heard the same wish do not come together: up to 10 %. */
const RETRY_AFTER_SPREAD = 0.1;

/** The delay in ms before try `n` + 1, after the n-th failure (from 1): uniform in [d/2, d] with d = min(max, first · 2^(n−1)). `random` yields [0, 1). */
export function backOffMs({ firstMs, maxMs }: BackOff, n: number, random: () => number): number {
  const wholeMs = Math.min(maxMs, firstMs * 2 ** (Math.max(1, n) - 1));
  return Math.round(wholeMs / 2 + (random() * wholeMs) / 2);
}

/** The delay in ms after the n-th error of a task. */
export function errorDelayMs(n: number, random: () => number): number {
  return backOffMs(ERROR_BACK_OFF, n, random);
}

/** The delay in ms after a task was throttled for the n-th time: the vendor's wish, capped, plus up to 10 %; without one, as the errors'. */
export function throttleDelayMs(n: number, retryAfterMs: number | undefined, random: () => number): number {
  if (retryAfterMs === undefined || !(retryAfterMs >= 0)) return backOffMs(THROTTLE_BACK_OFF, n, random);
  return Math.round(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) * (1 + random() * RETRY_AFTER_SPREAD));
}
