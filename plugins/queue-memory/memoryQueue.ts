// The queue in one process: the same transitions as the one in the cluster, proven by the same clauses, kept in plain memory.
import { type Clock, JOURNAL_LIMITS, type JournalLimits, QUEUE_LIMITS, type QueueBackend, type QueueLimits } from "../sdk/index.ts";
import { Agenda } from "./agenda.ts";
import { MemoryAgentReports } from "./agentReports.ts";
import { MemoryBlobs } from "./blobs.ts";
import { EventLog } from "./eventLog.ts";
import { Inboxes } from "./inboxes.ts";
import { Letters } from "./letters.ts";
import { MemoryJournal } from "./memoryJournal.ts";
import { MemoryLedger } from "./memoryLedger.ts";
import { MemoryQueueControl } from "./memoryQueueControl.ts";
import { MemoryTaskQueue } from "./memoryTaskQueue.ts";
import { runIdOf } from "./runs.ts";
import { TaskTable } from "./taskTable.ts";
import { Tombstones } from "./tombstones.ts";

/** What a queue in memory needs. `random` yields numbers in [0, 1). Limits are for tests; absent ones are those of every queue. */
export interface MemoryQueueParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: Partial<QueueLimits>;
  readonly journalLimits?: Partial<JournalLimits>;
}

/** A backend, and how much it holds: for tests that nothing is left behind. */
export interface MemoryQueue extends QueueBackend {
  /** Records, tombstones, events, letters, accounts: everything that could grow. */
  sizes(): Readonly<Record<string, number>>;
}

/**
 * A queue that lives as long as the process. All operations are O(1) or O(log n), and nothing polls: a claim, an event and a hint are
 * pushed to whoever waits. A blocked `claim` keeps the process alive; nothing else does. `tasks.close` ends everything that waits with an error.
 */
export function createMemoryQueue({ clock, random, limits: changes, journalLimits }: MemoryQueueParts): MemoryQueue {
  const limits: QueueLimits = { ...QUEUE_LIMITS, ...changes };
  const nowMs = (): number => clock.now();
  const monotonicMs = (): number => clock.monotonic();
  const agenda = new Agenda(clock);
  const events = new EventLog(agenda, limits, monotonicMs);
  const inboxes = new Inboxes();
  const letters = new Letters(limits);
  const tombstones = new Tombstones(agenda, limits.tombstoneMs, monotonicMs);
  const table = new TaskTable({ agenda, events, inboxes, letters, tombstones, limits, nowMs });
  const ledger = new MemoryLedger(clock);
  const journal = new MemoryJournal({ ...JOURNAL_LIMITS, ...journalLimits });
  const agents = new MemoryAgentReports(limits, monotonicMs);
  const blobs = new MemoryBlobs(limits, (namespace, runUID) => {
    table.dropRun(runIdOf(namespace, runUID));
    letters.dropRun(runIdOf(namespace, runUID));
    ledger.dropRun(namespace, runUID);
  });
  const close = (): void => {
    const error = new Error("the queue is closed");
    events.close(error);
    inboxes.close(error);
    ledger.close(error);
    agenda.close();
  };
  return {
    tasks: new MemoryTaskQueue({ table, agenda, events, tombstones, limits, clock, random, close }),
    control: new MemoryQueueControl({ table, agenda, events, inboxes, tombstones, limits }),
    deadLetters: letters,
    blobs,
    ledger,
    journal,
    agents,
    sizes: () => ({
      records: table.size,
      tombstones: tombstones.size,
      events: events.size,
      inboxes: inboxes.size,
      letters: letters.size,
      blobs: blobs.size,
      ledger: ledger.size,
      journals: journal.size,
    }),
  };
}
