// Who belongs to a team and who may delegate to whom (B1, B10, B11, B12, B14).
import { promptBytes, promptFaults, promptWarnings } from "../arkagent/promptSize.ts";
import { agentFieldRules, agentWarnings } from "../arkagent/rules.ts";
import { type FieldError, fault } from "../fault.ts";
import { type FieldPath, SPEC } from "../fieldPath.ts";
import { findCycle } from "../graph.ts";
import { MAX_TEAM_PROMPTS_BYTES } from "../limits.ts";
import { isTemplateName, templateNameHint } from "../names.ts";
import { broken, cyclesOf, duplicates, exactlyOne, hinter, hintOf, type Rule } from "../rule.ts";
import { hasMembers } from "./normalize.ts";
import type { TeamSubject } from "./subject.ts";

/** B1 */
const rolesHaveOneShape: Rule<TeamSubject> = ({ spec }) =>
  spec.roles !== undefined && spec.members !== undefined
    ? [fault(SPEC.child("members"), "forbidden", "members is the older shape of roles; give either roles or members")]
    : [];

/** A team does something: by its roles, by looking up agents for its steps, or by routing. */
const somebodyWorks: Rule<TeamSubject> = ({ team, places }) =>
  team.roles.length === 0 && team.pipeline.length === 0 && team.routing === undefined
    ? [fault(places.roles, "required", "a team needs roles, or routing to pick one agent for each task")]
    : [];

/** B13a */
const routingStandsAlone: Rule<TeamSubject> = ({ spec, team }) => {
  if (spec.routing === undefined) return [];
  const beside = [
    ...(team.roles.length > 0 ? [hasMembers(spec) ? "members" : "roles"] : []),
    ...(team.pipeline.length > 0 ? ["pipeline"] : []),
    ...(spec.entry === undefined ? [] : ["entry"]),
  ];
  const errors: FieldError[] = [];
  if (beside.length > 0)
    errors.push(fault(SPEC.child("routing"), "forbidden", `routing stands alone; take out ${beside.join(" and ")}, or take out routing`));
  if (spec.routing.model === undefined)
    errors.push(fault(SPEC.child("routing", "model"), "required", "the router needs a model that picks the agent"));
  return errors;
};

/** B10 */
const entryIsARole: Rule<TeamSubject> = ({ spec, team }) => {
  if (hasMembers(spec)) return membersEntryFaults(spec.members ?? [], team.pipeline.length > 0);
  const names = team.roles.map((role) => role.name);
  const at = SPEC.child("entry");
  if (spec.entry === undefined) {
    const isNeeded = team.mode === "dynamic" && names.length > 0;
    return isNeeded
      ? [fault(at, "required", `a team without pipeline needs entry, the role that receives the task${hintOf("", names)}`)]
      : [];
  }
  if (spec.routing !== undefined || names.includes(spec.entry)) return [];
  return [fault(at, "notFound", `${JSON.stringify(spec.entry)} is no role of this team${hintOf(spec.entry, names)}`)];
};

/** B1, B10: exactly one member has `entry: true`; beside a pipeline it may be left out. */
function membersEntryFaults(members: readonly { readonly entry?: boolean }[], hasPipeline: boolean): FieldError[] {
  const entries = [...members.keys()].filter((i) => members[i]?.entry === true);
  const at = SPEC.child("members");
  if (entries.length === 0 && members.length > 0 && !hasPipeline)
    return [fault(at, "required", "one member needs entry: true, the role that receives the task")];
  return entries
    .slice(1)
    .map((i) =>
      fault(
        at.child(i, "entry"),
        "duplicate",
        `${at.child(entries[0] ?? 0).toString()} has entry: true already; only one member receives the task`,
      ),
    );
}

/** The older shape allows hyphens (B1). A dot would separate in the queue's name, so it is no part of any name. */
const LEGACY_NAME = /^[a-z]([a-z0-9_-]{0,61}[a-z0-9])?$/;

/** B12 */
const roleNamesFitTemplates: Rule<TeamSubject> = ({ spec, team, places }) =>
  team.roles.flatMap(({ name }, i) => {
    const isLegacy = hasMembers(spec);
    if (isLegacy ? LEGACY_NAME.test(name) : isTemplateName(name)) return [];
    return [nameFault(name, places.roleName(i))];
  });

