// Steps that wait for a person (B50). A decision is bound to the round and attempt that it was asked for (S66): another attempt asks anew.
import type { RunApproval } from "../crds/index.ts";
import type { ApprovalRequest } from "./actions.ts";
import { taskKeyOfStep } from "./identity.ts";
import type { Pass } from "./pass.ts";
import type { RunIndex, StepState } from "./runIndex.ts";
import { msOf } from "./text.ts";
import { fail, note, wait } from "./transitions.ts";

/** What is decided about a step that is about to be dispatched. `waiting` and `rejected` are in the status already. */
export type Gate = "open" | "waiting" | "rejected";

/** Asks whether a step may be dispatched now; a request that nobody knows of yet becomes an action. */
export function askApproval(pass: Pass, state: StepState): Gate {
  const { index, nowMs } = pass;
  const approval = state.planned?.step.approval;
  if (approval === undefined) return "open";
  const { entry } = state;
  const key = taskKeyOfStep(index, entry);
  if (state.admitted === key) return "open";
  const decision = decisionOf(index, state);
  if (decision !== undefined) {
    const by = decision.by === undefined ? "" : ` by ${decision.by}`;
    const comment = decision.comment === undefined || decision.comment === "" ? "" : `: ${decision.comment}`;
    return decide(
      pass,
      state,
      decision.decision,
      `${decision.decision === "approve" ? "approved" : "rejected"}${by}${comment}`,
      "Rejected",
    );
  }
  if (entry.phase !== "AwaitingApproval") {
    entry.phase = "AwaitingApproval";
    wait(index, state, "AwaitingApproval", nowMs);
    index.awaitingApproval.add(state);
    pass.actions.push({ is: "requestApproval", request: requestOf(state) });
    note(index, nowMs, "approval.requested", state, { message: approval.message });
  }
  const deadlineMs = approvalDeadlineMs(state);
  if (deadlineMs === undefined) return "waiting";
  if (deadlineMs > nowMs) {
    index.nextStepDeadlineMs = Math.min(index.nextStepDeadlineMs, deadlineMs);
    return "waiting";
  }
  const said = `nobody decided within ${approval.timeoutSeconds} s`;
  return decide(pass, state, approval.onTimeout, said, "ApprovalTimedOut");
}

/** When a request is decided by itself, ms; undefined: never. */
export function approvalDeadlineMs({ entry, planned }: StepState): number | undefined {
  const seconds = planned?.step.approval?.timeoutSeconds ?? 0;
  const sinceMs = msOf(entry.waiting?.since);
  return seconds === 0 || sinceMs === undefined ? undefined : sinceMs + seconds * 1_000;
}

/** What a person is asked. */
export function requestOf({ entry, planned }: StepState): ApprovalRequest {
  const approval = planned?.step.approval;
  return {
    ...{ step: entry.name, iteration: entry.iterations ?? 1, attempt: entry.attempt ?? 1 },
    ...{ message: approval?.message ?? "", timeoutSeconds: approval?.timeoutSeconds ?? 0, onTimeout: approval?.onTimeout ?? "reject" },
  };
}

function decisionOf({ run }: RunIndex, { entry }: StepState): RunApproval | undefined {
  return run.spec.approvals?.find(
    ({ step, iteration = 1, attempt = 1 }) =>
      step === entry.name && iteration === (entry.iterations ?? 1) && attempt === (entry.attempt ?? 1),
  );
}

function decide(pass: Pass, state: StepState, decision: "approve" | "reject", message: string, reason: string): Gate {
  const { index, nowMs } = pass;
  // A decision may be there before it was asked for; then nothing was awaited.
  note(index, nowMs, "approval.decided", state, { decision, message });
  index.awaitingApproval.delete(state);
  if (decision === "reject") {
    fail(index, state, reason, message, nowMs);
    return "rejected";
  }
  state.admitted = taskKeyOfStep(index, state.entry);
  wait(index, state, undefined, nowMs);
  state.entry.phase = "Pending";
  return "open";
}
