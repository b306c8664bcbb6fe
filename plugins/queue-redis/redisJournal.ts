// Journals of runs: the store numbers events, so that several writers share one order (B126).
import { randomBytes } from "node:crypto";
import {
  boundedEntry,
  type JournalEntry,
  type JournalEvent,
  type JournalLimits,
  type JournalStore,
  journalLineOf,
  shrunkJournal,
} from "../sdk/index.ts";
import { SCRIPTS } from "./generated/scripts.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./redisLink.ts";

/** A journal that keeps growing while it is shrunk is shrunk by the next writer. */
const MAX_TRIES = 3;
/** Arguments of one script: a list of Lua holds no more than some thousands. */
const APPENDED_AT_ONCE = 500;

/** {@link JournalStore} on Redis. */
export class RedisJournal implements JournalStore {
  readonly #link: RedisLink;
  readonly #keys: Keys;
  readonly #limits: JournalLimits;
  /** Tells this process's batches from others', so that one that is sent again is added once. */
  readonly #writer = randomBytes(6).toString("hex");
  #batch = 0;

  constructor(link: RedisLink, keys: Keys, limits: JournalLimits) {
    this.#link = link;
    this.#keys = keys;
    this.#limits = limits;
  }

  async append(namespace: string, runUID: string, entries: readonly JournalEntry[]): Promise<void> {
    const [events, meta] = this.#places(namespace, runUID);
    for (let at = 0; at < entries.length; at += APPENDED_AT_ONCE) {
      const lines = entries
        .slice(at, at + APPENDED_AT_ONCE)
        .map((entry) => JSON.stringify(boundedEntry(entry, this.#limits.maxEventBytes)).slice(0, -1));
      const answer = await this.#link.script(
        SCRIPTS.journalAppend,
        [events, meta, this.#keys.run(namespace, runUID)],
        [this.#writer, ++this.#batch, ...lines],
      );
      const [, count = 0, bytes = 0] = (answer as number[]).map(Number);
      if (count > this.#limits.maxEvents || bytes > this.#limits.maxBytes) await this.#shrink(namespace, runUID);
    }
  }

  async read(
    namespace: string,
    runUID: string,
    { sinceSeq, limit }: { sinceSeq: number; limit: number },
  ): Promise<readonly JournalEvent[]> {
    const [events] = this.#places(namespace, runUID);
    const lines = (await this.#link.command("ZRANGEBYSCORE", events, `(${sinceSeq}`, "+inf", "LIMIT", 0, limit)) as string[];
    return lines.map((line) => JSON.parse(line) as JournalEvent);
  }

  async drop(namespace: string, runUID: string): Promise<void> {
    await this.#link.command("DEL", ...this.#places(namespace, runUID));
  }

  async #shrink(namespace: string, runUID: string): Promise<void> {
    const [events, meta] = this.#places(namespace, runUID);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const all = await this.read(namespace, runUID, { sinceSeq: 0, limit: -1 });
      const last = all.at(-1);
      if (!last) return;
      const kept = shrunkJournal(all.map(journalLineOf), this.#limits);
      const args = kept.flatMap(({ event }) => [event.seq, JSON.stringify(event)]);
      if ((await this.#link.script(SCRIPTS.journalReplace, [events, meta], [String(last.seq), ...args])) === "ok") return;
    }
  }

  #places(namespace: string, runUID: string): [events: string, meta: string] {
    const events = this.#keys.journal(namespace, runUID);
    return [events, `${events}:size`];
  }
}
