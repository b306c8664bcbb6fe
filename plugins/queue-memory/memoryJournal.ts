// Journals of runs. Bounded: when one is full, the oldest pieces of model text of one span are put together, which loses their seams
// and nothing else; if that is not enough, the oldest model text and then the oldest events go. `seq` never repeats.
import { cutUtf8, type JournalEntry, type JournalEvent, type JournalLimits, type JournalStore, utf8Bytes } from "../sdk/index.ts";
import { runIdOf } from "./runs.ts";

interface Line {
  readonly event: JournalEvent;
  readonly bytes: number;
}

interface Journal {
  lines: Line[];
  bytes: number;
  lastSeq: number;
}

/** A full journal is brought down to this part of its limits at once, so that the work is done once in a quarter of them. */
const AFTER_SHRINKING = 0.75;

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
      const line = lineOf({ ...bounded(entry, this.#limits.maxEventBytes), seq: ++journal.lastSeq });
      journal.lines.push(line);
      journal.bytes += line.bytes;
      if (journal.lines.length > this.#limits.maxEvents || journal.bytes > this.#limits.maxBytes) shrink(journal, this.#limits);
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

  get size(): number {
    return this.#journals.size;
  }
}

function lineOf(event: JournalEvent): Line {
  const text = JSON.stringify(event);
  return { event: JSON.parse(text) as JournalEvent, bytes: utf8Bytes(text) + 1 };
}

/** Binary search: the place of the first event with a greater `seq`. */
function firstAfter(lines: readonly Line[], seq: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.event.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The entry within `maxBytes`: its own longest texts are cut; what is no text and too large is left out. */
function bounded(entry: JournalEntry, maxBytes: number): JournalEntry {
  if (utf8Bytes(JSON.stringify(entry)) <= maxBytes) return entry;
  const cut: Record<string, unknown> = { at: entry.at, type: entry.type, run: entry.run, truncated: true };
  // A character may take six bytes when it is escaped, and the fields share what there is.
  const perField = Math.floor(maxBytes / 6 / 4);
  let left = maxBytes / 2;
  for (const [key, value] of Object.entries(entry)) {
    const short = typeof value === "string" ? cutUtf8(value, perField) : value;
    const bytes = utf8Bytes(JSON.stringify(short) ?? "") + utf8Bytes(JSON.stringify(key));
    if (Object.hasOwn(cut, key) || bytes > left) continue;
    left -= bytes;
    cut[key] = short;
  }
  return cut as unknown as JournalEntry;
}

function shrink(journal: Journal, limits: JournalLimits): void {
  const isSmall = (count: number, bytes: number): boolean =>
    count <= limits.maxEvents * AFTER_SHRINKING && bytes <= limits.maxBytes * AFTER_SHRINKING;
  let { bytes } = journal;
  let count = journal.lines.length;
  let kept: Line[] = [];
  for (const line of journal.lines) {
    const last = kept.at(-1);
    const whole = isSmall(count, bytes) || last === undefined ? undefined : merged(last, line, limits.maxEventBytes);
    if (whole === undefined || last === undefined) {
      kept.push(line);
      continue;
    }
    kept[kept.length - 1] = whole;
    bytes += whole.bytes - last.bytes - line.bytes;
    count--;
  }
  for (const mayGo of [(line: Line) => line.event.type === "model.text", () => true]) {
    kept = kept.filter((line, i) => {
      // The first event says what was run: it stays as long as there is anything.
      if (i === 0 || isSmall(count, bytes) || !mayGo(line)) return true;
      bytes -= line.bytes;
      count--;
      return false;
    });
  }
  journal.lines = kept;
  journal.bytes = bytes;
}

/** Two neighbours that are pieces of one text, as one, under the later number; undefined when they are not, or it would be too long. */
function merged(a: Line, b: Line, maxBytes: number): Line | undefined {
  const [first, second] = [a.event, b.event];
  if (first.type !== "model.text" || second.type !== "model.text" || a.bytes + b.bytes > maxBytes) return undefined;
  const isOneText = first.span === second.span && first.task === second.task && first.run === second.run && first.step === second.step;
  if (!isOneText || typeof first["text"] !== "string" || typeof second["text"] !== "string") return undefined;
  return lineOf({ ...first, text: first["text"] + second["text"], seq: second.seq });
}
