// Keys that were settled and forgotten, remembered for an hour against late duplicates. All live equally long, so their order of
// arrival is their order of leaving, and one appointment serves them all.
import type { Agenda } from "./agenda.ts";
import { LinkedList } from "./linkedList.ts";

/** How a remembered task ended. */
export type FinalState = "done" | "dead" | "cancelled" | "expired";

/** 100,000 of about 200 bytes are 20 MB: beyond that the oldest go early. */
const MAX_TOMBSTONES = 100_000;

/** Final states by record id, each for `ttlMs`. */
export class Tombstones {
  readonly #agenda: Agenda;
  readonly #ttlMs: number;
  readonly #nowMs: () => number;
  readonly #states = new Map<string, FinalState>();
  readonly #byAge = new LinkedList<{ readonly id: string; readonly endsMs: number }>();

  constructor(agenda: Agenda, ttlMs: number, nowMs: () => number) {
    this.#agenda = agenda;
    this.#ttlMs = ttlMs;
    this.#nowMs = nowMs;
  }

  /** Remembers how `id` ended. A second time changes nothing. */
  add(id: string, state: FinalState): void {
    if (this.#states.has(id)) return;
    this.#states.set(id, state);
    this.#byAge.push({ id, endsMs: this.#nowMs() + this.#ttlMs });
    if (this.#byAge.size > MAX_TOMBSTONES) this.#dropOldest();
    if (this.#byAge.size === 1) this.#watch();
  }

  /** How it ended, if that is still known. */
  get(id: string): FinalState | undefined {
    return this.#states.get(id);
  }

  get size(): number {
    return this.#states.size;
  }

  #watch(): void {
    const oldest = this.#byAge.first?.value;
    if (oldest === undefined) return;
    this.#agenda.after(oldest.endsMs - this.#nowMs(), () => {
      for (let next = this.#byAge.first; next !== undefined && next.value.endsMs <= this.#nowMs(); next = this.#byAge.first)
        this.#dropOldest();
      this.#watch();
    });
  }

  #dropOldest(): void {
    const oldest = this.#byAge.shift();
    if (oldest !== undefined) this.#states.delete(oldest.id);
  }
}
