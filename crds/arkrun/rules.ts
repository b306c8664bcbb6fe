// What has to be true of a run beyond its shape (B17): it says what it runs, its input fits, and it stays what it was.
import { checkRunInput } from "../arkteam/inputRules.ts";
import { type FieldError, fault } from "../fault.ts";
import { SPEC } from "../fieldPath.ts";
import type { ArkRunSpec, RunApproval } from "../generated/types.ts";
import { type CheckContext, exactlyOne, type Rule } from "../rule.ts";
import { isSameJson } from "../sameJson.ts";

/** A run, the stored one that it replaces, and what is known beside it. */
export interface RunSubject {
  readonly spec: ArkRunSpec;
  /** Undefined for a new run. */
  readonly oldSpec: ArkRunSpec | undefined;
  readonly context: CheckContext;
}

const runsOneThing: Rule<RunSubject> = ({ spec }) =>
  exactlyOne(spec, ["teamRef", "agent"], SPEC, "give either teamRef, or agent with prompt");

const promptsGoToAgents: Rule<RunSubject> = ({ spec }) => {
  if (spec.agent !== undefined && spec.prompt === undefined) {
    return [fault(SPEC.child("prompt"), "required", "agent and prompt belong together; say what the agent has to do")];
  }
  if (spec.agent === undefined && spec.prompt !== undefined) {
    return [fault(SPEC.child("prompt"), "forbidden", "agent and prompt belong together; a team takes input instead of prompt")];
  }
  return [];
};

/** A run is an action, not a declaration: what it names has to be there. */
const teamExists: Rule<RunSubject> = ({ spec, oldSpec, context }) =>
  spec.teamRef !== undefined && oldSpec === undefined && context.teamOf?.(spec.teamRef) === null
    ? [
        fault(
          SPEC.child("teamRef"),
          "notFound",
          `there is no team ${JSON.stringify(spec.teamRef)} in this namespace; apply it first, or correct the name`,
        ),
      ]
    : [];

/** Required inputs are there, all are of their type, before any token is spent. A retry takes what its earlier run had. */
const inputFitsTheTeam: Rule<RunSubject> = ({ spec, oldSpec, context }) => {
  const team = spec.teamRef === undefined || oldSpec !== undefined ? undefined : context.teamOf?.(spec.teamRef);
  if (!team) return [];
  const faults = checkRunInput(team, spec.input ?? {});
  return spec.retry === undefined ? faults : faults.filter((error) => error.code !== "required");
};

const IMMUTABLE = ["teamRef", "agent", "prompt", "input", "retry"] as const;

const whatIsRunStays: Rule<RunSubject> = ({ spec, oldSpec }) =>
  oldSpec === undefined
    ? []
    : IMMUTABLE.filter((field) => !isSameJson(spec[field], oldSpec[field])).map((field) =>
        fault(
          SPEC.child(field),
          "immutable",
          field === "retry" ? "a run is immutable; retry cannot be changed" : `a run is immutable; make a new run for another ${field}`,
        ),
      );

const cancelStays: Rule<RunSubject> = ({ spec, oldSpec }) =>
  oldSpec?.cancel === true && spec.cancel !== true
    ? [fault(SPEC.child("cancel"), "immutable", "a cancelled run stays cancelled; make a new run")]
    : [];

/** Decisions are appended: what stands there stays, in its order. */
const approvalsAreAppended: Rule<RunSubject> = ({ spec, oldSpec }) => {
  const now = spec.approvals ?? [];
  const before = Array.isArray(oldSpec?.approvals) ? oldSpec.approvals : [];
  const changed = before.findIndex((decision, i) => !isSameJson(decision, now[i]));
  if (changed === -1) return [];
  const message = "approvals can only be added; a decision is neither changed nor taken back";
  return [fault(SPEC.child("approvals", ...(changed < now.length ? [changed] : [])), "immutable", message)];
};

const decisionsAreOne: Rule<RunSubject> = ({ spec }) => {
  const firstOf = new Map<string, number>();
  return (spec.approvals ?? []).flatMap((approval, i): FieldError[] => {
    const key = decisionKey(approval);
    const first = firstOf.get(key);
    if (first === undefined) {
      firstOf.set(key, i);
      return [];
    }
    const message = `spec.approvals[${first}] decides on this step, iteration and attempt already; there is one decision for each`;
    return [fault(SPEC.child("approvals", i), "duplicate", message)];
  });
};

function decisionKey({ step, iteration = 1, attempt = 1 }: RunApproval): string {
  return JSON.stringify([step, iteration, attempt]);
}

/** All rules of an ArkRun. */
export const arkRunRules: readonly Rule<RunSubject>[] = [
  runsOneThing,
  promptsGoToAgents,
  teamExists,
  inputFitsTheTeam,
  whatIsRunStays,
  cancelStays,
  approvalsAreAppended,
  decisionsAreOne,
];
