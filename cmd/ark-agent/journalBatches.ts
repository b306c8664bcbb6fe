// The journal of a process: events are written in batches, so that what the agent does waits for no store (SPEC §19).
import { type Clock, errorText, type JournalEntry, type JournalStore, type Log } from "../../plugins/sdk/index.ts";

/** Events of one batch, and how long the first of them waits. */
const BATCH = { events: 64, ms: 100 };
/** Events that may wait for a store that does not answer; beyond, pieces of model text go first, then the oldest. */
const MAX_WAITING = 5_000;

/** The writing end of all runs of a process. */
export interface JournalBatches {
  /** Never waits and never throws. */
  write(namespace: string, runUID: string, entry: JournalEntry): void;
  /** Resolves once everything that was written is stored, or has failed once more. */
  flush(): Promise<void>;
}

interface Waiting {
  readonly namespace: string;
  readonly runUID: string;
  readonly entry: JournalEntry;
}

/** Batches for `store`. What cannot be stored is tried again with the next batch; what passes the bound is counted and said. */
export function journalBatches({
  store,
  clock,
  log,
}: {
  readonly store: JournalStore;
  readonly clock: Clock;
  readonly log: Log;
}): JournalBatches {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let isScheduled = false;

  const bound = (): void => {
    if (waiting.length <= MAX_WAITING) return;
    const before = waiting.length;
    waiting = waiting.filter(({ entry }) => entry.type !== "model.text");
    if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING);
    log.warn("the journal cannot be written; events are dropped", { dropped: before - waiting.length });
  };
  const writeRun = async (events: readonly Waiting[]): Promise<void> => {
    const [first] = events;
    if (!first) return;
    try {
      await store.append(
        first.namespace,
        first.runUID,
        events.map(({ entry }) => entry),
      );
    } catch (error) {
      log.warn("the journal could not be written; trying again", { error: errorText(error, { redact: (text) => text }) });
      waiting = [...events, ...waiting];
    }
  };
  const writeBatch = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    const byRun = new Map<string, Waiting[]>();
    for (const one of batch) {
      const run = `${one.namespace}\n${one.runUID}`;
      const of = byRun.get(run);
      if (of) of.push(one);
      else byRun.set(run, [one]);
    }
    await Promise.all([...byRun.values()].map(writeRun));
    bound();
  };
  const flush = (): Promise<void> => {
    writing ??= writeBatch().finally(() => {
      writing = undefined;
      if (waiting.length > 0) schedule();
    });
    return writing;
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    clock.after(BATCH.ms, () => {
      isScheduled = false;
      void flush();
    });
  };
  return {
    write(namespace, runUID, entry) {
      waiting.push({ namespace, runUID, entry });
      bound();
      if (waiting.length >= BATCH.events) void flush();
      else schedule();
    },
    async flush() {
      await writing;
      await flush();
    },
  };
}
