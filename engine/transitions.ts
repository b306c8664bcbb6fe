// How a planned step ends, or comes round again. Each transition leaves the status, the counters and the journal consistent; nothing else
// in the engine writes a step's final phase.
import type { StepWaiting, TokenUsage } from "../crds/index.ts";
import type { JournalEntry, JournalType, Usage } from "../plugins/sdk/index.ts";
import { childNameOf, runSpanOf, stepSpanOf, taskKeyOfStep } from "./identity.ts";
import { MAX_MESSAGE, MAX_RUN_MESSAGES, MIN_MESSAGE } from "./limits.ts";
import { clearOutput } from "./outputs.ts";
import type { RunIndex, StepState } from "./runIndex.ts";
import { bytesOf, cutMessage, msOf, timeOf } from "./text.ts";

/** The step has its answer (or its last one); its dependents may start. */
export function succeed(index: RunIndex, state: StepState, nowMs: number, message?: string): void {
  if (message === undefined) delete state.entry.message;
  else say(index, state, message);
  end(index, state, "Succeeded", nowMs);
  note(index, nowMs, "step.finished", state, { phase: "Succeeded", ...durationOf(state, nowMs), tokenUsage: usageOf(state) });
}

/** The step is not wanted (B41). Dependents may start: Skipped satisfies (B40). */
export function skip(index: RunIndex, state: StepState, nowMs: number): void {
  say(index, state, "if is false");
  end(index, state, "Skipped", nowMs);
  note(index, nowMs, "step.skipped", state, { phase: "Skipped", message: state.entry.message });
}

/**
 * The step has failed. Under `onError: continue` its answer is empty and its dependents start (B46); else the run has to end. A run out
 * of tokens ends in any case (B47).
 */
export function fail(index: RunIndex, state: StepState, reason: string, message: string, nowMs: number): void {
  clearOutput(index, state);
  say(index, state, `${reason}: ${message}`);
  const goesOn = state.planned?.step.onError === "continue" && reason !== "BudgetExceeded";
  if (!goesOn) index.fatal ??= { reason: reason === "BudgetExceeded" ? "BudgetExceeded" : "StepFailed", step: state };
  end(index, state, "Failed", nowMs, goesOn);
  const error = { code: reason, message: state.entry.message ?? "" };
  note(index, nowMs, "step.finished", state, { phase: "Failed", ...durationOf(state, nowMs), tokenUsage: usageOf(state), error });
}

/** The step is executed anew: another round of its loop, or another attempt. `plan` takes it from there. */
export function again(index: RunIndex, state: StepState, iteration: number, attempt: number): void {
  const { entry } = state;
  entry.phase = "Pending";
  entry.iterations = iteration;
  entry.attempt = attempt;
  delete entry.waiting;
  delete entry.completionTime;
  state.candidate = undefined;
  state.counted = false;
  index.ready.push(state);
  index.touch(state);
}

/**
 * A stored answer that is still needed is gone (P1): its step runs again with another attempt, and who reads it waits. Cost: O(steps),
 * for something that happens when a store was wiped.
 */
export function loseOutput(index: RunIndex, sha256: string, nowMs: number): void {
  index.texts.giveUp(sha256);
  for (const state of index.planned) {
    const { entry } = state;
    if (entry.outputRef?.sha256 !== sha256 || !state.ended || entry.phase !== "Succeeded") continue;
    clearOutput(index, state);
    delete entry.validationAttempts;
    say(index, state, "OutputLost: the stored answer is gone; the step runs again");
    note(index, nowMs, "retry", state, { reason: "OutputLost", delayMs: 0 });
    state.ended = false;
    index.unfinished += 1;
    index.lost.add(state);
    again(index, state, entry.iterations ?? 1, (entry.attempt ?? 1) + 1);
    for (const dependent of state.dependents) {
      if (dependent.entry.phase !== "Pending") continue;
      if (dependent.begun) [dependent.begun, dependent.pendingDeps] = [false, 0];
      dependent.pendingDeps += 1;
    }
  }
}

/** Blocked steps get another chance: a text or a step that they read has come. */
export function unblock(index: RunIndex): void {
  index.ready.push(...index.blocked);
  index.blocked.clear();
}

