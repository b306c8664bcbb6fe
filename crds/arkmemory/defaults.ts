// What a memory has where its author said nothing (SPEC §2.6).

/** Seconds that an entry is kept in redis, and entries kept there; 0 = for ever, no cap. */
export const DEFAULT_REDIS_TTL_SECONDS = 3_600;
export const DEFAULT_REDIS_MAX_ENTRIES = 0;

/** Vector stores: where entries go, how long they stay (0 = for ever), how many come back. */
export const DEFAULT_COLLECTION = "agent-memories";
export const DEFAULT_VECTOR_TTL_SECONDS = 0;
export const DEFAULT_TOP_K = 5;

/** Keys of the Secrets that `secretRef` names. */
export const REDIS_URL_KEY = "REDIS_URL";
export const VECTOR_STORE_KEY = "VECTOR_STORE_API_KEY";
