// The published contract (`kubectl-ark/plugin`) and what the rooms above share with it.
export type { JsonObject, JsonValue } from "../../crds/json.ts";
export { type AgentReport, type AgentReports } from "./agentReports.ts";
export { isProviderError, kindOfStatus, PROVIDER_ERROR_KINDS, ProviderError, type ProviderErrorKind } from "./errors.ts";
export {
  type BackOff,
  backOffMs,
  ERROR_BACK_OFF,
  errorDelayMs,
  MAX_RETRY_AFTER_MS,
  THROTTLE_BACK_OFF,
  throttleDelayMs,
} from "./host/backOff.ts";
export { type Clock, systemClock } from "./host/clock.ts";
export { addDecimals } from "./host/decimal.ts";
export { type ErrorTextOptions, errorText } from "./host/errorText.ts";
export { boundedEntry, type JournalLine, journalLineOf, shrunkJournal } from "./host/journalLines.ts";
export { type LinkedAbort, linkedAbort } from "./host/linkedAbort.ts";
export { type Log, type LogFields, silentLog } from "./host/log.ts";
export { abortReason, orAborted } from "./host/orAborted.ts";
export { createRedactor, REDACTED, type Redactor } from "./host/redact.ts";
export { cutUtf8, utf8Bytes } from "./host/utf8.ts";
export { JOURNAL_TYPES, type JournalEntry, type JournalEvent, type JournalStore, type JournalType, type JournalWriter } from "./journal.ts";
export {
  type CompleteOptions,
  type LlmCaller,
  type LlmProvider,
  type LlmRequest,
  type LlmResponse,
  type LlmTool,
  type Message,
  STOP_REASONS,
  type StopReason,
  type ToolCall,
} from "./llm.ts";
export { type LoadedPlugin, type LoadedPlugins, type LoaderParts, loadPlugins, type PluginListing } from "./loader/loadPlugins.ts";
export { type RemoteParts, remotePlugin } from "./loader/remotePlugin.ts";
export { type Health, type MemoryEntry, type MemoryScope, type MemoryStore } from "./memory.ts";
export { type Notification, type Notifier } from "./notify.ts";
export {
  definePlugin,
  PLUGIN_API_VERSION,
  PLUGIN_KINDS,
  type Plugin,
  type PluginHost,
  type PluginKind,
  type PluginProducts,
  type QueueBackend,
} from "./plugin.ts";
export { JOURNAL_LIMITS, type JournalLimits, QUEUE_LIMITS, type QueueLimits } from "./queueLimits.ts";
export {
  addUsage,
  type InputValues,
  NO_USAGE,
  type QueueName,
  queueNameOf,
  TASK_KINDS,
  type Task,
  type TaskFailure,
  type TaskKey,
  type TaskKind,
  type TaskLimits,
  type TaskResult,
  taskKeyOf,
  type Usage,
  WAITING_REASONS,
  type Waiting,
  type WaitingReason,
} from "./task.ts";
export {
  type BlobStore,
  type Claim,
  type ClaimRequest,
  type Counters,
  type DeadLetter,
  type DeadLetters,
  type QueueControl,
  type QueueDepth,
  type QueueEvent,
  type ReleaseCause,
  type Settled,
  type Spent,
  type TaskLook,
  type TaskQueue,
} from "./taskQueue.ts";
export { type Reservation, type ReserveRequest, type TokenBudget, type TokenLedger } from "./tokenLedger.ts";
export {
  Answer,
  argumentsObject,
  argumentsText,
  asList,
  asRecord,
  callVendor,
  estimateInputTokens,
  eventJson,
  parseArguments,
  type Refusal,
  type ReportedUsage,
  readJson,
  readServerEvents,
  type ServerEvent,
  shownURL,
  type ToolCallPiece,
  type Vendor,
  type VendorCall,
  vectorsOf,
  vendorError,
  vendorOf,
  wireToolName,
} from "./wire/index.ts";