/** Writes a step's message, within what the run has left for messages. */
export function say(index: RunIndex, { entry, position }: StepState, message: string): void {
  if (entry.message !== undefined) index.messageBytes -= bytesOf(entry.message);
  const room = index.messageBytes + MAX_MESSAGE <= MAX_RUN_MESSAGES ? MAX_MESSAGE : MIN_MESSAGE;
  entry.message = cutMessage(message, room);
  index.messageBytes += bytesOf(entry.message);
  index.touchAt(position);
}

/** Writes why a step stands still, or (no reason) that it goes on. The start of an unchanged reason stays. */
export function wait(index: RunIndex, state: StepState, reason: StepWaiting["reason"] | undefined, sinceMs: number): void {
  const { entry } = state;
  if (reason === entry.waiting?.reason) return;
  if (reason === undefined) delete entry.waiting;
  else entry.waiting = { reason, since: timeOf(sinceMs) };
  index.touch(state);
}

/** Writes an event about a step into the journal. */
export function note(
  index: RunIndex,
  nowMs: number,
  type: JournalType,
  state: StepState | undefined,
  fields: Partial<JournalEntry> = {},
): void {
  const { name, uid } = index;
  const at = timeOf(nowMs);
  if (state === undefined) {
    index.note({ at, type, run: name, span: runSpanOf(uid), ...fields });
    return;
  }
  const { entry } = state;
  index.note({
    ...{ at, type, run: name, step: entry.name, role: entry.role, task: taskKeyOfStep(index, entry) },
    ...{ attempt: entry.attempt ?? 1, iteration: entry.iterations ?? 1 },
    ...{ span: stepSpanOf(uid, entry.name), parentSpan: entry.parent === undefined ? runSpanOf(uid) : stepSpanOf(uid, entry.parent) },
    ...(entry.resolvedAgent !== undefined && { agent: entry.resolvedAgent }),
    ...fields,
  });
}

/** Whatever a task of the step still does is not wanted any more, and neither is what it delegated (B62). */
export function abandonTasks(index: RunIndex, state: StepState, cause: string): void {
  for (const flight of index.flightsOf(state)) index.abandon(flight, cause);
  if (state.planned?.work.is !== "team") return;
  const child = childNameOf(index.name, state.entry.name, state.entry.iterations ?? 1, state.entry.attempt ?? 1);
  if (!index.children.delete(child)) return;
  index.abandonedChildren.set(child, state);
  index.cancels.push({ child, cause });
}

/** What a step's task had asked of others is not wanted any more: the task is over. A judge of its answer may be at work already. */
export function abandonDelegated(index: RunIndex, state: StepState, cause: string): void {
  for (const flight of index.flightsOf(state)) if (flight.what === "delegated") index.abandon(flight, cause);
}

/** The time that an entry took, for the journal. */
export function durationOf(state: StepState, nowMs: number): { durationMs?: number } {
  const startMs = msOf(state.entry.startTime);
  return startMs === undefined ? {} : { durationMs: Math.max(0, nowMs - startMs) };
}

/** A step's tokens, for the journal. */
export function usageOf({ entry }: StepState): Usage | undefined {
  return entry.tokenUsage && wholeUsage(entry.tokenUsage);
}

/** Tokens as the journal has them, from those of a status. */
export function wholeUsage({ inputTokens = 0, outputTokens = 0, totalTokens = 0 }: TokenUsage): Usage {
  return { inputTokens, outputTokens, totalTokens };
}

function end(index: RunIndex, state: StepState, phase: "Succeeded" | "Skipped" | "Failed", nowMs: number, releases = true): void {
  const { entry } = state;
  entry.phase = phase;
  entry.completionTime = timeOf(nowMs);
  delete entry.waiting;
  state.begun = true;
  state.ended = true;
  state.candidate = undefined;
  index.unfinished -= 1;
  index.awaitingApproval.delete(state);
  index.warmingUp.delete(state);
  index.blocked.delete(state);
  for (const event of state.held.splice(0)) index.done(event);
  abandonTasks(index, state, `step "${entry.name}" has ended`);
  index.touch(state);
  if (!releases && phase === "Failed") return;
  if (index.lost.delete(state)) unblock(index);
  for (const dependent of state.dependents) {
    if (dependent.begun) continue;
    dependent.pendingDeps -= 1;
    if (dependent.pendingDeps === 0) index.ready.push(dependent);
  }
}
