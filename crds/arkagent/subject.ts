// What a rule of agents is asked about.
import type { FieldPath } from "../fieldPath.ts";
import type { CheckContext } from "../rule.ts";
import type { AgentFields } from "./normalize.ts";

/** An ArkAgent's spec or the inline part of a role, where it stands, and what is known beside it. */
export interface AgentSubject {
  readonly fields: AgentFields;
  readonly at: FieldPath;
  readonly context: CheckContext;
}
