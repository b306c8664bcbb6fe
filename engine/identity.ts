// Names that follow from other names, so that whoever starts anew finds the same ones: keys, children, spans (RELIABILITY §1.4).
import { derivedName, type RunStep } from "../crds/index.ts";
import { type TaskKey, taskKeyOf } from "../plugins/sdk/index.ts";
import { sha256Of } from "./text.ts";

/** The parts of a key; undefined when it is none of that run. Step names may hold anything but are followed by two numbers. */
export function partsOfKey(uid: string, key: TaskKey): { step: string; iteration: number; attempt: number } | undefined {
  if (!key.startsWith(`${uid}/`)) return undefined;
  const match = /^(.+)\/(\d{1,9})\/(\d{1,9})$/s.exec(key.slice(uid.length + 1));
  if (match === null) return undefined;
  return { step: match[1] ?? "", iteration: Number(match[2]), attempt: Number(match[3]) };
}

/** The key of what an entry stands for now. */
export function taskKeyOfStep(run: { readonly uid: string }, entry: RunStep): TaskKey {
  return taskKeyOf(run.uid, entry.name, entry.iterations ?? 1, entry.attempt ?? 1);
}

/** The step of the judge of a step's answer (B44). */
export function judgeStepOf(step: string): string {
  return `${step}:judge`;
}

/** The step that a judge judges; undefined when the name is no judge's. */
export function judgedStepOf(step: string): string | undefined {
  return step.endsWith(":judge") ? step.slice(0, -":judge".length) : undefined;
}

/** The step that asked for delegated work: `a~1f00beef~1~22aa33bb~2` was asked for by `a~1f00beef~1`; undefined when nobody did. */
export function parentStepOf(step: string): string | undefined {
  const match = /^(.+)~[0-9a-f]{8}~\d{1,9}$/s.exec(step);
  return match === null ? undefined : match[1];
}

/** The planned step at the root of delegated work. */
export function rootStepOf(step: string): string {
  return step.split("~", 1)[0] ?? step;
}

/** The run that does a step which is a team (B48): `<run>-<step>`, with iteration and attempt when they are not the first. */
export function childNameOf(run: string, step: string, iteration: number, attempt: number): string {
  return iteration === 1 && attempt === 1 ? derivedName(run, step) : derivedName(run, step, `${iteration}`, `${attempt}`);
}

/** Trace id of a run, 32 hex digits. */
export function traceIdOf(uid: string): string {
  return sha256Of(`trace/${uid}`).slice(0, 32);
}

/** Span of a run, 16 hex digits. */
export function runSpanOf(uid: string): string {
  return sha256Of(`run/${uid}`).slice(0, 16);
}

/** Span of a step of a run; all its attempts and iterations share it. */
export function stepSpanOf(uid: string, step: string): string {
  return sha256Of(`step/${uid}/${step}`).slice(0, 16);
}

/** What a task carries, so that whoever works on it can hang its spans below the step's. */
export function traceparentOf(uid: string, step: string): string {
  return `00-${traceIdOf(uid)}-${stepSpanOf(uid, step)}-01`;
}
