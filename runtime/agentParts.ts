// What an agent is made with and what it is, seen from outside.
import type { AgentReport, Clock, JournalEntry, LlmProvider, Log, MemoryStore, QueueBackend } from "../plugins/sdk/index.ts";
import type { PriceTable } from "./prices.ts";
import type { Timings } from "./timings.ts";

/** Everything that an agent uses of the world. */
export interface AgentParts {
  readonly backend: QueueBackend;
  /** B70, decided by whoever wires. @throws ProviderError("permanent") when a model has no usable provider */
  providerFor(model: string, provider: string | undefined): Promise<{ readonly name: string; readonly provider: LlmProvider }>;
  readonly memory: MemoryStore | undefined;
  /** Secrets and prompt files by path. Read anew for every use: their content may change. */
  readonly readFile: (path: string) => Promise<string>;
  /** `<pod>:<boot id>` */
  readonly consumer: string;
  /** Never waits and never throws. */
  journal(namespace: string, runUID: string, entry: JournalEntry): void;
  /** Loopback is somebody's laptop locally, and nobody's business in a cluster (S22). */
  readonly egress: { readonly allowLoopback: boolean };
  readonly mcp: { readonly enabled: boolean; readonly stdio: boolean };
  readonly prices: PriceTable;
  readonly timings: Timings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Hides secrets in what leaves the agent about a task: failures, waiting states, the journal (P9). Absent: nothing is known to hide. */
  readonly redact?: (text: string) => string;
  /** Pods that this one process stands for: the local driver's. Slots are this many times `limits.maxConcurrentTasks`; 1 when absent. */
  readonly replicas?: number;
  /** Whether the semantic probe is asked in the background (B77). Only pods do. */
  readonly probe?: boolean;
}

/** An agent at work. */
export interface Agent {
  status(): AgentReport;
  /** Takes no new task, lets running ones finish for `graceMs`, hands the rest back, closes everything. 0: at once. Twice is once. */
  drain(graceMs: number): Promise<void>;
}
