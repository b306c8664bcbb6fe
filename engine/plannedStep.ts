// What a run has to do, whatever its mode: one list of steps made from the snapshot. A pipeline's own steps; the entry role of a dynamic
// team; `route` and then `agent` of a routed one; `agent` of an agent's run. From here on no code asks for the mode.
import type { CanonicalLookup, CanonicalRouting, CanonicalStep, RoleSnapshot, RunSnapshot } from "../crds/index.ts";

/** Name of the step in which the router chooses (B98). */
export const ROUTE_STEP = "route";
/** Name of the step of an agent's run (B51a), and of the one that follows the router. */
export const AGENT_STEP = "agent";

/** Who does a step. */
export type Work =
  | { readonly is: "role"; readonly role: RoleSnapshot }
  /** A whole team as one step (B48). */
  | { readonly is: "team"; readonly team: string }
  /** An agent found by capability (B97). */
  | { readonly is: "lookup"; readonly lookup: CanonicalLookup }
  | { readonly is: "route"; readonly routing: CanonicalRouting; readonly router: RoleSnapshot }
  /** The agent that the router chose. */
  | { readonly is: "routed" }
  /** The snapshot names nobody: the step fails and says so. */
  | { readonly is: "nobody" };

/** A step and who does it. `prompt`: from the step's inputs, the run's input (entry, router, routed), or verbatim from the run. */
export interface PlannedStep {
  readonly step: CanonicalStep;
  readonly work: Work;
  readonly prompt: "inputs" | "run" | "verbatim";
}

/** Everything that the run does by itself, in the order of declaration. Delegated work is not in it: agents ask for that. */
export function plannedSteps(snapshot: RunSnapshot): PlannedStep[] {
  const roles = new Map(snapshot.roles.map((role) => [role.role, role]));
  const { team } = snapshot;
  if (team === undefined) {
    const role = roles.get(AGENT_STEP) ?? snapshot.roles[0];
    return [{ step: plainStep(AGENT_STEP, AGENT_STEP, []), work: role ? { is: "role", role } : { is: "nobody" }, prompt: "verbatim" }];
  }
  if (team.routing !== undefined) {
    const router = roles.get(ROUTE_STEP);
    const work: Work = router ? { is: "route", routing: team.routing, router } : { is: "nobody" };
    return [
      { step: plainStep(ROUTE_STEP, ROUTE_STEP, []), work, prompt: "run" },
      { step: plainStep(AGENT_STEP, AGENT_STEP, [ROUTE_STEP]), work: { is: "routed" }, prompt: "run" },
    ];
  }
  const workOf = (step: CanonicalStep): Work => {
    if (step.registryLookup !== undefined) return { is: "lookup", lookup: step.registryLookup };
    const declared = team.roles.find((role) => role.name === step.role);
    if (declared?.is === "team") return { is: "team", team: declared.arkTeam };
    const role = roles.get(step.role);
    return role ? { is: "role", role } : { is: "nobody" };
  };
  if (team.pipeline.length > 0) return team.pipeline.map((step) => ({ step, work: workOf(step), prompt: "inputs" }));
  const entry = plainStep(team.entry ?? "", team.entry ?? "", []);
  return [{ step: entry, work: workOf(entry), prompt: "run" }];
}

/** Whether something in the run is chosen by capability, so that its driver has to know who offers what. */
export function usesRegistry(snapshot: RunSnapshot): boolean {
  return snapshot.team?.routing !== undefined || (snapshot.team?.pipeline.some((step) => step.registryLookup !== undefined) ?? false);
}

function plainStep(name: string, role: string, dependsOn: readonly string[]): CanonicalStep {
  return { name, role, inputs: {}, dependsOn, timeoutSeconds: 0, onError: "fail" };
}
