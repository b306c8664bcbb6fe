// The queue's contracts (RELIABILITY §1). Work is executed at least once and recorded exactly once. Small contracts, so that each
// party holds only what it needs: agents a TaskQueue, whoever dispatches a QueueControl, people the DeadLetters.
import type { QueueName, Task, TaskFailure, TaskKey, TaskResult, Usage, Waiting } from "./task.ts";

/** Where tasks wait for an agent. Proven by `queueClauses`. */
export interface TaskQueue {
  /** Adds the task unless its key is known: telling it twice is free. When it rejects, the task may be in or not: tell it again. */
  enqueue(task: Task, delayMs?: number): Promise<"added" | "known" | "full">;
  /** Waits `waitMs` for at most `max` tasks; empty means none came. Aborted, it rejects with `signal.reason` and holds nothing. */
  claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]>;
  /**
   * Keeps the claim for `leaseMs` more; `waiting` tells the dispatcher that the task stands still, or goes on (no reason).
   * This and the next three answer "fenced", and change nothing, when the claim has passed to somebody else or is settled.
   */
  extend(claim: Claim, leaseMs: number, waiting?: Waiting): Promise<"ok" | "fenced" | "cancel" | "stop">;
  /** `result.usage` and `costUSD` are what this delivery spent; the event and `look` carry the sum of all deliveries (I7). */
  complete(claim: Claim, result: TaskResult): Promise<Settled>;
  /** Counts an error; over the task's `retries`, or permanent, it is a dead letter, else it comes back after `delayMs`. Usage as in `complete`. */
  fail(claim: Claim, failure: TaskFailure, delayMs: number): Promise<Settled>;
  /** Gives the task back unjudged, to be claimed again after `delayMs`: throttling, shutdown. Only throttling is counted. `spent` as in `complete`. */
  release(claim: Claim, cause: ReleaseCause, delayMs: number, spent?: Spent): Promise<Settled>;
  depth(queue: QueueName): Promise<QueueDepth>;
  close(): Promise<void>;
}

/** Who asks for work, and how much of it. */
export interface ClaimRequest {
  readonly queues: readonly QueueName[];
  readonly consumer: string;
  readonly max: number;
  readonly leaseMs: number;
  readonly waitMs: number;
}

/** One delivery of a task. `token` is 128 random bits: whoever does not hold it is fenced. */
export interface Claim {
  readonly task: Task;
  readonly token: string;
  readonly consumer: string;
  readonly counters: Counters;
  /** What earlier deliveries of this task spent: for showing. The queue itself adds it to the verdict. */
  readonly spent: Usage;
  /** When its lease began at the earliest, by the monotonic clock of this process; absent: just now. */
  readonly takenAtMs?: number;
}

/** What one delivery cost. */
export interface Spent {
  readonly usage: Usage;
  readonly costUSD?: string | undefined;
}

/** Crashes are deliveries without a verdict, errors are the task's own, throttling is nobody's fault (§1.6). */
export interface Counters {
  readonly crashes: number;
  readonly errors: number;
  readonly throttled: number;
}

/** `throttled` counts as such; the others leave no trace. */
export type ReleaseCause = "throttled" | "draining" | "surplus" | "version";

/** recorded: done. retry: it will come back. dead: a dead letter. queued: given back. cancelled: the task was cancelled meanwhile. fenced: not yours any more. */
export type Settled = "recorded" | "retry" | "dead" | "queued" | "cancelled" | "fenced";

/** Tasks of one queue, by where they are. Autoscaling uses their sum. */
export interface QueueDepth {
  readonly undelivered: number;
  readonly pending: number;
  readonly delayed: number;
}

/** For whoever may answer for tasks: the controller for steps, a waiting parent for what it delegated. */
export interface QueueControl {
  /**
   * Queued or delayed: removed and settled. Running: "asked", told at the next heartbeat; with a dead lease settled at once.
   * Settled: "known". Unknown: "known" too, with a tombstone, so that a late enqueue is refused and `look` says `cancelled`; no event.
   */
  cancel(key: TaskKey, cause: string, queue: QueueName): Promise<"removed" | "asked" | "known">;
  /**
   * The state of each key, in order; at most 100. `absent`: dispatch it again. A result that was forgotten is `dead`, `OutputLost`: ask
   * with the next attempt. What has a `parent` keeps its result, forgotten or not, until `BlobStore.drop`.
   */
  look(keys: readonly { readonly key: TaskKey; readonly queue: QueueName }[]): Promise<readonly TaskLook[]>;
  /**
   * Waits for events of these namespaces, at most 100, oldest first. Each goes to one caller; what is not forgotten within 10 s comes
   * again, also after a restart. Aborted, it rejects with `signal.reason`.
   */
  events(namespaces: readonly string[], signal: AbortSignal): Promise<readonly QueueEvent[]>;
  /** After the effect of an event is written: the event goes, a settled record shrinks to a tombstone. */
  forget(events: readonly QueueEvent[]): Promise<void>;
  /** Waits until children that named `consumer` as their inbox are settled; a hint, so look. Aborted, it rejects with `signal.reason`. */
  inbox(consumer: string, namespace: string, signal: AbortSignal): Promise<readonly TaskKey[]>;
}

/** What is known of a task. */
export type TaskLook =
  | { readonly state: "absent" | "queued" | "delayed" | "running" }
  | { readonly state: "done"; readonly result: TaskResult }
  | { readonly state: "dead" | "cancelled" | "expired"; readonly failure: TaskFailure };

/** What a dispatcher hears. `id` is the store's own, for `forget`. */
export type QueueEvent = {
  readonly id: string;
  readonly namespace: string;
  readonly key: TaskKey;
  readonly run: string;
  readonly runUID: string;
} & (
  | { readonly type: "settled"; readonly state: "done"; readonly result: TaskResult; readonly counters: Counters }
  | {
      readonly type: "settled";
      readonly state: "dead" | "cancelled" | "expired";
      readonly failure: TaskFailure;
      readonly counters: Counters;
    }
  /** An agent has asked another: the header of the new task. */
  | { readonly type: "delegated"; readonly task: Omit<Task, "prompt" | "outputSchema" | "feedback" | "system"> }
  | { readonly type: "waiting"; readonly waiting: Waiting }
);

/** A task that is given up. `env` is its envelope, the prompt cut at 64 KiB. */
export interface DeadLetter {
  readonly id: string;
  readonly key: TaskKey;
  readonly queue: QueueName;
  readonly reason: "Poison" | "RetriesExhausted" | "Permanent" | "BadEnvelope" | "Foreign";
  readonly message: string;
  readonly counters: Counters;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly consumer: string;
  readonly env?: Task | undefined;
}

/** Listing, reading and dropping dead letters. Replaying one is a new run (B49) and not the queue's. */
export interface DeadLetters {
  list(namespace: string, options: { queue?: QueueName; limit: number; after?: string }): Promise<readonly DeadLetter[]>;
  read(namespace: string, id: string): Promise<DeadLetter | undefined>;
  drop(namespace: string, id: string): Promise<boolean>;
}

/** Texts too long to travel, by the sha256 of their UTF-8 bytes. At most 1 MiB each; they go with their run. */
export interface BlobStore {
  put(namespace: string, runUID: string, text: string): Promise<string>;
  get(namespace: string, runUID: string, sha256: string): Promise<string | undefined>;
  /** Everything of a run that this store keeps: blobs, results kept for waiting parents, dead letters, accounts. Its keys leave tombstones. */
  drop(namespace: string, runUID: string): Promise<void>;
}
