// When a request ends at the latest. A signal costs more than most reviews, so it is made for those who wait for others alone.

/** One request's end. */
export class Deadline {
  /** On the clock's monotonic time. */
  readonly endsMs: number;
  #reason: Error | undefined;
  #controller: AbortController | undefined;
  #onEnd: ((reason: Error) => void) | undefined;

  constructor(endsMs: number) {
    this.endsMs = endsMs;
  }

  /** Aborted at the end; made when first asked for. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Calls `action` at the end, at once when that was; the last one given alone is called. */
  onEnd(action: ((reason: Error) => void) | undefined): void {
    this.#onEnd = action;
    if (this.#reason) action?.(this.#reason);
  }

  /** It is over. */
  end(reason: Error): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#onEnd?.(reason);
    this.#controller?.abort(reason);
  }
}
