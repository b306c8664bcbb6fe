// The steps of a pipeline: names, order, limits (B12, B13, B13a). Their templates are templateRules.ts's business.
import { type FieldError, fault } from "../fault.ts";
import { type FieldPath, SPEC } from "../fieldPath.ts";
import { MAX_PIPELINE_STEPS } from "../limits.ts";
import { isTemplateName } from "../names.ts";
import { compilePattern, PatternError } from "../pattern.ts";
import { cyclesOf, hinter, type Rule } from "../rule.ts";
import { schemaFaults } from "../schemaFaults.ts";
import type { CanonicalStep } from "./canonical.ts";
import { nameFault } from "./roleRules.ts";
import type { TeamSubject } from "./subject.ts";

const PIPELINE = SPEC.child("pipeline");

/** B13a */
const stepsAreFew: Rule<TeamSubject> = ({ team }) =>
  team.pipeline.length > MAX_PIPELINE_STEPS
    ? [
        fault(
          PIPELINE,
          "tooMany",
          `${team.pipeline.length} steps; a pipeline has at most ${MAX_PIPELINE_STEPS}, make parts of it teams of their own`,
        ),
      ]
    : [];

/** Where a step's name was written: in `name`, or as its role. */
function nameAt({ spec }: TeamSubject, i: number): FieldPath {
  return PIPELINE.child(i, spec.pipeline?.[i]?.name === undefined ? "role" : "name");
}

/** B12. A role that exists says itself what is wrong with its name, and an older one may have hyphens (B1). */
const stepNamesFitTemplates: Rule<TeamSubject> = (subject) => {
  const roles = new Set(subject.team.roles.map((role) => role.name));
  return subject.team.pipeline.flatMap((step, i) => {
    const isRoles = subject.spec.pipeline?.[i]?.name === undefined && roles.has(step.role);
    return isRoles || isTemplateName(step.name) ? [] : [nameFault(step.name, nameAt(subject, i))];
  });
};

/** B13 */
const stepsAreDistinct: Rule<TeamSubject> = (subject) => {
  const firstOf = new Map<string, number>();
  return subject.team.pipeline.flatMap((step, i) => {
    const first = firstOf.get(step.name);
    if (first === undefined) {
      firstOf.set(step.name, i);
      return [];
    }
    const message = `step ${JSON.stringify(step.name)} stands at ${PIPELINE.child(first).toString()} already; give one of them a name of its own`;
    return [fault(nameAt(subject, i), "duplicate", message)];
  });
};

/** B13: a step that looks its agent up needs no role. */
const stepRolesExist: Rule<TeamSubject> = ({ team }) => {
  const names = team.roles.map((role) => role.name);
  const known = new Set(names);
  const hint = hinter(names);
  return team.pipeline.flatMap((step, i) =>
    step.registryLookup !== undefined || known.has(step.role)
      ? []
      : [fault(PIPELINE.child(i, "role"), "notFound", `${JSON.stringify(step.role)} is no role of this team${hint(step.role)}`)],
  );
};

/** B13 */
const dependenciesExist: Rule<TeamSubject> = function* ({ team }) {
  const names = team.pipeline.map((step) => step.name);
  const known = new Set(names);
  const nameOfRole = new Map(team.pipeline.map((step) => [step.role, step.name]));
  const hint = hinter(names);
  for (const [i, step] of team.pipeline.entries()) {
    for (const [j, dependency] of step.dependsOn.entries()) {
      const here = PIPELINE.child(i, "dependsOn", j);
      const renamed = nameOfRole.get(dependency);
      if (dependency === step.name)
        yield fault(here, "invalid", "a step cannot wait for itself; remove the entry, or use loop to repeat the step");
      else if (!known.has(dependency)) {
        const wayOut = renamed === undefined ? hint(dependency) : `; the step of this role is called ${JSON.stringify(renamed)}`;
        yield fault(here, "notFound", `${JSON.stringify(dependency)} is no step of this pipeline${wayOut}`);
      }
    }
  }
};

/** B13 */
const dependenciesAreAcyclic: Rule<TeamSubject> = ({ team }) => {
  const nodes = team.pipeline.map(({ name, dependsOn }) => ({ key: name, deps: dependsOn.filter((other) => other !== name) }));
  return cyclesOf(nodes).map((cycle) =>
    fault(PIPELINE, "cycle", `dependency cycle ${cycle.join(" → ")}; take one of them out of dependsOn`),
  );
};

const MAX_LOOPS = 100;

/** B13 */
const loopsEnd: Rule<TeamSubject> = eachStep((step, at) => {
  const times = step.loop?.maxIterations ?? 1;
  return times >= 1 && times <= MAX_LOOPS
    ? []
    : [fault(at.child("loop", "maxIterations"), "range", `must be between 1 and ${MAX_LOOPS}, not ${times}`)];
});

/** B13 */
const schemasCompile: Rule<TeamSubject> = eachStep((step, at) => [
  ...schemaFaults(step.outputSchema, at.child("outputSchema")),
  ...schemaFaults(step.validate?.schema, at.child("validate", "schema")),
]);

/** B13 */
const patternsCompile: Rule<TeamSubject> = eachStep((step, at) =>
  (step.validate?.rejectPatterns ?? []).flatMap((pattern, i) => {
    try {
      compilePattern(pattern);
      return [];
    } catch (error) {
      if (error instanceof PatternError) return [fault(at.child("validate", "rejectPatterns", i), "regex", error.message)];
      throw error;
    }
  }),
);

function eachStep(check: (step: CanonicalStep, at: FieldPath) => readonly FieldError[]): Rule<TeamSubject> {
  return ({ team }) => team.pipeline.flatMap((step, i) => check(step, PIPELINE.child(i)));
}

/** The rules of `pipeline` but for its templates. */
export const pipelineRules: readonly Rule<TeamSubject>[] = [
  stepsAreFew,
  stepNamesFitTemplates,
  stepsAreDistinct,
  stepRolesExist,
  dependenciesExist,
  dependenciesAreAcyclic,
  loopsEnd,
  schemasCompile,
  patternsCompile,
];
