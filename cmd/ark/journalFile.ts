// The journal of a local run as JSON lines (SPEC §19). Written line by line as things happen, so that whatever ends the process leaves whole lines.
import { closeSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { JournalEvent } from "../../plugins/sdk/index.ts";
import { visible } from "../terminal/visible.ts";
import { UsageError } from "./cli.ts";
import { reasonOf } from "./files.ts";

/** Where events of a run go. */
export interface JournalSink {
  write(event: JournalEvent): void;
  /** Writes what is held back and closes the file. Safe to call twice. */
  close(): void;
}

/**
 * A journal in a file, which must not be there yet unless `append` (a resumed run goes on in its own journal).
 * Each line passes `redact`: no secret is ever written (B126).
 * @throws UsageError when the file cannot be made
 */
export function fileJournal(path: string, { append, redact }: { append: boolean; redact: (text: string) => string }): JournalSink {
  let file: number | undefined;
  try {
    file = openSync(path, append ? "a" : "wx", 0o600);
  } catch (error) {
    throw new UsageError(`--journal: ${visible(path)} ${reasonOf(error)}`, { cause: error });
  }
  return {
    write(event) {
      if (file !== undefined) writeSync(file, `${redact(JSON.stringify(event))}\n`);
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** A journal that is kept in memory until somebody wants it in a file: what a run without `--journal` needs when it stops at an approval. */
export function heldJournal(redact: (text: string) => string): JournalSink & { saveAs(path: string): void } {
  const events: JournalEvent[] = [];
  return {
    write(event) {
      if (event.type !== "model.text") events.push(event); // streamed text is for those who watch; the answers are in the steps
    },
    close() {},
    saveAs(path) {
      const file = fileJournal(path, { append: false, redact });
      for (const event of events) file.write(event);
      file.close();
    },
  };
}

/**
 * The events of a journal file. A last line that was cut off is left out; any other line that is no event is refused.
 * @throws UsageError naming file and line
 */
export async function readJournal(path: string): Promise<JournalEvent[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`--resume: ${visible(path)} ${reasonOf(error)}`, { cause: error });
  }
  const lines = text.split("\n");
  const events: JournalEvent[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const event = parseLine(line);
    if (event) events.push(event);
    else if (i < lines.length - 1)
      throw new UsageError(`${visible(path)}:${i + 1}: is no line of a journal; give a file that ark run --journal wrote`);
  }
  if (events.length === 0) throw new UsageError(`${visible(path)}: holds no journal; give a file that ark run --journal wrote`);
  return events;
}

function parseLine(line: string): JournalEvent | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value !== "object" || value === null || !("seq" in value) || !("type" in value) || !("run" in value)) return undefined;
    return value as JournalEvent;
  } catch {
    return undefined;
  }
}
