// A plugin is a value (SPEC §18). What it may use is in `host`; everything else is the loader's.
import type { JsonObject } from "../../crds/json.ts";
import type { AgentReports } from "./agentReports.ts";
import type { Clock } from "./host/clock.ts";
import type { Log } from "./host/log.ts";
import type { JournalStore } from "./journal.ts";
import type { LlmProvider } from "./llm.ts";
import type { MemoryStore } from "./memory.ts";
import type { Notifier } from "./notify.ts";
import type { BlobStore, DeadLetters, QueueControl, TaskQueue } from "./taskQueue.ts";
import type { TokenLedger } from "./tokenLedger.ts";

/** The contract's version. A plugin of another major is refused. */
export const PLUGIN_API_VERSION = "plugin.arkonis.dev/v1";

/** What a plugin can be. */
export const PLUGIN_KINDS = ["llm", "memory", "queue", "notify"] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** All that a plugin is handed. `secret` yields a value by name, undefined when there is none; it is registered for redaction. */
export interface PluginHost {
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly secret: (name: string) => string | undefined;
}

/** What a queue plugin supplies: the queue and the neighbours that live in the same store (B121). */
export interface QueueBackend {
  readonly tasks: TaskQueue;
  readonly control: QueueControl;
  readonly deadLetters: DeadLetters;
  readonly blobs: BlobStore;
  readonly ledger: TokenLedger;
  readonly journal: JournalStore;
  readonly agents: AgentReports;
  /** Access for one agent alone, where the store can give it. */
  readonly tenancy?: unknown;
}

/** What `create` makes, by kind. */
export interface PluginProducts {
  readonly llm: LlmProvider;
  readonly memory: MemoryStore;
  readonly queue: QueueBackend;
  readonly notify: Notifier;
}

/** A plugin. `models` (llm only) are globs of the model ids it claims; `options` is the JSON Schema of its options. */
export interface Plugin<K extends PluginKind = PluginKind> {
  readonly apiVersion: typeof PLUGIN_API_VERSION;
  readonly kind: K;
  /** What `provider:`, `backend:`, `channels[].type` or the queue URL's scheme says. */
  readonly name: string;
  readonly models?: readonly string[];
  readonly options?: JsonObject;
  /** Makes the working part. `options` has passed the schema. May be async; 5 s at most. */
  create(options: Readonly<Record<string, unknown>>, host: PluginHost): PluginProducts[K] | Promise<PluginProducts[K]>;
}

/** Returns its argument: for its types, and so that a plugin says what it is. */
export function definePlugin<K extends PluginKind>(plugin: Plugin<K>): Plugin<K> {
  return plugin;
}
