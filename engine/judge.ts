// Asking a model whether an answer is good (B44): a task of its own on the judged step's queue, without tools and memory.
import { taskKeyOf } from "../plugins/sdk/index.ts";
import { envelopeOf } from "./begin.ts";
import { judgeStepOf } from "./identity.ts";
import type { Pass } from "./pass.ts";
import { JUDGE_SYSTEM, judgePrompt } from "./prompt.ts";
import type { StepState } from "./runIndex.ts";
import { roleTarget, type Target, targetOf } from "./target.ts";
import { fail } from "./transitions.ts";

/** Dispatches the judge of a step that has a candidate. Telling it twice is free. */
export function askJudge(pass: Pass, state: StepState): void {
  const { index, nowMs } = pass;
  const { candidate, planned, entry } = state;
  const rule = planned?.step.validate;
  if (candidate === undefined || rule?.semantic === undefined) return;
  const target = judgeTarget(pass, state);
  if ("reason" in target) return fail(index, state, target.reason, target.message, nowMs);
  const step = judgeStepOf(entry.name);
  const envelope = envelopeOf(pass, state, target);
  const key = taskKeyOf(index.uid, step, envelope.iteration, envelope.attempt);
  index.takeOff({ key, queue: target.queue, state, what: "judge", redrive: false });
  pass.actions.push({
    is: "dispatch",
    task: {
      ...envelope,
      ...{ key, kind: "judge", step, role: step, system: JUDGE_SYSTEM, prompt: judgePrompt(rule.semantic, candidate.text) },
      ...{ mayDelegate: [], chain: [step], retries: target.limits.retries },
      ...(rule.semanticModel !== undefined && { model: rule.semanticModel }),
    },
  });
}

/** A team has no queue of its own: its answer is judged by the first role that has one. */
function judgeTarget(pass: Pass, state: StepState): Target | { readonly reason: string; readonly message: string } {
  if (state.planned?.work.is !== "team") return targetOf(pass, state);
  const [first] = pass.index.snapshot.roles;
  if (first !== undefined) return roleTarget(pass.index, first);
  return { reason: "JudgeFailed", message: "validate.semantic needs an agent: add a role that is no team" };
}
