// How long things take and wait (RELIABILITY §5, "Constants"). Handed in, so that tests and the local driver may use others.

/** All in milliseconds. */
export interface Timings {
  /** A claim that is not extended for so long passes to somebody else. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Without an `ok` for so long, no model or tool call is begun: the task may be somebody else's. */
  readonly selfFenceMs: number;
  /** How long one claim waits for work. */
  readonly claimWaitMs: number;
  /** A waiting parent looks at its children itself, in case a hint was lost. */
  readonly lookMs: number;
  readonly toolTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** An MCP server that is down is tried again after 1 s, 2 s … up to this (P21). */
  readonly mcpRetryMs: number;
  /** Memory is asked for so long at most: it never blocks a task (B81). */
  readonly memoryTimeoutMs: number;
  readonly errorBackOff: BackOffRange;
  readonly throttleBackOff: BackOffRange;
  /** A vendor's `Retry-After` beyond this is cut. */
  readonly maxRetryAfterMs: number;
  /** Text of the model is journalled at most so often. */
  readonly journalTextMs: number;
  /** A breaker that opened sends a trial call after this, doubled up to the range's end. */
  readonly breakerOpen: BackOffRange;
  /** Agents report so often, and on change. */
  readonly reportMs: number;
}

/** The n-th wait is drawn from [d/2, d] with d = min(`maxMs`, `minMs` · 2^(n−1)). */
export interface BackOffRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The values of RELIABILITY §5. */
export const DEFAULT_TIMINGS: Timings = {
  leaseMs: 15_000, // redelivery ≤ 25 s; two heartbeats may fail
  heartbeatMs: 5_000,
  selfFenceMs: 12_000,
  claimWaitMs: 2_000,
  lookMs: 15_000,
  toolTimeoutMs: 30_000, // B74
  connectTimeoutMs: 5_000, // S25
  mcpRetryMs: 30_000,
  memoryTimeoutMs: 5_000,
  errorBackOff: { minMs: 1_000, maxMs: 60_000 },
  throttleBackOff: { minMs: 2_000, maxMs: 60_000 },
  maxRetryAfterMs: 600_000,
  journalTextMs: 100,
  breakerOpen: { minMs: 5_000, maxMs: 60_000 },
  reportMs: 15_000,
};

/** How long to wait before the `n`-th try anew, `n` from 1: half of it sure, half by chance. `random` is in [0, 1). */
export function backOffMs(n: number, range: BackOffRange, random: () => number): number {
  const whole = Math.min(range.maxMs, range.minMs * 2 ** Math.min(Math.max(n, 1) - 1, 30));
  return Math.round(whole / 2 + (whole / 2) * random());
}
