// What many ask for in one turn of the event loop goes to the server as one: a script that is called for 30 tasks at once costs half of 30 calls,
// on both sides.
import { RedisRefused } from "./redisErrors.ts";

/** How much goes together at most: while one lot is answered, the next is on its way, and nobody else waits long for the server. */
export interface Lot {
  readonly items: number;
  readonly bytes: number;
}

/** The usual size of a lot. */
export const LOT: Lot = { items: 16, bytes: 128 * 1024 };

/** Gathers questions by what they have in common, and asks them together. */
export class Gatherer<Group extends readonly (string | number)[], In, Out> {
  readonly #ask: (group: Group, items: readonly In[]) => Promise<readonly Out[]>;
  readonly #bytesOf: (item: In) => number;
  readonly #lot: Lot;
  readonly #waiting = new Map<string, Waiting<In, Out>[]>();

  /** `ask` answers item by item; `bytesOf` says about how large one is. */
  constructor(ask: (group: Group, items: readonly In[]) => Promise<readonly Out[]>, bytesOf: (item: In) => number, lot = LOT) {
    this.#ask = ask;
    this.#bytesOf = bytesOf;
    this.#lot = lot;
  }

  /**
   * The answer to one item, asked with those of its group that come in the same turn. A lot that is refused is asked again one by one, so that
   * an item fails for its own sake alone. @throws what `ask` throws
   */
  ask(group: Group, item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      const name = group.join("\n");
      const waiting = this.#waiting.get(name);
      if (waiting) {
        waiting.push({ item, resolve, reject });
        return;
      }
      this.#waiting.set(name, [{ item, resolve, reject }]);
      process.nextTick(() => this.#send(name, group)); // after the promises of this turn
    });
  }

  #send(name: string, group: Group): void {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    for (let from = 0; from < waiting.length; ) {
      let to = from;
      let bytes = 0;
      do bytes += this.#bytesOf((waiting[to++] as Waiting<In, Out>).item);
      while (to < waiting.length && to - from < this.#lot.items && bytes < this.#lot.bytes);
      void this.#askLot(group, waiting.slice(from, to));
      from = to;
    }
  }

  async #askLot(group: Group, lot: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const answers = await this.#ask(
        group,
        lot.map(({ item }) => item),
      );
      lot.forEach(({ resolve }, at) => {
        resolve(answers[at] as Out);
      });
    } catch (error) {
      if (error instanceof RedisRefused && lot.length > 1) for (const one of lot) void this.#askLot(group, [one]);
      else for (const { reject } of lot) reject(error);
    }
  }
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (answer: Out) => void;
  readonly reject: (error: unknown) => void;
}
