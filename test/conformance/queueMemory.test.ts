// The queue in memory keeps every promise of a queue.
import { createMemoryQueue } from "../../plugins/queue-memory/index.ts";
import { JOURNAL_LIMITS, QUEUE_LIMITS } from "../../plugins/sdk/index.ts";
import {
  type BlobWorld,
  blobClauses,
  type Clause,
  fakeClock,
  type JournalWorld,
  journalClauses,
  type LedgerWorld,
  ledgerClauses,
  type QueueWorld,
  queueClauses,
  seededRandom,
} from "../../plugins/sdk/testing/index.ts";

const namespace = "demo";

const queueWorld: QueueWorld = {
  async open(limits = {}) {
    const clock = fakeClock();
    const backend = createMemoryQueue({ clock, random: seededRandom(1), limits });
    return { backend, namespace, limits: { ...QUEUE_LIMITS, ...limits }, nowMs: () => clock.now(), passMs: (ms) => clock.advance(ms) };
  },
};

const ledgerWorld: LedgerWorld = {
  async open() {
    const clock = fakeClock();
    return { ledger: createMemoryQueue({ clock, random: seededRandom(1) }).ledger, namespace, passMs: (ms) => clock.advance(ms) };
  },
};

const journalWorld: JournalWorld = {
  async open() {
    const limits = { ...JOURNAL_LIMITS, maxEvents: 1_000, maxBytes: 256 * 1024 };
    const { journal } = createMemoryQueue({ clock: fakeClock(), random: seededRandom(1), journalLimits: limits });
    return { journal, namespace, limits };
  },
};

const blobWorld: BlobWorld = {
  async open() {
    return { blobs: createMemoryQueue({ clock: fakeClock(), random: seededRandom(1) }).blobs, namespace, limits: QUEUE_LIMITS };
  },
};

function prove<World>(title: string, clauses: readonly Clause<World>[], world: World): void {
  describe(`queue-memory: ${title}`, () => {
    for (const clause of clauses) it(clause.name, () => clause.check(world));
  });
}

prove("the queue", queueClauses, queueWorld);
prove("the ledger", ledgerClauses, ledgerWorld);
prove("the journal", journalClauses, journalWorld);
prove("blobs", blobClauses, blobWorld);
