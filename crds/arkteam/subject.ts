// What a rule of teams is asked about: the stored team, the same in its canonical shape, and where the user wrote each part of it.
import { type FieldPath, SPEC } from "../fieldPath.ts";
import type { ArkTeam, ArkTeamSpec } from "../generated/types.ts";
import type { CheckContext } from "../rule.ts";
import type { CanonicalTeam } from "./canonical.ts";
import { hasMembers, normalizeArkTeam } from "./normalize.ts";

/** A team whose shape is right. Rules read `team`, and `spec` only for what the canonical shape no longer shows. */
export interface TeamSubject {
  readonly spec: ArkTeamSpec;
  readonly team: CanonicalTeam;
  readonly context: CheckContext;
  readonly places: TeamPlaces;
}

/** Where the user wrote the parts of a role: `roles` and `members` have the same order and other names (B1). */
export interface TeamPlaces {
  /** The list of roles. */
  readonly roles: FieldPath;
  role(index: number): FieldPath;
  roleName(index: number): FieldPath;
  delegates(index: number): FieldPath;
  /** Words for messages: the fields' names. */
  readonly words: { readonly roles: string; readonly delegates: string };
}

/** Everything that the rules of teams read. */
export function teamSubject(object: ArkTeam, context: CheckContext): TeamSubject {
  return { spec: object.spec, team: normalizeArkTeam(object), context, places: placesOf(object.spec) };
}

function placesOf(spec: ArkTeamSpec): TeamPlaces {
  const [roles, name, delegates] = hasMembers(spec) ? ["members", "role", "delegates"] : ["roles", "name", "canDelegate"];
  const list = SPEC.child(roles);
  return {
    roles: list,
    role: (index) => list.child(index),
    roleName: (index) => list.child(index, name),
    delegates: (index) => list.child(index, delegates),
    words: { roles, delegates },
  };
}
