// The journal as one task writes it (SPEC §19): who and where are filled in once, spans are drawn, texts are bounded and batched.
import { createHash } from "node:crypto";
import { type Clock, cutUtf8, type JournalEntry, type JournalType, type Task, utf8Bytes } from "../plugins/sdk/index.ts";
import { MAX_JOURNAL_DETAIL, MAX_JOURNAL_TEXT } from "./limits.ts";
import { cutWithNote } from "./text.ts";

/** What an event says beside who and where. */
export type EventFields = Readonly<Partial<Omit<JournalEntry, "at" | "type" | "run">>>;

/** The writing end for one task. */
export interface TaskJournal {
  write(type: JournalType, fields: EventFields): void;
  newSpan(): string;
  /** The task's own span: parent of everything it does. */
  readonly span: string;
  /** Collects text of the model for a span: at most one event per `journalTextMs`, and the rest at `end`. */
  textOf(span: string): { add(text: string): void; end(): void };
}

/** What a journal is written with. */
export interface TaskJournalParts {
  readonly task: Task;
  readonly write: (entry: JournalEntry) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly journalTextMs: number;
}

/** The span of a task, 16 hex digits: a function of its key, so that whoever dispatched it names the same. */
export function spanOfTask(taskKey: string): string {
  return createHash("sha256").update(taskKey).digest("hex").slice(0, 16);
}

/** The journal of a task. */
export function taskJournal({ task, write, clock, random, journalTextMs }: TaskJournalParts): TaskJournal {
  const taskSpan = spanOfTask(task.key);
  const common = {
    run: task.run,
    step: task.step,
    role: task.role,
    agent: task.agent,
    task: task.key,
    attempt: task.attempt,
    iteration: task.iteration,
  };
  const say = (type: JournalType, fields: EventFields): void => {
    write({ at: new Date(clock.now()).toISOString(), type, ...common, parentSpan: taskSpan, ...fields });
  };
  return {
    span: taskSpan,
    write: say,
    newSpan: () => sixteenHexDigits(random),
    textOf(span) {
      let buffer = "";
      let saidAtMs = clock.monotonic();
      const flush = (): void => {
        for (; buffer !== ""; ) {
          const chunk = cutUtf8(buffer, MAX_JOURNAL_TEXT);
          buffer = buffer.slice(Math.max(chunk.length, 1));
          say("model.text", { span, text: chunk });
        }
        saidAtMs = clock.monotonic();
      };
      return {
        add(text) {
          buffer += text;
          if (clock.monotonic() - saidAtMs >= journalTextMs || utf8Bytes(buffer) >= MAX_JOURNAL_TEXT) flush();
        },
        end: flush,
      };
    },
  };
}

/** The event with every text that was written by people, models or vendors passed through `redact`; ids and names stay. */
export function redactedEntry(entry: JournalEntry, redact: (text: string) => string): JournalEntry {
  const clean: Record<string, unknown> = { ...entry };
  for (const field of ["message", "text", "args", "output", "prompt"]) {
    const value = clean[field];
    if (typeof value === "string") clean[field] = redact(value);
  }
  const error = entry.error === undefined ? {} : { error: { ...entry.error, message: redact(entry.error.message) } };
  return { ...entry, ...clean, ...error };
}

/** A detail (arguments, an answer) short enough for an event. */
export function detailOf(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return cutWithNote(text, MAX_JOURNAL_DETAIL, "… (cut)");
}

function sixteenHexDigits(random: () => number): string {
  const word = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return word() + word();
}
