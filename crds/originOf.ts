// Faults name what the user wrote, and everything behind admission sees canonical shapes: the way back (SPEC §3).
import { hasMembers } from "./arkteam/normalize.ts";
import { FieldPath } from "./fieldPath.ts";
import type { ArkTeam } from "./generated/types.ts";
import { parsePath } from "./text/parsePath.ts";

/**
 * Where in the stored team a canonical place was written: of a team with `members` (B1), `spec.roles[1].canDelegate[0]` is
 * `spec.members[1].delegates[0]`, `spec.entry` the `entry` of the member that has it; a step's name may be its `role`, a role's
 * `limits.maxConcurrentTasks` may stand under `resources` (B2a). Every other place is its own origin.
 */
export function originOf(team: ArkTeam, path: FieldPath | string): string {
  const { segments } = typeof path === "string" ? parsePath(path) : path;
  return new FieldPath(originSegments(team, segments)).toString();
}

type Segments = readonly (string | number)[];

function originSegments({ spec }: ArkTeam, segments: Segments): Segments {
  const [root, list, index, field, ...rest] = segments;
  if (root !== "spec") return segments;
  if (list === "entry" && hasMembers(spec) && spec.entry === undefined) {
    const member = spec.members?.findIndex(({ entry }) => entry === true) ?? -1;
    return member === -1 ? ["spec", "members"] : ["spec", "members", member, "entry"];
  }
  if (list === "roles" && hasMembers(spec)) {
    const older: Readonly<Record<string, string>> = { name: "role", canDelegate: "delegates" };
    const written = typeof field === "string" && Object.hasOwn(older, field) ? older[field] : field;
    return ["spec", "members", index, written, ...rest].filter((segment) => segment !== undefined);
  }
  if (typeof index !== "number") return segments;
  if (list === "roles" && field === "limits" && rest[0] === "maxConcurrentTasks") {
    const role = spec.roles?.[index];
    const isOlder = role?.limits?.maxConcurrentTasks === undefined && role?.resources?.maxConcurrentTasks !== undefined;
    return isOlder ? ["spec", "roles", index, "resources", "maxConcurrentTasks"] : segments;
  }
  if (list === "pipeline" && field === "name" && spec.pipeline?.[index]?.name === undefined) return ["spec", "pipeline", index, "role"];
  return segments;
}
