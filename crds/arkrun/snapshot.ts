// What a run runs: the team and its roles as they were when the first step was dispatched. Written once into `status.snapshot`; an
// edit of the team never changes a run. The same record is what an agent gets as a blob, named by the digest in the envelope.
import type { CanonicalLimits } from "../arkagent/canonical.ts";
import type { CanonicalTeam } from "../arkteam/canonical.ts";

/** One role, resolved: which agent serves it, through which queue, with which prompt and model. */
export interface RoleSnapshot {
  readonly role: string;
  /** The ArkAgent's name: `<team>-<role>` of an inline role (`_` becomes `-`), or the one named. */
  readonly agent: string;
  /** `<namespace>.<team>.<role>`, or `<namespace>._.<agent>` for work without a team. */
  readonly queue: string;
  readonly model: string;
  readonly provider?: string;
  /** Absent when the prompt comes from a Secret: then it is a file in the pod. */
  readonly prompt?: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly temperature?: number;
  readonly outputFormat?: "structured-json" | "markdown" | "plain";
  readonly limits: CanonicalLimits;
  /** Roles by name, `*` expanded. */
  readonly canDelegate: readonly string[];
}

/** The record itself. Exactly one of `team` and `agent` says what is run. */
export interface RunSnapshot {
  readonly v: 1;
  readonly team?: CanonicalTeam;
  /** Name of the ArkAgent of a run without a team; its one role is `agent`. */
  readonly agent?: string;
  readonly roles: readonly RoleSnapshot[];
}
