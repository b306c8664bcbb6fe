// What an agent remembers between tasks (SPEC §10).

/** What is remembered: one exchange, or a piece of one. `at` is RFC 3339. */
export interface MemoryEntry {
  readonly id: string;
  readonly at: string;
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** Whose memory: nobody else's is ever read (S62). */
export interface MemoryScope {
  readonly namespace: string;
  readonly team: string;
  readonly agent: string;
  /** `in-context` memory lives no longer than this. */
  readonly task: string;
}

/** Whether a store can be used, with the reason and the way out when it cannot. */
export interface Health {
  readonly healthy: boolean;
  readonly message?: string | undefined;
}

/** A store of memories. Proven by `memoryClauses`. An error never fails a task (B81): the runtime logs it and goes on. */
export interface MemoryStore {
  /** At most `limit` entries that matter for `query`, oldest first. */
  recall(request: {
    readonly scope: MemoryScope;
    readonly query: string;
    readonly limit: number;
    readonly signal: AbortSignal;
  }): Promise<readonly MemoryEntry[]>;
  /** Adds entries; an `id` that is known is replaced, so that a task executed twice is remembered once. */
  remember(request: { readonly scope: MemoryScope; readonly entries: readonly MemoryEntry[]; readonly signal: AbortSignal }): Promise<void>;
  forget(request: { readonly scope: MemoryScope }): Promise<void>;
  health(): Promise<Health>;
  close?(): Promise<void>;
}
