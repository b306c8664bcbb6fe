// What has to be true of an event beyond its shape (B13a, B16).
import { cronProblem, timeZoneProblem } from "../cron.ts";
import { type FieldError, fault } from "../fault.ts";
import { type FieldPath, SPEC } from "../fieldPath.ts";
import type { ArkEventSpec, EventTarget } from "../generated/types.ts";
import { exactlyOne, type Rule } from "../rule.ts";
import { EVENT_TARGET, templateFaults } from "../templates.ts";

const SOURCE = SPEC.child("source");
/** `teamOutput` and its older names (B2). */
const TEAM_OUTPUTS = ["teamOutput", "pipelineOutput", "flow"] as const;

const schedulesAreGiven: Rule<ArkEventSpec> = ({ source }) =>
  source.type === "cron" && source.cron === undefined
    ? [fault(SOURCE.child("cron"), "required", 'type cron needs cron, for example "0 9 * * 1-5"')]
    : [];

/** B16 */
const schedulesFire: Rule<ArkEventSpec> = ({ source }) => {
  const problem = source.cron === undefined ? undefined : cronProblem(source.cron);
  return problem === undefined ? [] : [fault(SOURCE.child("cron"), "format", problem)];
};

/** B16 */
const timeZonesExist: Rule<ArkEventSpec> = ({ source }) => {
  const problem = source.timeZone === undefined ? undefined : timeZoneProblem(source.timeZone);
  return problem === undefined ? [] : [fault(SOURCE.child("timeZone"), "format", problem)];
};

/** B2: each older type goes with its own older field as well. */
const teamOutputsAreNamed: Rule<ArkEventSpec> = ({ source }) => {
  const given = TEAM_OUTPUTS.filter((field) => source[field] !== undefined);
  const isTeamOutput = source.type !== "cron" && source.type !== "webhook";
  if (isTeamOutput && given.length === 0)
    return [fault(SOURCE.child("teamOutput"), "required", "type team-output needs teamOutput with the name of a team")];
  if (given.length < 2) return [];
  return [fault(SOURCE, "forbidden", `${given.join(" and ")} are names of the same field; give teamOutput alone`)];
};

/** B16; the shape says so too, for an event that comes as an object. */
const somethingStarts: Rule<ArkEventSpec> = ({ targets }) =>
  targets.length === 0
    ? [fault(SPEC.child("targets"), "required", "an event needs at least one target; give a team, or an agent with prompt")]
    : [];

const targetsAreOneThing: Rule<ArkEventSpec> = eachTarget((target, at) =>
  exactlyOne(target, ["team", "pipeline", "agent"], at, "give either team, or agent with prompt"),
);

const promptsGoToAgents: Rule<ArkEventSpec> = eachTarget((target, at) => {
  if (target.agent !== undefined && target.prompt === undefined) {
    return [fault(at.child("prompt"), "required", "agent and prompt belong together; say what the agent has to do")];
  }
  if (target.agent === undefined && target.prompt !== undefined) {
    return [fault(at.child("prompt"), "forbidden", "agent and prompt belong together; a team takes input instead of prompt")];
  }
  return [];
});

/** B13a */
const templatesReadTheTrigger: Rule<ArkEventSpec> = eachTarget((target, at) => [
  ...(target.prompt === undefined ? [] : templateFaults(target.prompt, at.child("prompt"), EVENT_TARGET).errors),
  ...Object.entries(target.input ?? {}).flatMap(([key, text]) => templateFaults(text, at.child("input", key), EVENT_TARGET).errors),
]);

const authIsOneThing: Rule<ArkEventSpec> = ({ auth }) => {
  const at = SPEC.child("auth", "hmac");
  if (auth?.type === "hmac" && auth.hmac === undefined) return [fault(at, "required", "type hmac needs hmac with secretKeyRef")];
  if (auth?.type === "token" && auth.hmac !== undefined)
    return [fault(at, "forbidden", "type token goes without hmac; take it out, or write type: hmac")];
  return [];
};

function eachTarget(check: (target: EventTarget, at: FieldPath) => readonly FieldError[]): Rule<ArkEventSpec> {
  return ({ targets }) => targets.flatMap((target, i) => check(target, SPEC.child("targets", i)));
}

/** All rules of an ArkEvent. */
export const arkEventRules: readonly Rule<ArkEventSpec>[] = [
  schedulesAreGiven,
  schedulesFire,
  timeZonesExist,
  teamOutputsAreNamed,
  somethingStarts,
  targetsAreOneThing,
  promptsGoToAgents,
  templatesReadTheTrigger,
  authIsOneThing,
];
