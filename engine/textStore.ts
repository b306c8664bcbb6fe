// Whole texts of answers, by digest. Short ones stand in the status; the others are blobs of the run. What is at hand here is a cache of
// both; what is not is asked of the driver (`wanted`), and what a driver has to store before it writes the status is `unstored`.
import { MAX_TEXTS_KEPT } from "./limits.ts";

/** A text to be put into the run's blob store. */
export interface StoredText {
  readonly sha256: string;
  readonly text: string;
}

/** See the head of this file. */
export class TextStore {
  readonly #kept = new Map<string, string>();
  #chars = 0;
  readonly #wanted = new Set<string>();
  readonly #unstored: StoredText[] = [];

  /** The text, or undefined: then it is wanted from now on. */
  get(sha256: string): string | undefined {
    const text = this.#kept.get(sha256);
    if (text === undefined) this.#wanted.add(sha256);
    else {
      this.#kept.delete(sha256); // the most recently read go last
      this.#kept.set(sha256, text);
    }
    return text;
  }

  /** A text is at hand. The oldest are dropped beyond {@link MAX_TEXTS_KEPT}; they can be had again. */
  keep(sha256: string, text: string): void {
    this.#wanted.delete(sha256);
    if (this.#kept.has(sha256)) return;
    this.#kept.set(sha256, text);
    this.#chars += text.length;
    for (const [oldest, dropped] of this.#kept) {
      if (this.#chars <= MAX_TEXTS_KEPT || oldest === sha256) break;
      this.#kept.delete(oldest);
      this.#chars -= dropped.length;
    }
  }

  /** A text that nobody has stored yet. */
  store(sha256: string, text: string): void {
    this.keep(sha256, text);
    this.#unstored.push({ sha256, text });
  }

  /** It is not to be had. */
  giveUp(sha256: string): void {
    this.#wanted.delete(sha256);
  }

  /** Digests that have to be read before the run can go on. */
  wanted(): string[] {
    return [...this.#wanted];
  }

  /** Texts to store before the status is written; told once. */
  takeUnstored(): StoredText[] {
    return this.#unstored.splice(0);
  }
}
