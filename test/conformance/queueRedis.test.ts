// The queue on Redis keeps every promise of a queue: on a server as it is, and on one in cluster mode. Time is the server's own, moved by an offset.
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { JOURNAL_LIMITS, type JournalLimits, QUEUE_LIMITS, type QueueLimits, silentLog, systemClock } from "../../plugins/sdk/index.ts";
import {
  type BlobWorld,
  blobClauses,
  type Clause,
  type JournalWorld,
  journalClauses,
  type LedgerWorld,
  ledgerClauses,
  type QueueWorld,
  queueClauses,
} from "../../plugins/sdk/testing/index.ts";
import { aNamespace, type RedisServer, useRedis } from "../redis/index.ts";

interface Opened {
  readonly backend: RedisQueue;
  readonly namespace: string;
  nowMs(): number;
  passMs(ms: number): Promise<void>;
  close(): Promise<void>;
}

function open(
  server: RedisServer,
  isCluster: boolean,
  limits: Partial<QueueLimits> = {},
  journalLimits: Partial<JournalLimits> = {},
): Opened {
  let offsetMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + offsetMs, monotonic: () => systemClock.monotonic() + offsetMs };
  const backend = createRedisQueue({
    url: server.url,
    clock,
    random: Math.random,
    log: silentLog,
    isCluster,
    limits,
    journalLimits,
    timings: { blockMs: 20 }, // whoever waits looks again soon, since moving the time wakes nobody
    clockOffsetMs: () => offsetMs,
  });
  return {
    backend,
    namespace: aNamespace(),
    nowMs: () => clock.now(),
    async passMs(ms) {
      offsetMs += ms;
    },
    close: () => backend.tasks.close(),
  };
}

for (const isCluster of [false, true]) {
  describe(`queue-redis${isCluster ? ", server in cluster mode" : ""}`, function () {
    this.timeout(60_000);
    const server = useRedis(isCluster ? { cluster: true } : undefined);
    const queueWorld: QueueWorld = {
      async open(limits = {}) {
        return { ...open(server(), isCluster, limits), limits: { ...QUEUE_LIMITS, ...limits } };
      },
    };
    const ledgerWorld: LedgerWorld = {
      async open() {
        const { backend, ...rest } = open(server(), isCluster);
        return { ...rest, ledger: backend.ledger };
      },
    };
    const journalWorld: JournalWorld = {
      async open() {
        const limits = { ...JOURNAL_LIMITS, maxEvents: 1_000, maxBytes: 256 * 1024 };
        const { backend, ...rest } = open(server(), isCluster, {}, limits);
        return { ...rest, journal: backend.journal, limits };
      },
    };
    const blobWorld: BlobWorld = {
      async open() {
        const { backend, ...rest } = open(server(), isCluster);
        return { ...rest, blobs: backend.blobs, limits: QUEUE_LIMITS };
      },
    };

    const prove = <World>(title: string, clauses: readonly Clause<World>[], world: World): void => {
      describe(title, () => {
        for (const clause of clauses) it(clause.name, () => clause.check(world));
      });
    };
    prove("the queue", queueClauses, queueWorld);
    prove("the ledger", ledgerClauses, ledgerWorld);
    prove("the journal", journalClauses, journalWorld);
    prove("blobs", blobClauses, blobWorld);
  });
}