/** B12: a name that cannot stand in a template, with the nearest one that can. */
export function nameFault(name: string, at: FieldPath): FieldError {
  const hint = templateNameHint(name);
  const wayOut = hint === undefined ? "a lower-case letter, then letters, digits and single words joined by _" : JSON.stringify(hint);
  return fault(at, "name", `${JSON.stringify(name)} cannot be used in a template; write ${wayOut}`);
}

/** B13a */
const rolesAreDistinct: Rule<TeamSubject> = ({ spec, team, places }) =>
  duplicates(
    team.roles.map((role) => role.name),
    places.roles,
    hasMembers(spec) ? "role" : "name",
    "role",
  );

const ONE_OF_THREE = "a role is exactly one of inline (model and systemPrompt), arkAgent and arkTeam";

/** B14 */
const rolesAreOneThing: Rule<TeamSubject> = ({ spec, places }) => {
  if (hasMembers(spec)) return [];
  return (spec.roles ?? []).flatMap((role, i) => {
    const at = places.role(i);
    const kinds = exactlyOne(role, ["model", "arkAgent", "arkTeam"], at, ONE_OF_THREE);
    const prompts = ["systemPrompt", "systemPromptRef"].filter((field) => Object.hasOwn(role, field));
    if (kinds.length > 0)
      return kinds[0]?.code === "required" && prompts.length > 0
        ? [fault(at.child("model"), "required", "an inline role needs a model")]
        : kinds;
    if (role.model !== undefined) return promptsGivenFaults(prompts, at);
    const other = role.arkAgent === undefined ? "the team's roles have their own" : "the ArkAgent has its own";
    return prompts.map((field) => fault(at.child(field), "forbidden", `goes with model only; ${other}`));
  });
};

function promptsGivenFaults(prompts: readonly string[], at: FieldPath): FieldError[] {
  if (prompts.length === 1) return [];
  if (prompts.length === 0)
    return [fault(at.child("systemPrompt"), "required", "an inline role needs either systemPrompt or systemPromptRef")];
  return [fault(at, "forbidden", "systemPrompt and systemPromptRef exclude each other; give either systemPrompt or systemPromptRef")];
}

/** B14 */
const teamsAreSteps: Rule<TeamSubject> = ({ team, places }) =>
  team.pipeline.length > 0
    ? []
    : team.roles.flatMap((role, i) =>
        role.is === "team"
          ? [fault(places.role(i).child("arkTeam"), "forbidden", "a team can only run as a step; add a pipeline, or use arkAgent")]
          : [],
      );

/** What an ArkAgent must keep, an inline role must keep too (B13a, B15, B18). */
const inlineRolesAreAgents: Rule<TeamSubject> = ({ spec, places, context }) =>
  hasMembers(spec) ? [] : (spec.roles ?? []).flatMap((role, i) => broken(agentFieldRules, { fields: role, at: places.role(i), context }));

/** B11: whoever a role may delegate to exists and is somebody else. */
const delegatesExist: Rule<TeamSubject> = function* ({ team, places }) {
  const roleOf = new Map(team.roles.map((role) => [role.name, role]));
  const hint = hinter([...roleOf.keys()]);
  for (const [i, role] of team.roles.entries()) {
    for (const [j, target] of role.canDelegate.entries()) {
      if (target === "*") continue;
      const here = places.delegates(i).child(j);
      const other = roleOf.get(target);
      if (target === role.name) yield fault(here, "invalid", "a role cannot delegate to itself; remove the entry");
      else if (other === undefined) yield fault(here, "notFound", `${JSON.stringify(target)} is no role of this team${hint(target)}`);
      else if (other.is === "team") {
        yield fault(here, "invalid", `role ${JSON.stringify(target)} is a whole team, which runs as a step and takes no delegated task`);
      }
    }
  }
};

/** Teams as steps have no model that could delegate. */
const teamsDelegateNothing: Rule<TeamSubject> = ({ team, places }) =>
  team.roles.flatMap((role, i) =>
    role.is === "team" && role.canDelegate.length > 0
      ? [fault(places.delegates(i), "forbidden", `a team delegates within itself; take ${places.words.delegates} out`)]
      : [],
  );

/** B11: `["*"]` is bounded by the runtime. */
const delegationIsAcyclic: Rule<TeamSubject> = ({ team, places }) => {
  const edges = team.roles.map(({ name, canDelegate }) => ({
    key: name,
    deps: canDelegate.includes("*") ? [] : canDelegate.filter((target) => target !== name),
  }));
  return cyclesOf(edges).map((cycle) =>
    fault(places.roles, "cycle", `delegation cycle ${cycle.join(" → ")}; take one of them out of ${places.words.delegates}`),
  );
};

