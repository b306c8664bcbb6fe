// The journal: what happened in a run, as an ordered list of typed events (SPEC §19). The one source of logs, trace and audit.
import type { Usage } from "./task.ts";

/** Every type of event (B125). Readers pass over types and fields that they do not know. */
export const JOURNAL_TYPES = [
  "run.started",
  "run.finished",
  "step.started",
  "step.finished",
  "step.skipped",
  "model.started",
  "model.text",
  "model.finished",
  "tool.started",
  "tool.finished",
  "delegate.started",
  "delegate.finished",
  "retry",
  "validation",
  "approval.requested",
  "approval.decided",
  "budget",
  "error",
] as const;
export type JournalType = (typeof JOURNAL_TYPES)[number];

/** One event as its writer hands it in. Span ids are 16 hex digits. Bounded at 16 KiB encoded; never a secret. */
export interface JournalEntry {
  /** RFC 3339 with milliseconds. */
  readonly at: string;
  readonly type: JournalType;
  /** The run's name; events of child runs carry their own. */
  readonly run: string;
  readonly step?: string | undefined;
  readonly role?: string | undefined;
  readonly agent?: string | undefined;
  readonly task?: string | undefined;
  readonly attempt?: number | undefined;
  readonly iteration?: number | undefined;
  readonly span?: string | undefined;
  readonly parentSpan?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly tokenUsage?: Usage | undefined;
  readonly costUSD?: string | undefined;
  readonly message?: string | undefined;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** The type's own fields: `text`, `tool`, `args`, `phase`, `reason`, `delayMs`, `depth`, `parent`, `toRole`, `output`, `snapshot`, `input`, … */
  readonly [field: string]: unknown;
}

/** One event as it is stored: the store gives `seq`, from 1, so that several writers share one order (B126). */
export interface JournalEvent extends JournalEntry {
  readonly seq: number;
}

/** Where journals are kept. Proven by `journalClauses`. */
export interface JournalStore {
  /** Adds entries in order and numbers them. Over its bounds the store merges the oldest pieces of model text first, then drops the oldest. */
  append(namespace: string, runUID: string, entries: readonly JournalEntry[]): Promise<void>;
  /** At most `limit` events with `seq` > `sinceSeq`, in order. */
  read(namespace: string, runUID: string, options: { readonly sinceSeq: number; readonly limit: number }): Promise<readonly JournalEvent[]>;
  drop(namespace: string, runUID: string): Promise<void>;
}

/** The writing end, as the runtime and the drivers hold it. Never waits and never throws: a journal that cannot be written is logged. */
export type JournalWriter = (entry: JournalEntry) => void;
