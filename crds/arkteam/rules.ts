// Everything that has to be true of a team beyond its shape. The list is the documentation: roles first, then steps, then templates.
import { durationHint, parseGoDuration } from "../duration.ts";
import { fault, type Verdict } from "../fault.ts";
import { SPEC } from "../fieldPath.ts";
import { broken, type Rule } from "../rule.ts";
import { inputRules } from "./inputRules.ts";
import { pipelineRules } from "./pipelineRules.ts";
import { roleRules, roleWarnings } from "./roleRules.ts";
import type { TeamSubject } from "./subject.ts";
import { teamTemplates } from "./templateRules.ts";

/** B16 */
const retentionIsADuration: Rule<TeamSubject> = ({ spec }) => {
  const text = spec.runRetainFor;
  if (text === undefined || parseGoDuration(text) !== undefined) return [];
  return [fault(SPEC.child("runRetainFor"), "format", `${JSON.stringify(text)} is no duration: ${durationHint(text)}`)];
};

/** All rules of an ArkTeam but for those of its templates. */
export const arkTeamRules: readonly Rule<TeamSubject>[] = [...roleRules, ...pipelineRules, ...inputRules, retentionIsADuration];

/** All faults and warnings of a team whose shape is right. */
export function checkArkTeam(subject: TeamSubject): Verdict {
  const templates = teamTemplates(subject);
  return {
    errors: [...broken(arkTeamRules, subject), ...templates.errors],
    warnings: [...broken(roleWarnings, subject), ...templates.warnings],
  };
}
