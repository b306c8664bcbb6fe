// What lies in a queue for a step, and what comes back (RELIABILITY §1.3–1.4). Plain data; readers ignore fields they do not know.
import type { JsonValue } from "../../crds/json.ts";

/** What a task asks for. `step`: a pipeline step or the entry role; `delegate`, `subtask`: asked by an agent; `route`, `judge`: SPEC §14, B44. */
export const TASK_KINDS = ["step", "delegate", "subtask", "route", "judge"] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** `<namespace>.<team>.<role>`, or `<namespace>._.<agent>` for work without a team. Made by `queueNameOf` alone. */
export type QueueName = string;

/** `<runUID>/<step>/<iteration>/<attempt>`. Made by `taskKeyOf` alone. */
export type TaskKey = string;

/** Tokens spent. `total` is their sum. `estimated` when a provider did not report and we counted ourselves. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cachedInputTokens?: number | undefined;
  readonly estimated?: boolean | undefined;
}

/** The envelope. Times in ms since the epoch, 0 = none. At most 2 MiB encoded. */
export interface Task {
  readonly v: 1;
  readonly key: TaskKey;
  readonly kind: TaskKind;
  readonly queue: QueueName;
  readonly ns: string;
  /** "_" without a team. */
  readonly team: string;
  /** The role; the agent's name without a team. */
  readonly role: string;
  readonly agent: string;
  readonly run: string;
  readonly runUID: string;
  readonly step: string;
  readonly iteration: number;
  readonly attempt: number;
  readonly prompt: string;
  /** Why the last answer was rejected (B43, B44). */
  readonly feedback?: string | undefined;
  /** sha256 of the run's snapshot, a blob. */
  readonly snapshot?: string | undefined;
  /** JSON Schema as text: the answer has to fit it. Checking is the engine's; the runtime tells the model. */
  readonly outputSchema?: string | undefined;
  /** Instead of the role's own model: judges only. */
  readonly model?: string | undefined;
  /** Instead of the role's own prompt: judges and routers only. */
  readonly system?: string | undefined;
  readonly limits: TaskLimits;
  /** Task errors before it is a dead letter, 0–10. */
  readonly retries: number;
  /** When the run or step ends at the latest. */
  readonly deadlineMs: number;
  /** The task that asked for this one. */
  readonly parent?: TaskKey | undefined;
  /** Levels below the entry (B62). */
  readonly depth: number;
  /** The roles from the entry to this one, this one last. */
  readonly chain: readonly string[];
  /** Roles that this one may delegate to, `*` expanded. */
  readonly mayDelegate: readonly string[];
  /** Consumer to wake when this task is settled: the waiting parent's. */
  readonly inbox?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly dispatchedAtMs: number;
}

/** Limits of one task. */
export interface TaskLimits {
  /** Clock of the task itself, which stands still while it waits (§1.6). */
  readonly timeoutMs: number;
  readonly maxTokensPerCall: number;
  /** The run's budget, 0 = none; what is left of it only the ledger knows. */
  readonly runMaxTokens: number;
  readonly maxToolRounds: number;
}

/** A finished task. Exactly one of `output` and `outputRef`. */
export interface TaskResult {
  readonly key: TaskKey;
  readonly output?: string | undefined;
  /** The text is a blob of the run: too long to travel. */
  readonly outputRef?: { readonly bytes: number; readonly sha256: string } | undefined;
  /** At most 2 KiB of it, whole characters. */
  readonly preview: string;
  /** The whole answer was over 1 MiB and was cut. */
  readonly truncated?: boolean | undefined;
  readonly usage: Usage;
  /** Decimal string, as in status. */
  readonly costUSD?: string | undefined;
  readonly toolRounds: number;
  readonly stopReason: "end" | "length" | "refusal";
  readonly agent: string;
}

/** A task that said no. Redacted; `message` ≤ 1 KiB. */
export interface TaskFailure {
  /** UpperCamelCase: `ToolRoundsExceeded`, `TaskTimedOut`, `Permanent`, `BudgetExceeded`, … */
  readonly reason: string;
  readonly message: string;
  /** Asking again cannot help: no retry (B72). */
  readonly permanent: boolean;
  readonly usage: Usage;
  readonly costUSD?: string | undefined;
}

/** Where a step stands still, and why (SPEC §2.3). */
export const WAITING_REASONS = [
  "Queued",
  "WarmingUp",
  "Throttled",
  "ModelUnavailable",
  "QueueUnavailable",
  "QueueFull",
  "DailyLimitReached",
  "Suspended",
  "AwaitingApproval",
] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

/** A waiting state with its start. `reason` absent: it goes on. */
export interface Waiting {
  readonly reason?: WaitingReason | undefined;
  readonly sinceMs: number;
  readonly message?: string | undefined;
}

/** Values of a run's input as they travel. */
export type InputValues = Readonly<Record<string, JsonValue>>;

/** The key of a task: the same ask has the same key for ever. */
export function taskKeyOf(runUID: string, step: string, iteration: number, attempt: number): TaskKey {
  return `${runUID}/${step}/${iteration}/${attempt}`;
}

/** The queue of a team's role, or, with team "_", of an agent without a team (B60). */
export function queueNameOf(namespace: string, team: string, role: string): QueueName {
  return `${namespace}.${team}.${role}`;
}

/** No tokens. */
export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** Both together. Estimated when one of them is. */
export function addUsage(a: Usage, b: Usage): Usage {
  const cached = (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    ...(cached > 0 ? { cachedInputTokens: cached } : {}),
    ...(a.estimated === true || b.estimated === true ? { estimated: true } : {}),
  };
}
