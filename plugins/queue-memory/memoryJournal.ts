// Journals of runs, each within its bounds. `seq` never repeats.
import {
  boundedEntry,
  type JournalEntry,
  type JournalEvent,
  type JournalLimits,
  type JournalLine,
  type JournalStore,
  journalLineOf,
  shrunkJournal,
} from "../sdk/index.ts";
import { runIdOf } from "./runs.ts";

interface Journal {
  lines: JournalLine[];
  bytes: number;
  lastSeq: number;
}

/** {@link JournalStore} in this process. */
export class MemoryJournal implements JournalStore {
  readonly #limits: JournalLimits;
  readonly #journals = new Map<string, Journal>();

  constructor(limits: JournalLimits) {
    this.#limits = limits;
  }

  async append(namespace: string, runUID: string, entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const runId = runIdOf(namespace, runUID);
    const journal = this.#journals.get(runId) ?? { lines: [], bytes: 0, lastSeq: 0 };
    this.#journals.set(runId, journal);
    for (const entry of entries) {
      const line = journalLineOf({ ...boundedEntry(entry, this.#limits.maxEventBytes), seq: ++journal.lastSeq });
      journal.lines.push(line);
      journal.bytes += line.bytes;
      if (journal.lines.length > this.#limits.maxEvents || journal.bytes > this.#limits.maxBytes) this.#shrink(journal);
    }
  }

  async read(namespace: string, runUID: string, options: { sinceSeq: number; limit: number }): Promise<readonly JournalEvent[]> {
    const lines = this.#journals.get(runIdOf(namespace, runUID))?.lines ?? [];
    const start = firstAfter(lines, options.sinceSeq);
    return lines.slice(start, start + options.limit).map((line) => line.event);
  }

  async drop(namespace: string, runUID: string): Promise<void> {
    this.#journals.delete(runIdOf(namespace, runUID));
  }

  #shrink(journal: Journal): void {
    journal.lines = shrunkJournal(journal.lines, this.#limits);
    journal.bytes = journal.lines.reduce((sum, line) => sum + line.bytes, 0);
  }

  get size(): number {
    return this.#journals.size;
  }
}

/** Binary search: the place of the first event with a greater `seq`. */
function firstAfter(lines: readonly JournalLine[], seq: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.event.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
