// How much is looked at at once. Reviews are small and quick; what has to be bounded is the memory of many large bodies.
import type { Deadline } from "./deadline.ts";

/** Lets in as much weight as its capacity; the rest waits its turn in order, and beyond `maxWaiting` nobody waits. */
export class Turnstile {
  readonly #capacity: number;
  readonly #maxWaiting: number;
  #used = 0;
  readonly #waiting = new Set<{ readonly weight: number; readonly enter: () => void }>();

  constructor(capacity: number, maxWaiting: number) {
    this.#capacity = capacity;
    this.#maxWaiting = maxWaiting;
  }

  /** Enters at once when there is room; else a promise of the turn, which rejects at the deadline; undefined when too many wait. */
  enter(weight: number, deadline: Deadline): true | Promise<void> | undefined {
    const bounded = Math.min(weight, this.#capacity);
    if (this.#waiting.size === 0 && this.#used + bounded <= this.#capacity) {
      this.#used += bounded;
      return true;
    }
    if (this.#waiting.size >= this.#maxWaiting) return undefined;
    return new Promise((resolve, reject) => {
      const turn = {
        weight: bounded,
        enter: () => {
          deadline.onEnd(undefined);
          resolve();
        },
      };
      this.#waiting.add(turn);
      deadline.onEnd((reason) => {
        this.#waiting.delete(turn);
        reject(reason);
      });
    });
  }

  /** Gives back what {@link enter} took. */
  leave(weight: number): void {
    this.#used -= Math.min(weight, this.#capacity);
    for (const turn of this.#waiting) {
      if (this.#used + turn.weight > this.#capacity) return;
      this.#waiting.delete(turn);
      this.#used += turn.weight;
      turn.enter();
    }
  }
}