/** B15 */
const routerPromptFits: Rule<TeamSubject> = ({ spec }) => promptFaults(spec.routing?.systemPrompt, SPEC.child("routing", "systemPrompt"));

/** B15 */
const promptsFitTogether: Rule<TeamSubject> = ({ spec }) => {
  const prompts = [...(spec.roles ?? []).map((role) => role.systemPrompt), spec.routing?.systemPrompt];
  const bytes = prompts.reduce((sum, prompt) => sum + promptBytes(prompt), 0);
  if (bytes <= MAX_TEAM_PROMPTS_BYTES) return [];
  return [
    fault(
      SPEC.child("roles"),
      "tooLong",
      `all prompts together have ${bytes} bytes, more than ${MAX_TEAM_PROMPTS_BYTES}; move some into ArkAgents or ConfigMaps`,
    ),
  ];
};

/** B14: teams of teams of teams come to an end, as far as the referenced teams are known. */
const teamsAreAcyclic: Rule<TeamSubject> = ({ team, places, context }) => {
  const direct = subTeamsOf(team);
  const known = new Map([[team.name, direct]]);
  const queue = [...direct];
  for (let at = 0; at < queue.length && known.size < MAX_TEAMS_FOLLOWED; at++) {
    const name = queue[at] ?? "";
    if (known.has(name)) continue;
    const other = context.teamOf?.(name);
    const deps = other ? subTeamsOf(other) : [];
    known.set(name, deps);
    queue.push(...deps);
  }
  // Circles of other teams are theirs to mend: only what leads back here is this team's fault.
  const cycle = findCycle([...known].map(([key, deps]) => ({ key, deps })));
  if (cycle?.[0] !== team.name) return [];
  const index = team.roles.findIndex((role) => role.is === "team" && role.arkTeam === cycle[1]);
  return [fault(places.role(index).child("arkTeam"), "cycle", `teams run each other for ever: ${cycle.join(" → ")}; take one of them out`)];
};

/** A bound for what one check asks of its context; nobody nests teams like that. */
const MAX_TEAMS_FOLLOWED = 1_000;

function subTeamsOf(team: { readonly roles: TeamSubject["team"]["roles"] }): string[] {
  return team.roles.flatMap((role) => (role.is === "team" ? [role.arkTeam] : []));
}

/** The rules of `roles`, `members`, `entry` and `routing`. */
export const roleRules: readonly Rule<TeamSubject>[] = [
  rolesHaveOneShape,
  somebodyWorks,
  routingStandsAlone,
  entryIsARole,
  roleNamesFitTemplates,
  rolesAreDistinct,
  rolesAreOneThing,
  teamsAreSteps,
  inlineRolesAreAgents,
  delegatesExist,
  teamsDelegateNothing,
  delegationIsAcyclic,
  routerPromptFits,
  promptsFitTogether,
  teamsAreAcyclic,
];

/** Fields of a role that mean something whatever it is. */
const FIELDS_OF_ANY_ROLE = new Set(["name", "arkAgent", "arkTeam", "canDelegate", "model", "systemPrompt", "systemPromptRef"]);

/** A role that is somebody else's agent or a team takes no field of an agent. */
const fieldsHaveEffect: Rule<TeamSubject> = ({ spec, places }) =>
  hasMembers(spec)
    ? []
    : (spec.roles ?? []).flatMap((role, i) => {
        const other = role.arkAgent === undefined ? "arkTeam" : "arkAgent";
        if (role.model !== undefined || role[other] === undefined) return [];
        const idle = Object.keys(role).filter((field) => !FIELDS_OF_ANY_ROLE.has(field));
        return idle.map((field) =>
          fault(
            places.role(i).child(field),
            "forbidden",
            `has no effect beside ${other}; set it on ${JSON.stringify(role[other])} instead`,
          ),
        );
      });

/** What is accepted in roles, but worth a word. */
export const roleWarnings: readonly Rule<TeamSubject>[] = [
  ({ spec, places, context }) =>
    hasMembers(spec) ? [] : (spec.roles ?? []).flatMap((role, i) => broken(agentWarnings, { fields: role, at: places.role(i), context })),
  fieldsHaveEffect,
  ({ spec }) => promptWarnings(spec.routing?.systemPrompt, SPEC.child("routing", "systemPrompt")),
];
