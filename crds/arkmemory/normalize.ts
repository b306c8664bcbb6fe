import type { ArkMemory } from "../generated/types.ts";
import { given } from "../given.ts";
import type { CanonicalMemory } from "./canonical.ts";
import {
  DEFAULT_COLLECTION,
  DEFAULT_REDIS_MAX_ENTRIES,
  DEFAULT_REDIS_TTL_SECONDS,
  DEFAULT_TOP_K,
  DEFAULT_VECTOR_TTL_SECONDS,
} from "./defaults.ts";

/**
 * The memory with defaults filled in. Takes an object of the right shape; a backend without its own block counts as
 * any other. Pure.
 */
export function normalizeArkMemory({ spec }: ArkMemory): CanonicalMemory {
  const { backend, redis, vectorStore, config } = spec;
  if (backend === "redis" && redis) {
    return {
      is: backend,
      secret: redis.secretRef.name,
      ttlSeconds: redis.ttlSeconds ?? DEFAULT_REDIS_TTL_SECONDS,
      maxEntries: redis.maxEntries ?? DEFAULT_REDIS_MAX_ENTRIES,
    };
  }
  if (backend === "vector-store" && vectorStore) {
    return {
      is: backend,
      provider: vectorStore.provider,
      endpoint: vectorStore.endpoint,
      collection: vectorStore.collection ?? DEFAULT_COLLECTION,
      ttlSeconds: vectorStore.ttlSeconds ?? DEFAULT_VECTOR_TTL_SECONDS,
      topK: vectorStore.topK ?? DEFAULT_TOP_K,
      embedding: vectorStore.embedding ?? {},
      ...given({ secret: vectorStore.secretRef?.name }),
    };
  }
  return { is: "other", backend, options: config ?? {} };
}
