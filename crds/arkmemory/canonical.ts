// Where an agent remembers, with defaults filled in. Made by `normalizeArkMemory`.

/** A memory: one of the two backends with fields of their own, or any other, by name, with its options as they stand. */
export type CanonicalMemory = RedisMemory | VectorMemory | OtherMemory;

/** The most recent entries, in Redis. */
export interface RedisMemory {
  readonly is: "redis";
  /** The Secret with the key REDIS_URL. */
  readonly secret: string;
  /** 0 = for ever. */
  readonly ttlSeconds: number;
  /** 0 = no cap. */
  readonly maxEntries: number;
}

/** The most similar entries, in a vector store. */
export interface VectorMemory {
  readonly is: "vector-store";
  readonly provider: "qdrant" | "pinecone" | "weaviate" | "chroma" | "pgvector";
  readonly endpoint: string;
  readonly collection: string;
  /** The Secret with the key VECTOR_STORE_API_KEY. */
  readonly secret?: string;
  /** 0 = for ever. */
  readonly ttlSeconds: number;
  readonly topK: number;
  readonly embedding: { readonly model?: string; readonly provider?: string; readonly dimensions?: number };
}

/** `in-context`, or a plugin's. */
export interface OtherMemory {
  readonly is: "other";
  readonly backend: string;
  readonly options: Readonly<Record<string, unknown>>;
}
