// What the templates of a team may read (B13): a step only what has ended before it starts.
import { type FieldPath, SPEC } from "../fieldPath.ts";
import { ancestorsOf } from "../graph.ts";
import { hinter, MAX_FAULTS } from "../rule.ts";
import { type Denied, type Names, type Scope, type ScopeOfNames, scopeOf, type TemplateFindings, templateFaults } from "../templates.ts";
import type { CanonicalStep, CanonicalTeam } from "./canonical.ts";
import type { TeamSubject } from "./subject.ts";

const RUN: Scope = scopeOf({ name: "value", namespace: "value" });
const LOOP: Scope = scopeOf({ iteration: "value" });
const NO_LOOP: Denied = { as: "error", why: "only a step with loop knows .loop; add loop, or take it out" };
const ROLE: Scope = scopeOf({ output: "value" });
const STEP: Scope = scopeOf({ output: "value", phase: "value", data: "any" });

/** B13: faults and warnings (`.data` of steps without a schema, as the public examples have it) of all templates of a team. */
export function teamTemplates({ team, spec }: TeamSubject): TemplateFindings {
  const findings: TemplateFindings[] = [];
  const shared = sharedScopes(team);
  const ancestors = ancestorsOf(team.pipeline.map((step) => ({ key: step.name, deps: step.dependsOn })));
  for (const [i, step] of team.pipeline.entries()) {
    const at = SPEC.child("pipeline", i);
    const before = ancestors.get(step.name) ?? new Set<string>();
    const scope = stepScope(step, before, shared);
    const templates: [FieldPath, string | undefined][] = [
      ...Object.keys(step.inputs).map((key): [FieldPath, string | undefined] => [at.child("inputs", key), step.inputs[key]]),
      [at.child("if"), step.if],
      [at.child("loop", "condition"), step.loop?.condition],
    ];
    for (const [here, text] of templates) {
      const found = text === undefined ? undefined : templateFaults(text, here, scope);
      if (found && (found.errors.length > 0 || found.warnings.length > 0)) findings.push(found);
    }
    if (findings.length >= MAX_FAULTS) break;
  }
  if (spec.output !== undefined) findings.push(templateFaults(spec.output, SPEC.child("output"), outputScope(team, shared)));
  return { errors: findings.flatMap((one) => one.errors), warnings: findings.flatMap((one) => one.warnings) };
}

/** What is the same for all templates of a team. */
interface SharedScopes {
  readonly input: Scope;
  readonly roles: ScopeOfNames;
  readonly stepOf: ReadonlyMap<string, CanonicalStep>;
  readonly stepHint: (name: string) => string;
}

function sharedScopes(team: CanonicalTeam): SharedScopes {
  const names = team.inputs?.map((input): [string, Scope] => [input.name, "any"]);
  return {
    input: names === undefined ? "any" : scopeOf(Object.fromEntries(names), { noun: "input", hint: hinter(names.map(([name]) => name)) }),
    roles: scopeOf(Object.fromEntries(team.roles.map((role) => [role.name, ROLE])), {
      noun: "role",
      hint: hinter(team.roles.map((role) => role.name)),
    }),
    stepOf: new Map(team.pipeline.map((step) => [step.name, step])),
    stepHint: hinter(team.pipeline.map((step) => step.name)),
  };
}

/** Of `pipeline[].inputs`, `if` and `loop.condition`. A lookup's agent is called by its role, which need not be declared. */
function stepScope(self: CanonicalStep, before: ReadonlySet<string>, shared: SharedScopes): Scope {
  const steps: Names = {
    keys: () => shared.stepOf.keys(),
    get(name) {
      const step = shared.stepOf.get(name);
      if (step === undefined) return undefined;
      const isSelf = name === self.name;
      if (isSelf && self.loop === undefined)
        return { as: "error", why: `step ${JSON.stringify(name)} has no output before it has run; use loop to repeat it` };
      if (!isSelf && !before.has(name))
        return { as: "error", why: `step ${JSON.stringify(name)} need not have ended before this one; add it to dependsOn` };
      return outputsOf(step);
    },
  };
  const loop = self.loop === undefined ? NO_LOOP : LOOP;
  return rootScope({ names: steps, noun: "step", hint: shared.stepHint }, shared, { loop });
}

/** Of `output`, which is rendered when all has ended. The synthetic steps of a routed team are the engine's. */
function outputScope(team: CanonicalTeam, shared: SharedScopes): Scope {
  if (team.mode === "routed") return rootScope("any", shared, {});
  const steps: Names = {
    keys: () => shared.stepOf.keys(),
    get(name) {
      const step = shared.stepOf.get(name);
      if (step !== undefined) return outputsOf(step);
      const isRole = team.mode === "dynamic" && shared.roles.names.get(name) !== undefined;
      return isRole ? { as: "error", why: `a team without pipeline has no steps; write .roles.${name}.output` } : undefined;
    },
  };
  return rootScope({ names: steps, noun: "step", hint: shared.stepHint }, shared, {});
}

/** `.pipeline.input` is the older place of `.input` (B2). */
function rootScope(steps: Scope, { input, roles }: SharedScopes, more: Record<string, Scope | Denied>): Scope {
  return scopeOf({ input, steps, roles, run: RUN, pipeline: scopeOf({ input }), ...more });
}

/** What stands below `.steps.<name>`. */
function outputsOf(step: CanonicalStep): Scope {
  if (step.outputSchema !== undefined) return STEP;
  const why = `step ${JSON.stringify(step.name)} has no outputSchema, so its .data is empty; add one`;
  return scopeOf({ output: "value", phase: "value", data: { as: "warning", why, scope: "any" } });
}
