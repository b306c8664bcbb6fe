// One budget's account. A rolling window is kept in buckets: what was spent leaves it at most one bucket late and never early, so a
// budget is never exceeded by rounding, and an account is never larger than its buckets.

/** 24 h in steps of 5 minutes; 0.35 % of any window. */
const BUCKETS_PER_WINDOW = 288;

interface Bucket {
  readonly endsMs: number;
  tokens: number;
}

/** What was charged, and what open calls may still use. Times are handed in, in ms. */
export class Account {
  readonly windowMs: number;
  /** Sum of the open reservations. */
  reserved = 0;
  openCalls = 0;
  readonly #bucketMs: number;
  #buckets: Bucket[] = [];
  #charged = 0;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
    this.#bucketMs = Math.max(1, Math.ceil(windowMs / BUCKETS_PER_WINDOW));
  }

  /** Tokens charged within the window that ends now. */
  charged(nowMs: number): number {
    if (this.windowMs > 0) {
      const passed = this.#buckets.findIndex((bucket) => bucket.endsMs + this.windowMs > nowMs);
      const gone = this.#buckets.splice(0, passed < 0 ? this.#buckets.length : passed);
      for (const bucket of gone) this.#charged -= bucket.tokens;
    }
    return this.#charged;
  }

  charge(tokens: number, nowMs: number): void {
    this.#charged += tokens;
    if (this.windowMs <= 0 || tokens === 0) return;
    const endsMs = (Math.floor(nowMs / this.#bucketMs) + 1) * this.#bucketMs;
    const last = this.#buckets.at(-1);
    if (last !== undefined && last.endsMs >= endsMs) last.tokens += tokens;
    else this.#buckets.push({ endsMs, tokens });
  }

  /** How long until at most `tokens` are charged, when nothing more is spent; undefined when time does not help. */
  roomInMs(tokens: number, nowMs: number): number | undefined {
    let left = this.charged(nowMs);
    if (tokens < 0 || this.windowMs <= 0) return undefined;
    let freeAtMs = nowMs;
    for (const bucket of this.#buckets) {
      if (left <= tokens) break;
      left -= bucket.tokens;
      freeAtMs = bucket.endsMs + this.windowMs;
    }
    return freeAtMs - nowMs;
  }
}
