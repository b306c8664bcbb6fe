// What a run does next. The same record, the same world, the same time: the same actions in the same order, and the intent of each in
// `index.status`. A driver writes that status, then performs the actions; all of them may be performed twice.
import type { Action } from "./actions.ts";
import { askApproval, requestOf } from "./approval.ts";
import { begin, redrive, runDeadlineMs, stepDeadlineMs } from "./begin.ts";
import { writeReady } from "./conditions.ts";
import { endRun, finish } from "./finish.ts";
import { askJudge } from "./judge.ts";
import type { Pass } from "./pass.ts";
import { decideRoute } from "./routing.ts";
import type { RunIndex } from "./runIndex.ts";
import { settleParked } from "./settle.ts";
import { targetOf } from "./target.ts";
import { timeOf } from "./text.ts";
import { fail, note, wait } from "./transitions.ts";
import type { World } from "./world.ts";

/** One planning pass. Afterwards `index.texts` says which blobs have to be stored before the status is written, and which are wanted. */
export function plan(index: RunIndex, world: World, nowMs: number): Action[] {
  const pass: Pass = { index, world, nowMs, actions: [], assigned: new Map(), choices: 0 };
  if (!index.isTerminal) advance(pass);
  for (const cancel of index.cancels.splice(0)) {
    if ("child" in cancel) pass.actions.push({ is: "cancelChild", name: cancel.child, cause: cancel.cause });
    else pass.actions.push({ is: "cancelTask", key: cancel.flight.key, queue: cancel.flight.queue, cause: cancel.cause });
  }
  return pass.actions;
}

/** When the engine has to be asked again although nothing happened, ms; Infinity: never. */
export function nextLookMs(index: RunIndex): number {
  if (index.isTerminal) return Number.POSITIVE_INFINITY;
  return Math.min(runDeadlineMs(index) ?? Number.POSITIVE_INFINITY, index.nextStepDeadlineMs);
}

function advance(pass: Pass): void {
  const { index, nowMs } = pass;
  const isDone = (): boolean => index.unfinished === 0 && index.fatal === undefined;
  if (index.run.spec.cancel === true && !isDone()) {
    return endRun(pass, { phase: "Cancelled", reason: "Cancelled", message: "cancelled by spec.cancel" });
  }
  if (index.status.phase === "Pending" && !start(pass)) return;
  if (nowMs >= (runDeadlineMs(index) ?? Number.POSITIVE_INFINITY) && !isDone()) {
    const seconds = index.snapshot.team?.timeoutSeconds ?? 0;
    return endRun(pass, { phase: "Failed", reason: "TimedOut", message: `the run took longer than timeoutSeconds (${seconds})` });
  }
  endLateSteps(pass);
  for (const { state, choice, trouble } of index.routed.splice(0)) {
    if (!state.ended && state.planned?.work.is === "route") decideRoute(pass, state, state.planned.work.routing, choice, trouble);
  }
  tellAgain(pass);
  if (index.lost.size === 0) settleParked(index, nowMs);
  // A pass over what is ready makes more of it ready; each step is taken once, so this is linear in them.
  while (index.ready.length > 0 && index.fatal === undefined) {
    const ready = index.ready;
    index.ready = [];
    for (const state of ready) {
      if (!state.ended && state.pendingDeps === 0 && state.entry.phase === "Pending" && index.fatal === undefined) begin(pass, state);
    }
  }
  for (const state of index.toJudge) askJudge(pass, state);
  index.toJudge.clear();
  const { fatal } = index;
  if (fatal !== undefined) {
    const { name, message } = fatal.step.entry;
    return endRun(pass, { phase: "Failed", reason: fatal.reason, message: `step "${name}" failed: ${message ?? ""}`, failedStep: name });
  }
  if (index.unfinished === 0) finish(pass);
}

/** Pending → Running, unless the team is suspended (B51). */
function start(pass: Pass): boolean {
  const { index, nowMs, world } = pass;
  if (world.suspended) {
    index.status.message = "the team is suspended; set spec.suspend to false to let this run start";
    for (const state of index.ready) wait(index, state, "Suspended", nowMs);
    return false;
  }
  delete index.status.message;
  for (const state of index.ready) wait(index, state, undefined, nowMs);
  index.status.phase = "Running";
  index.status.startTime = timeOf(nowMs);
  writeReady(index, "Unknown", "Validated", "the run is under way", nowMs);
  note(index, nowMs, "run.started", undefined, { phase: "Running" });
  return true;
}

/** Steps whose own `timeoutSeconds` are over, and approvals that nobody gave in time. */
function endLateSteps(pass: Pass): void {
  const { index, nowMs } = pass;
  for (const state of index.awaitingApproval) if (askApproval(pass, state) === "open") index.ready.push(state);
  if (nowMs < index.nextStepDeadlineMs) return;
  index.nextStepDeadlineMs = Number.POSITIVE_INFINITY;
  for (const state of index.awaitingApproval) askApproval(pass, state);
  for (const state of index.planned) {
    const deadlineMs = state.ended || state.entry.phase === "AwaitingApproval" ? undefined : stepDeadlineMs(state);
    if (deadlineMs === undefined) continue;
    if (deadlineMs > nowMs) index.nextStepDeadlineMs = Math.min(index.nextStepDeadlineMs, deadlineMs);
    else fail(index, state, "TimedOut", `the step took longer than timeoutSeconds (${state.planned?.step.timeoutSeconds ?? 0})`, nowMs);
  }
}

/** After a restart, and whenever a look found nothing: what the status says is under way is told again. And who is warm now is. */
function tellAgain(pass: Pass): void {
  const { index, nowMs, world } = pass;
  for (const state of index.approvalsToTell) {
    if (state.entry.phase === "AwaitingApproval") pass.actions.push({ is: "requestApproval", request: requestOf(state) });
  }
  index.approvalsToTell.clear();
  for (const state of index.childrenToStart) if (state.ended || redrive(pass, state)) index.childrenToStart.delete(state);
  for (const flight of index.redrives) {
    if (flight.what === "judge") index.toJudge.add(flight.state);
    if (flight.what !== "task" || redrive(pass, flight.state)) {
      flight.redrive = false;
      index.redrives.delete(flight);
    }
  }
  for (const state of index.warmingUp) {
    const target = targetOf(pass, state);
    if ("reason" in target || !world.isReady(target.agent)) continue;
    index.warmingUp.delete(state);
    state.entry.phase = "Running";
    wait(index, state, "Queued", nowMs);
  }
}
