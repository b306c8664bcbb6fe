// The same promises when every reply is lost once: each script arrives twice, the second time as one that is sent again, and the second reply is
// the one that is heard. Only the reading of events is left alone: what was handed out and not heard comes again later, by design.

import { SCRIPTS } from "../../plugins/queue-redis/generated/scripts.ts";
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { JOURNAL_LIMITS, type JournalLimits, QUEUE_LIMITS, type QueueLimits, silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { blobClauses, journalClauses, ledgerClauses, queueClauses } from "../../plugins/sdk/testing/index.ts";
import { aNamespace, useRedis } from "../redis/index.ts";
import { type RedisProxy, startRedisProxy } from "../redis/redisProxy.ts";

describe("queue-redis, every script sent twice", function () {
  this.timeout(60_000);
  const server = useRedis();
  let proxy: RedisProxy;

  before(async () => {
    proxy = await startRedisProxy(server());
    // Of an enqueue the first answer counts: "known" for what was just added is as good to whoever asks again, but not what the clauses say.
    proxy.twice = (sha1) => (sha1 === SCRIPTS.events.sha1 ? "once" : sha1 === SCRIPTS.enqueue.sha1 ? "first" : "second");
  });
  after(() => proxy.close());

  interface Opened {
    readonly backend: RedisQueue;
    readonly namespace: string;
    readonly nowMs: () => number;
    readonly passMs: (ms: number) => Promise<void>;
    readonly close: () => Promise<void>;
  }
  const open = (limits: Partial<QueueLimits> = {}, journalLimits: Partial<JournalLimits> = {}): Opened => {
    let offsetMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + offsetMs, monotonic: () => systemClock.monotonic() + offsetMs };
    const backend = createRedisQueue({
      url: proxy.url,
      clock,
      random: Math.random,
      log: silentLog,
      limits,
      journalLimits,
      timings: { blockMs: 20 },
      clockOffsetMs: () => offsetMs,
    });
    return {
      backend,
      namespace: aNamespace(),
      nowMs: () => clock.now(),
      passMs: async (ms) => {
        offsetMs += ms;
      },
      close: () => backend.tasks.close(),
    };
  };
  const small = { ...JOURNAL_LIMITS, maxEvents: 1_000, maxBytes: 256 * 1024 };

  for (const clause of queueClauses) {
    it(clause.name, () => clause.check({ open: async (limits = {}) => ({ ...open(limits), limits: { ...QUEUE_LIMITS, ...limits } }) }));
  }
  for (const clause of ledgerClauses) {
    it(clause.name, () =>
      clause.check({
        async open() {
          const opened = open();
          return { ...opened, ledger: opened.backend.ledger };
        },
      }),
    );
  }
  for (const clause of journalClauses) {
    it(clause.name, () =>
      clause.check({
        async open() {
          const opened = open({}, small);
          return { ...opened, journal: opened.backend.journal, limits: small };
        },
      }),
    );
  }
  for (const clause of blobClauses) {
    it(clause.name, () =>
      clause.check({
        async open() {
          const opened = open();
          return { ...opened, blobs: opened.backend.blobs, limits: QUEUE_LIMITS };
        },
      }),
    );
  }
});
