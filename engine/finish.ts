// How a run ends. Its phase is written once (B47); what is still under way is cancelled, and what that had spent is counted when it is heard.
import { TemplateError } from "../template/index.ts";
import type { EndReason } from "./actions.ts";
import { writeReady } from "./conditions.ts";
import { render } from "./context.ts";
import { MAX_MESSAGE, RUN_OUTPUT_RESERVE } from "./limits.ts";
import { shownOutput, textOf } from "./outputs.ts";
import type { Pass } from "./pass.ts";
import type { RunIndex, StepState } from "./runIndex.ts";
import { cutMessage, msOf, timeOf } from "./text.ts";
import { abandonTasks, note, say, usageOf, wait, wholeUsage } from "./transitions.ts";

/** How a run ends, beside its output. */
export interface Ending {
  readonly phase: "Succeeded" | "Failed" | "Cancelled";
  readonly reason: EndReason;
  readonly message: string;
  readonly failedStep?: string;
}

/** Every step has ended: the run succeeds with its output, or waits for a text that the output reads, or its template fails it. */
export function finish(pass: Pass): void {
  const { index } = pass;
  try {
    const output = outputOf(index);
    if (output === undefined) return;
    const shown = shownOutput(index, { text: output }, RUN_OUTPUT_RESERVE);
    index.status.output = shown.output;
    if (shown.outputRef !== undefined) index.status.outputRef = shown.outputRef;
    const count = index.planned.length;
    endRun(pass, { phase: "Succeeded", reason: "Succeeded", message: `${count} ${count === 1 ? "step" : "steps"} done` });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    endRun(pass, { phase: "Failed", reason: "StepFailed", message: `output: ${error.message}` });
  }
}

/**
 * The run's whole output (B64): the rendered `output`; without one the answer of the entry role or agent, which is the last planned step
 * there; of a pipeline, the answer of the last step in the pipeline's order that has one. Undefined: a text is not at hand.
 * @throws TemplateError
 */
export function outputOf(index: RunIndex): string | undefined {
  const template = index.snapshot.team?.output;
  if (template !== undefined) {
    const rendered = render(index, template, {});
    return rendered.is === "text" ? rendered.text : undefined;
  }
  const last = index.planned.findLast(({ entry }) => entry.phase === "Succeeded");
  return last === undefined ? "" : textOf(index, last.entry);
}

/** Writes the end. Steps under way are Failed as cancelled; those whose turn never came stay Pending. */
export function endRun(pass: Pass, { phase, reason, message, failedStep }: Ending): void {
  const { index, nowMs } = pass;
  const { status } = index;
  for (const state of index.steps.values()) if (!state.ended) stop(index, state, reason, nowMs);
  for (const flight of index.flights.values()) index.abandon(flight, `run ${index.name} has ended: ${reason}`);
  for (const event of index.parked.splice(0)) index.done(event);
  status.phase = phase;
  status.message = cutMessage(message, MAX_MESSAGE);
  if (failedStep !== undefined) status.failedStep = failedStep;
  status.startTime ??= timeOf(nowMs);
  status.completionTime = timeOf(nowMs);
  const durationMs = Math.max(0, nowMs - (msOf(status.startTime) ?? nowMs));
  status.durationSeconds = durationMs / 1_000;
  writeReady(index, phase === "Succeeded" ? "True" : "False", reason, status.message, nowMs);
  const error = phase === "Succeeded" ? undefined : { code: reason, message: status.message };
  note(index, nowMs, "run.finished", undefined, {
    ...{
      phase,
      reason,
      message: status.message,
      durationMs,
      tokenUsage: status.totalTokenUsage && wholeUsage(status.totalTokenUsage),
      costUSD: status.totalCostUSD,
      error,
    },
  });
  pass.actions.push({ is: "finish", phase, reason });
}

function stop(index: RunIndex, state: StepState, reason: EndReason, nowMs: number): void {
  const { entry } = state;
  wait(index, state, undefined, nowMs);
  for (const event of state.held.splice(0)) index.done(event);
  if (entry.phase === "Pending") return;
  abandonTasks(index, state, `run ${index.name} has ended: ${reason}`);
  entry.phase = "Failed";
  entry.completionTime = timeOf(nowMs);
  state.candidate = undefined;
  state.ended = true;
  say(index, state, `${CANCELLED} the run has ended (${reason})`);
  note(index, nowMs, "step.finished", state, {
    phase: "Failed",
    tokenUsage: usageOf(state),
    error: { code: "Cancelled", message: entry.message ?? "" },
  });
}

/** How the message of a step begins that was under way when its run ended; after a restart, its task is cancelled again. */
export const CANCELLED = "Cancelled:";
