// Whether this process stood still a moment ago - a busy event loop, a stopped process, a frozen machine. What is read just after that may have been
// said long before: a claim may be somebody else's by then (RELIABILITY §1.5).
import type { Clock } from "../sdk/index.ts";

const TICK_MS = 200;
/** What came in meanwhile is read so soon after. */
const RECENT_MS = 1_000;

/** Watches the clock. */
export class StallWatch {
  readonly #clock: Clock;
  #tickedAtMs: number;
  #resumedAtMs = Number.NEGATIVE_INFINITY;
  #stillMs = 0;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickedAtMs = clock.monotonic();
    this.#tick();
  }

  /** Whether it stands still for at least `ms`, or did until a moment ago. */
  stoodStill(ms: number): boolean {
    const nowMs = this.#clock.monotonic();
    return nowMs - this.#tickedAtMs >= ms || (this.#stillMs >= ms && nowMs - this.#resumedAtMs < RECENT_MS);
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    this.#cancel = this.#clock.after(TICK_MS, () => {
      const nowMs = this.#clock.monotonic();
      const stillMs = nowMs - this.#tickedAtMs;
      if (stillMs > 2 * TICK_MS) [this.#stillMs, this.#resumedAtMs] = [stillMs, nowMs];
      this.#tickedAtMs = nowMs;
      this.#tick();
    });
  }
}
