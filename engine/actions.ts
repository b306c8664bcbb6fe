// What a driver has to do after it has written the status. Every action may be performed twice: tasks by key, children by name.
import type { JsonValue } from "../crds/index.ts";
import type { QueueName, Task, TaskKey } from "../plugins/sdk/index.ts";

/** One effect. `finish` comes last and has no effect of its own: the run has ended, whoever waits for it may go on. */
export type Action =
  | { readonly is: "dispatch"; readonly task: Task }
  | { readonly is: "startChild"; readonly child: ChildOrder }
  | { readonly is: "cancelTask"; readonly key: TaskKey; readonly queue: QueueName; readonly cause: string }
  | { readonly is: "cancelChild"; readonly name: string; readonly cause: string }
  | { readonly is: "requestApproval"; readonly request: ApprovalRequest }
  | { readonly is: "finish"; readonly phase: "Succeeded" | "Failed" | "Cancelled"; readonly reason: EndReason };

/** Why a run has ended: reasons of its condition Ready (SPEC §2.3). */
export type EndReason = "Succeeded" | "StepFailed" | "TimedOut" | "BudgetExceeded" | "Cancelled" | "InvalidInput" | "TeamNotFound";

/** A run of another team to be made, owned by this one (B48). The name is the same each time it is asked for. */
export interface ChildOrder {
  readonly name: string;
  readonly team: string;
  /** The rendered inputs, texts all of them; `childInputOf` makes them what the team declares. */
  readonly input: Readonly<Record<string, JsonValue>>;
  readonly step: string;
  readonly iteration: number;
  readonly attempt: number;
  /** What is left of this run's tokens, 0 = no limit. The child's own limit is the smaller of the two. */
  readonly maxTokens: number;
  /** When this run or the step ends at the latest, ms; 0 = never. */
  readonly deadlineMs: number;
}

/** A decision that is waited for (B50): an entry of `spec.approvals` with the same three values answers it. */
export interface ApprovalRequest {
  readonly step: string;
  readonly iteration: number;
  readonly attempt: number;
  readonly message: string;
  readonly timeoutSeconds: number;
  readonly onTimeout: "reject" | "approve";
}
