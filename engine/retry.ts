// A retry (B49) is a new run that takes over what an earlier one has done: every step that succeeded, but for the one it starts from and
// all that follow it. Their tokens were counted there and are not counted again.
import type { ArkRun, OutputRef, RunSnapshot, RunStep } from "../crds/index.ts";
import { plannedSteps } from "./plannedStep.ts";

/** Entries to open the new run with, what runs again, and the blobs that the new run needs copies of. */
export interface CarriedOver {
  readonly steps: readonly RunStep[];
  readonly again: readonly string[];
  readonly blobs: readonly OutputRef[];
}

/**
 * What a retry re-uses. `from` absent: the step that failed. Steps are matched by name, in the team as it is now; what was skipped is
 * skipped again unless something before it runs anew.
 */
export function carryOver(source: ArkRun, snapshot: RunSnapshot, from: string | undefined): CarriedOver {
  const before = new Map((source.status?.steps ?? []).map((entry) => [entry.name, entry]));
  const plan = plannedSteps(snapshot);
  const start = from ?? source.status?.failedStep;
  const again = new Set<string>();
  const dependents = new Map<string, string[]>();
  const queue: string[] = [];
  for (const { step } of plan) {
    for (const needed of step.dependsOn) {
      const known = dependents.get(needed);
      if (known === undefined) dependents.set(needed, [step.name]);
      else known.push(step.name);
    }
    const phase = before.get(step.name)?.phase;
    if (step.name === start || (phase !== "Succeeded" && phase !== "Skipped")) queue.push(step.name);
  }
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (again.has(name)) continue;
    again.add(name);
    queue.push(...(dependents.get(name) ?? []));
  }
  const steps = plan.flatMap(({ step }) => {
    const entry = before.get(step.name);
    return entry === undefined || again.has(step.name) ? [] : [reused(entry, source.metadata.name)];
  });
  const blobs = steps.flatMap(({ outputRef }) => (outputRef === undefined ? [] : [outputRef]));
  return { steps, again: plan.map(({ step }) => step.name).filter((name) => again.has(name)), blobs };
}

function reused(entry: RunStep, run: string): RunStep {
  const kept = { ...entry, message: `re-used from run "${run}"` };
  delete kept.tokenUsage;
  delete kept.costUSD;
  return kept;
}
