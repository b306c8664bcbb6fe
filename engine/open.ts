// From a record to a run that can be worked on. Everything is derived from spec and status, so a process that starts anew goes on where the
// last written status stands; what was under way is told to the queue again, unless a look finds it there (`settleLook`).
import type { ArkRun, JsonValue, RunSnapshot, RunStep } from "../crds/index.ts";
import { taskKeyOf } from "../plugins/sdk/index.ts";
import { approvalDeadlineMs } from "./approval.ts";
import { stepDeadlineMs } from "./begin.ts";
import { CANCELLED } from "./finish.ts";
import { childNameOf, judgeStepOf, taskKeyOfStep } from "./identity.ts";
import { amountOf } from "./money.ts";
import { outputBytesOf } from "./outputs.ts";
import { type PlannedStep, plannedSteps } from "./plannedStep.ts";
import { RunIndex, type RunStatus, type StepState } from "./runIndex.ts";
import { digestOf } from "./snapshotBlob.ts";
import { queueOfStep } from "./target.ts";
import { bytesOf } from "./text.ts";

/** Opens a run. `carried` are entries re-used from an earlier run (B49); they count only before the first status is written. */
export function openRun(run: ArkRun, snapshot: RunSnapshot, carried: readonly RunStep[] = []): RunIndex {
  const status: RunStatus = { ...run.status, phase: run.status?.phase ?? "Pending", steps: run.status?.steps ?? [] };
  // The schema says of a snapshot only that it is an object; it is the record that we wrote ourselves.
  status.snapshot ??= snapshot as unknown as Record<string, unknown>;
  const index = new RunIndex(run, snapshot, digestOf(snapshot), runInput(run, snapshot), status);
  const plan = plannedSteps(snapshot);
  if (status.steps.length === 0) {
    const reused = new Map(carried.map((entry) => [entry.name, entry]));
    status.steps = plan.map((planned) => ({ ...(reused.get(planned.step.name) ?? freshEntry(planned)) }));
  }
  const planned = new Map(plan.map((each) => [each.step.name, each]));
  for (const [position, entry] of status.steps.entries()) index.adopt(entry, planned.get(entry.name), position);
  for (const each of plan) {
    const state = index.steps.get(each.step.name) ?? index.addStep(freshEntry(each), each);
    index.planned.push(state);
  }
  connect(index);
  for (const state of index.steps.values()) takeUp(index, state);
  return index;
}

/** The run's input: the team's declared defaults, under the team's values, under the run's own. */
export function runInput(run: ArkRun, { team }: RunSnapshot): Readonly<Record<string, JsonValue>> {
  const made = Object.create(null) as Record<string, JsonValue>;
  for (const { name, default: value } of team?.inputs ?? []) if (value !== undefined) made[name] = value;
  Object.assign(made, team?.input, run.spec.input);
  return made;
}

function freshEntry({ step, work }: PlannedStep): RunStep {
  const role = work.is === "lookup" || work.is === "routed" ? undefined : step.role;
  return { name: step.name, ...(role !== undefined && { role }), phase: "Pending" };
}

/** Who waits for whom, and what is left to do. */
function connect(index: RunIndex): void {
  for (const state of index.planned) {
    const { phase } = state.entry;
    state.ended = phase === "Succeeded" || phase === "Skipped" || phase === "Failed";
    state.begun = phase !== "Pending" || (state.entry.attempt ?? 1) > 1 || (state.entry.iterations ?? 1) > 1;
    if (!state.ended) index.unfinished += 1;
  }
  for (const state of index.planned) {
    for (const name of state.planned?.step.dependsOn ?? []) {
      const needed = index.steps.get(name);
      if (needed?.planned === undefined) continue;
      needed.dependents.push(state);
      if (!needed.ended) state.pendingDeps += 1;
    }
  }
}

/** What an entry of a stored status means for the work that is left. */
function takeUp(index: RunIndex, state: StepState): void {
  const { entry, planned } = state;
  if (entry.tokenUsage !== undefined) index.countTokens(entry.tokenUsage);
  const cost = entry.costUSD === undefined ? undefined : amountOf(entry.costUSD);
  if (cost !== undefined) index.countCost(cost);
  index.outputBytes += outputBytesOf(entry);
  index.messageBytes += bytesOf(entry.message ?? "");
  if (entry.role !== undefined && (planned === undefined || entry.startTime !== undefined)) index.lastByRole.set(entry.role, state);
  if (index.isTerminal) return cancelAgain(index, state);
  const key = taskKeyOfStep(index, entry);
  const queue = queueOfStep(index, state);
  if (planned === undefined) {
    state.ended = entry.phase === "Succeeded" || entry.phase === "Failed";
    if (!state.ended) index.takeOff({ key, queue, state, what: "delegated", redrive: false });
    return;
  }
  switch (entry.phase) {
    case "Pending":
      // Another attempt of a step whose own needs are lost waits for them like the first.
      if (state.pendingDeps > 0) state.begun = false;
      else index.ready.push(state);
      break;
    case "Running":
    case "WarmingUp":
      if (planned.work.is === "team") {
        index.children.set(childNameOf(index.name, entry.name, entry.iterations ?? 1, entry.attempt ?? 1), state);
        index.childrenToStart.add(state);
      } else index.takeOff({ key, queue, state, what: "task", redrive: true });
      if (entry.phase === "WarmingUp") index.warmingUp.add(state);
      break;
    case "Validating": {
      // Its answer is not in the status: it is awaited once more, and its tokens are counted already.
      state.counted = true;
      if (planned.work.is === "team") {
        index.children.set(childNameOf(index.name, entry.name, entry.iterations ?? 1, entry.attempt ?? 1), state);
        index.childrenToStart.add(state);
      } else index.takeOff({ key, queue, state, what: "task", redrive: true });
      const judge = taskKeyOf(index.uid, judgeStepOf(entry.name), entry.iterations ?? 1, entry.attempt ?? 1);
      index.takeOff({ key: judge, queue, state, what: "judge", redrive: false });
      break;
    }
    case "AwaitingApproval":
      index.awaitingApproval.add(state);
      index.approvalsToTell.add(state);
      break;
    case "Failed":
      if (planned.step.onError !== "continue") index.fatal ??= { reason: "StepFailed", step: state };
      break;
    case "Succeeded":
    case "Skipped":
      break;
  }
  const deadlineMs = state.ended ? undefined : entry.phase === "AwaitingApproval" ? approvalDeadlineMs(state) : stepDeadlineMs(state);
  if (deadlineMs !== undefined) index.nextStepDeadlineMs = Math.min(index.nextStepDeadlineMs, deadlineMs);
}

/** The run had ended, and perhaps nobody had told the queue any more: told twice is free. */
function cancelAgain(index: RunIndex, state: StepState): void {
  const { entry, planned } = state;
  state.ended = true;
  if (entry.phase !== "Failed" || entry.message?.startsWith(CANCELLED) !== true) return;
  const [iteration, attempt] = [entry.iterations ?? 1, entry.attempt ?? 1];
  const cause = `run ${index.name} has ended`;
  if (planned?.work.is === "team") index.cancels.push({ child: childNameOf(index.name, entry.name, iteration, attempt), cause });
  const queue = queueOfStep(index, state);
  const keys = planned?.work.is === "team" ? [] : [taskKeyOfStep(index, entry)];
  if (planned?.step.validate?.semantic !== undefined) keys.push(taskKeyOf(index.uid, judgeStepOf(entry.name), iteration, attempt));
  for (const key of keys) index.cancels.push({ flight: { key, queue, state, what: "task", redrive: false, abandoned: true }, cause });
}
