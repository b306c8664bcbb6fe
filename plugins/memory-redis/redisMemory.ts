// What agents remember, kept in Redis (B80): the most recent entries of an agent, for a time and up to a number. A server that is away costs a
// few seconds and never a task (B81): the runtime logs what this rejects with and goes on.
import { Redis } from "ioredis";
import type { MemoryEntry, MemoryScope, MemoryStore } from "../sdk/index.ts";
import { RECALL, REMEMBER } from "./scripts.ts";

/** Options of the store. */
export interface RedisMemoryOptions {
  /** `redis://user:password@host:port`, or `rediss://`. */
  readonly url: string;
  /** How long an entry lives; 0 = for ever. */
  readonly ttlSeconds?: number | undefined;
  /** Entries of one agent; 0 = no cap. */
  readonly maxEntries?: number | undefined;
}

const DEFAULT_TTL_SECONDS = 3_600;
const TIMEOUT_MS = 3_000;
const RECONNECT = { firstMs: 200, maxMs: 5_000 };

/** A {@link MemoryStore} on Redis. Connects when first asked. @throws TypeError for a URL that is none */
export function createRedisMemory({ url, ttlSeconds = DEFAULT_TTL_SECONDS, maxEntries = 0 }: RedisMemoryOptions): MemoryStore {
  const { hostname, port } = new URL(url);
  const server = `${hostname}:${port || "6379"}`;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: (times) => Math.min(RECONNECT.maxMs, RECONNECT.firstMs * 2 ** Math.min(times, 10)),
  });
  redis.on("error", () => undefined); // told to whoever asks
  const asked = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      throw new Error(
        `cannot use the memory at ${server} (${error instanceof Error ? error.message : String(error)}); check the Secret of the ArkMemory`,
        {
          cause: error,
        },
      );
    }
  };
  return {
    async recall({ scope, limit, signal }) {
      signal.throwIfAborted();
      if (limit <= 0) return [];
      const found = (await asked(() => redis.call("EVAL", [RECALL, 3, ...keysOf(scope), limit]))) as string[];
      return found.reverse().map((json) => JSON.parse(json) as MemoryEntry);
    },
    async remember({ scope, entries, signal }) {
      signal.throwIfAborted();
      if (entries.length === 0) return;
      const args = entries.flatMap((entry) => [entry.id, Date.parse(entry.at) || 0, JSON.stringify(entry)]);
      await asked(() => redis.call("EVAL", [REMEMBER, 3, ...keysOf(scope), ttlSeconds * 1_000, maxEntries, ...args]));
    },
    async forget({ scope }) {
      await asked(() => redis.del(...keysOf(scope)));
    },
    async health() {
      try {
        await asked(() => redis.ping());
        return { healthy: true };
      } catch (error) {
        return { healthy: false, message: error instanceof Error ? error.message : String(error) };
      }
    },
    async close() {
      redis.disconnect();
    },
  };
}

/** The keys of one agent's memories; the namespace is first, so that access can be given by it. */
function keysOf({ namespace, team, agent }: MemoryScope): [order: string, entries: string, counter: string] {
  const base = `${namespace}.memory:${encodeURIComponent(team)}:${encodeURIComponent(agent)}`;
  return [`${base}:order`, `${base}:entries`, `${base}:count`];
}
