// How a journal stays within its bounds: the oldest pieces of model text of one span are put together, which loses their seams and nothing
// else; if that is not enough, the oldest model text and then the oldest events go. Pure, for every store of journals.
import type { JournalEntry, JournalEvent } from "../journal.ts";
import type { JournalLimits } from "../queueLimits.ts";
import { cutUtf8, utf8Bytes } from "./utf8.ts";

/** One event as it is stored. */
export interface JournalLine {
  readonly event: JournalEvent;
  /** Of its JSON and a line's end. */
  readonly bytes: number;
}

/** A full journal is brought down to this part of its limits at once, so that the work is done once in a quarter of them. */
const AFTER_SHRINKING = 0.75;

/** An event as a line; a copy that shares nothing with the caller's. */
export function journalLineOf(event: JournalEvent): JournalLine {
  const text = JSON.stringify(event);
  return { event: JSON.parse(text) as JournalEvent, bytes: utf8Bytes(text) + 1 };
}

/** The entry within `maxBytes`: its own longest texts are cut; what is no text and too large is left out. */
export function boundedEntry(entry: JournalEntry, maxBytes: number): JournalEntry {
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

/** What is left of the lines of a full journal, in order. */
export function shrunkJournal(lines: readonly JournalLine[], limits: JournalLimits): JournalLine[] {
  const isSmall = (count: number, bytes: number): boolean =>
    count <= limits.maxEvents * AFTER_SHRINKING && bytes <= limits.maxBytes * AFTER_SHRINKING;
  let bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
  let count = lines.length;
  let kept: JournalLine[] = [];
  for (const line of lines) {
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
  for (const mayGo of [(line: JournalLine) => line.event.type === "model.text", () => true]) {
    kept = kept.filter((line, i) => {
      // The first event says what was run: it stays as long as there is anything.
      if (i === 0 || isSmall(count, bytes) || !mayGo(line)) return true;
      bytes -= line.bytes;
      count--;
      return false;
    });
  }
  return kept;
}

/** Two neighbours that are pieces of one text, as one, under the later number; undefined when they are not, or it would be too long. */
function merged(a: JournalLine, b: JournalLine, maxBytes: number): JournalLine | undefined {
  const [first, second] = [a.event, b.event];
  if (first.type !== "model.text" || second.type !== "model.text" || a.bytes + b.bytes > maxBytes) return undefined;
  const isOneText = first.span === second.span && first.task === second.task && first.run === second.run && first.step === second.step;
  if (!isOneText || typeof first["text"] !== "string" || typeof second["text"] !== "string") return undefined;
  return journalLineOf({ ...first, text: first["text"] + second["text"], seq: second.seq });
}
