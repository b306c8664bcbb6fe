// What a team is given: declared parameters and default values (B13a), and the input of a run (B17).
import { type FieldError, fault } from "../fault.ts";
import { type FieldPath, SPEC } from "../fieldPath.ts";
import { duplicates, hintOf, type Rule } from "../rule.ts";
import type { CanonicalInput, CanonicalTeam } from "./canonical.ts";
import type { TeamSubject } from "./subject.ts";

/** B13a */
const inputsAreDistinct: Rule<TeamSubject> = ({ team }) =>
  duplicates(
    (team.inputs ?? []).map((input) => input.name),
    SPEC.child("inputs"),
    "name",
    "input",
  );

/** B13a */
const defaultsFitTheirTypes: Rule<TeamSubject> = ({ team }) =>
  (team.inputs ?? []).flatMap((input, i) =>
    input.default === undefined ? [] : typeFaults(input, input.default, SPEC.child("inputs", i, "default")),
  );

/** `input` holds defaults for `inputs`: what no run may give, the team may not give either. */
const defaultInputIsDeclared: Rule<TeamSubject> = ({ team }) => declaredFaults(team, team.input, SPEC.child("input"));

/** The rules of `input` and `inputs`. */
export const inputRules: readonly Rule<TeamSubject>[] = [inputsAreDistinct, defaultsFitTheirTypes, defaultInputIsDeclared];

/**
 * B17: what is wrong with the input of a run of this team, before any token is spent. Faults of what is given first, in its order, then
 * what is missing. A team that declares no `inputs` takes anything. Paths begin with `spec.input`.
 */
export function checkRunInput(team: CanonicalTeam, input: Readonly<Record<string, unknown>>): FieldError[] {
  const at = SPEC.child("input");
  const missing = (team.inputs ?? []).filter(
    (declared) =>
      declared.required && !hasValue(input, declared.name) && !hasValue(team.input, declared.name) && (declared.default ?? null) === null,
  );
  return [
    ...declaredFaults(team, input, at),
    ...missing.map(({ name, type, description }) => {
      const what = description === "" ? "" : ` (${description})`;
      return fault(
        at.child(name),
        "required",
        `team ${JSON.stringify(team.name)} needs the input ${JSON.stringify(name)}, ${withArticle(type)}${what}`,
      );
    }),
  ];
}

/** Values of keys that nobody declared, and of other types than declared. */
function declaredFaults({ inputs }: CanonicalTeam, values: Readonly<Record<string, unknown>>, at: FieldPath): FieldError[] {
  if (inputs === undefined) return [];
  const declared = new Map(inputs.map((input) => [input.name, input]));
  return Object.keys(values).flatMap((key) => {
    const input = declared.get(key);
    if (input !== undefined) return typeFaults(input, values[key], at.child(key));
    const hint = declared.size === 0 ? "; the team takes no input" : hintOf(key, [...declared.keys()]);
    return [fault(at.child(key), "unknownField", `${JSON.stringify(key)} is no declared input${hint}`)];
  });
}

/** Null is no value: it counts as missing. */
function typeFaults({ name, type }: CanonicalInput, value: unknown, at: FieldPath): FieldError[] {
  if (value === null || value === undefined || typeOf(value) === type) return [];
  return [fault(at, "type", `input ${JSON.stringify(name)} must be ${withArticle(type)}, not ${withArticle(typeOf(value))}`)];
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

function withArticle(type: string): string {
  return `${/^[ao]/.test(type) ? "an" : "a"} ${type}`;
}

function hasValue(values: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.hasOwn(values, key) && values[key] !== null && values[key] !== undefined;
}
