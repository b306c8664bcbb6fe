// Being told to come back later is never failure (B72, P15). Per pod and model: a budget of retries, so that a struggling vendor is not
// flooded, and a breaker, so that a dead one is asked by one call at a time.
import type { Clock } from "../plugins/sdk/index.ts";
import { BREAKER_THRESHOLD, BREAKER_WINDOW_MS, FIRST_RETRIES, MAX_SAVED_RETRIES, RETRIES_PER_SUCCESS, RETRY_EVERY_MS } from "./limits.ts";
import { backOffMs, type Timings } from "./timings.ts";

/**
 * How long to wait before asking again. The vendor's own wish counts, plus up to a tenth, cut at 10 minutes; else the `n`-th wait
 * of an exponential back-off, `n` from 1.
 */
export function throttleDelayMs(
  retryAfterMs: number | undefined,
  n: number,
  timings: Pick<Timings, "throttleBackOff" | "maxRetryAfterMs">,
  random: () => number,
): number {
  if (retryAfterMs === undefined || !Number.isFinite(retryAfterMs) || retryAfterMs < 0)
    return backOffMs(n, timings.throttleBackOff, random);
  const wished = Math.min(retryAfterMs, timings.maxRetryAfterMs);
  return Math.round(wished * (1 + 0.1 * random()));
}

/** What the agent knows of one model's health. */
export class ModelGate {
  private failures: number[] = [];
  private openUntilMs = 0;
  private openings = 0;
  private trying = false;
  private retries = FIRST_RETRIES;
  private refilledAtMs: number;
  private readonly clock: Clock;
  private readonly timings: Pick<Timings, "breakerOpen">;
  private readonly random: () => number;

  constructor(clock: Clock, timings: Pick<Timings, "breakerOpen">, random: () => number) {
    this.clock = clock;
    this.timings = timings;
    this.random = random;
    this.refilledAtMs = clock.monotonic();
  }

  /** Milliseconds for which no new task should be taken: the breaker is open, or one call tries whether it may close. */
  closedForMs(): number {
    if (this.openUntilMs === 0) return 0;
    const leftMs = this.openUntilMs - this.clock.monotonic();
    if (leftMs > 0) return leftMs;
    return this.trying ? this.timings.breakerOpen.minMs : 0;
  }

  /**
   * Waits until a call may be made: the breaker is closed (or this is its one trial) and, for a retry, the budget has room. Returns at
   * once in the ordinary case. Whoever was let in tells `succeeded`, `unavailable` or `left`.
   */
  async enter(isRetry: boolean, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const closedMs = this.closedForMs();
      const waitMs = closedMs > 0 ? closedMs : isRetry ? this.untilRetryMs() : 0;
      if (waitMs <= 0) break;
      await this.clock.sleep(waitMs, signal);
    }
    if (isRetry) this.retries -= 1;
    if (this.openUntilMs !== 0) this.trying = true;
  }

  /** Whether `enter` would return at once. */
  isOpenFor(isRetry: boolean): boolean {
    return this.closedForMs() <= 0 && (!isRetry || this.untilRetryMs() <= 0);
  }

  /**
   * The model answered. A retry that was answered was no extra call: it costs nothing, so that what a storm has held up drains as fast as
   * answers come. After a breaker closes there is always one to begin with.
   */
  succeeded(wasRetry: boolean): void {
    const wasOpen = this.openUntilMs !== 0;
    this.failures = [];
    this.openUntilMs = 0;
    this.openings = 0;
    this.trying = false;
    this.refill();
    this.retries = Math.min(MAX_SAVED_RETRIES, Math.max(this.retries + (wasRetry ? 1 : 0) + RETRIES_PER_SUCCESS, wasOpen ? 1 : 0));
  }

  /** The model, or the way to it, is down. */
  unavailable(): void {
    const nowMs = this.clock.monotonic();
    this.failures = [...this.failures.filter((at) => nowMs - at < BREAKER_WINDOW_MS), nowMs];
    const reopened = this.trying;
    this.trying = false;
    if (!reopened && this.failures.length < BREAKER_THRESHOLD) return;
    this.openings++;
    this.openUntilMs = nowMs + backOffMs(this.openings, this.timings.breakerOpen, this.random);
  }

  /** The call ended in a way that says nothing of the model's health. */
  left(): void {
    this.trying = false;
  }

  private untilRetryMs(): number {
    this.refill();
    // The last rounding error of a refill must not become a wait of nothing, for ever.
    return this.retries >= 0.999 ? 0 : Math.max(Math.ceil((1 - this.retries) * RETRY_EVERY_MS), 1);
  }

  private refill(): void {
    const nowMs = this.clock.monotonic();
    this.retries = Math.min(MAX_SAVED_RETRIES, this.retries + (nowMs - this.refilledAtMs) / RETRY_EVERY_MS);
    this.refilledAtMs = nowMs;
  }
}
