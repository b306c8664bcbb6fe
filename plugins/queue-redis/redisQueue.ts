// The queue of the cluster: everything of a backend on one Redis.
import {
  type Clock,
  JOURNAL_LIMITS,
  type JournalLimits,
  type Log,
  QUEUE_LIMITS,
  type QueueBackend,
  type QueueLimits,
} from "../sdk/index.ts";
import { keysOf } from "./keys.ts";
import { RedisAgentReports } from "./redisAgentReports.ts";
import { RedisBlobs } from "./redisBlobs.ts";
import { RedisDeadLetters } from "./redisDeadLetters.ts";
import { RedisJournal } from "./redisJournal.ts";
import { RedisLedger } from "./redisLedger.ts";
import { openRedis, type RedisLink, type RedisTimings } from "./redisLink.ts";
import { RedisQueueControl } from "./redisQueueControl.ts";
import { RedisTaskQueue } from "./redisTaskQueue.ts";
import { auditServer, type ServerFinding } from "./serverAudit.ts";
import { signatures } from "./signature.ts";

/** What a queue on Redis takes. */
export interface RedisQueueParts {
  /** `redis://user:password@host:port/db`, or `rediss://` for TLS. */
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** The key of a queue, for whoever may write to it; left out, nothing is signed or checked. */
  readonly keyOf?: ((queue: string) => Uint8Array | undefined) | undefined;
  /** Keys for a server in cluster mode: each namespace in one slot. */
  readonly isCluster?: boolean;
  readonly limits?: Partial<QueueLimits>;
  readonly journalLimits?: Partial<JournalLimits>;
  readonly timings?: Partial<RedisTimings>;
  /** Added to the server's time: for tests. */
  readonly clockOffsetMs?: () => number;
}

/** A backend, and its way to the server. */
export interface RedisQueue extends QueueBackend {
  readonly link: RedisLink;
  /** What should be changed in the server's settings; undefined when its user may not ask. Rejects when it cannot be reached. */
  audit(): Promise<readonly ServerFinding[] | undefined>;
}

/** Connects in the background; whoever needs the server first waits for it. `tasks.close` ends everything. @throws TypeError for a URL that is none */
export function createRedisQueue(parts: RedisQueueParts): RedisQueue {
  const { clock, log } = parts;
  const limits: QueueLimits = { ...QUEUE_LIMITS, ...parts.limits };
  const keys = keysOf(parts.isCluster ?? false);
  const link = openRedis(parts);
  if (!parts.keyOf) log.info("tasks are not signed: no keys of queues are given");
  const shared = { link, keys, limits, signatures: signatures(parts.keyOf), clock, log };
  const tasks = new RedisTaskQueue(shared);
  return {
    tasks,
    control: new RedisQueueControl(shared, tasks.closing),
    deadLetters: new RedisDeadLetters(link, keys),
    blobs: new RedisBlobs(link, keys, limits),
    ledger: new RedisLedger(link, keys, clock),
    journal: new RedisJournal(link, keys, { ...JOURNAL_LIMITS, ...parts.journalLimits }),
    agents: new RedisAgentReports(link, keys, limits),
    link,
    audit: () => auditServer(link),
  };
}
