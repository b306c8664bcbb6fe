// Which agent does a step, and through which queue. What was chosen once stands in the status (`resolvedAgent`): asked again after a
// crash, the same step goes to the same agent.
import { agentQueueName, type CanonicalLimits, type CanonicalLookup, type RoleSnapshot } from "../crds/index.ts";
import type { QueueName } from "../plugins/sdk/index.ts";
import type { Pass } from "./pass.ts";
import { ROUTE_STEP } from "./plannedStep.ts";
import { choose, offering } from "./registry.ts";
import type { RunIndex, StepState } from "./runIndex.ts";
import type { RegistryAgent } from "./world.ts";

/** Where a task goes. `role` and `team` are the envelope's: the agent's name and "_" without a team. */
export interface Target {
  readonly agent: string;
  readonly queue: QueueName;
  readonly team: string;
  readonly role: string;
  readonly limits: CanonicalLimits;
  readonly mayDelegate: readonly string[];
}

/** Used for an agent that is found by name alone, when nobody knows its limits: those of SPEC §2.1. */
const DEFAULT_LIMITS: CanonicalLimits = {
  maxTokensPerCall: 8_000,
  maxConcurrentTasks: 5,
  timeoutSeconds: 120,
  maxDailyTokens: 0,
  retries: 3,
};

/** The target of a step that an agent does, or why there is none. Writes `resolvedAgent` where something was chosen. */
export function targetOf(pass: Pass, state: StepState): Target | { readonly reason: string; readonly message: string } {
  const { index } = pass;
  const work = state.planned?.work;
  switch (work?.is) {
    case "role":
      return roleTarget(index, work.role);
    case "route":
      return roleTarget(index, work.router);
    case "routed": {
      const agent = index.steps.get(ROUTE_STEP)?.entry.resolvedAgent;
      if (agent === undefined) return { reason: "RegistryLookupFailed", message: "the router chose no agent" };
      state.entry.resolvedAgent = agent;
      return agentTarget(pass, agent, index.snapshot.team?.routing?.registryRef ?? index.snapshot.team?.registryRef);
    }
    case "lookup":
      return lookupTarget(pass, state, work.lookup);
    default:
      return { reason: "RoleNotFound", message: `the run's snapshot has no role "${state.planned?.step.role ?? ""}"` };
  }
}

/** Chooses among agents that offer a capability and counts the choice. */
export function chooseAgent(
  pass: Pass,
  agents: readonly RegistryAgent[],
  strategy: CanonicalLookup["strategy"],
): RegistryAgent | undefined {
  const { world, assigned } = pass;
  // Several choices of one pass: each takes the next turn, and the golden ratio spreads one number evenly over them.
  const chance = (world.chance + pass.choices * 0.618_033_988_749_895) % 1;
  const chosen = choose(agents, strategy, { rotation: world.rotation + pass.choices, chance, assigned });
  if (chosen === undefined) return undefined;
  pass.choices += 1;
  assigned.set(chosen.agent, (assigned.get(chosen.agent) ?? 0) + 1);
  return chosen;
}

/** The queue and role by which an envelope reaches the step that an entry stands for; for cancelling and looking, after a restart. */
export function queueOfStep(index: RunIndex, state: StepState): QueueName {
  const work = state.planned?.work;
  const { entry } = state;
  if (work?.is === "role") return work.role.queue;
  if (work?.is === "route") return work.router.queue;
  if (entry.resolvedAgent !== undefined)
    return roleWithAgent(index, state, entry.resolvedAgent)?.queue ?? agentQueueName(index.namespace, entry.resolvedAgent);
  return roleNamed(index, entry.role ?? "")?.queue ?? agentQueueName(index.namespace, entry.role ?? "");
}

/** The role of the snapshot with this name. */
export function roleNamed(index: RunIndex, name: string): RoleSnapshot | undefined {
  return index.snapshot.roles.find((role) => role.role === name);
}

function lookupTarget(
  pass: Pass,
  state: StepState,
  lookup: CanonicalLookup,
): Target | { readonly reason: string; readonly message: string } {
  const { index, world } = pass;
  const { entry } = state;
  const ref = lookup.registryRef ?? index.snapshot.team?.registryRef;
  if (entry.resolvedAgent === undefined) {
    const chosen = chooseAgent(pass, offering(world.registry(ref), lookup.capability, lookup.tags), lookup.strategy);
    const fallback = lookup.fallback === undefined ? undefined : (roleNamed(index, lookup.fallback)?.agent ?? lookup.fallback);
    const agent = chosen?.agent ?? fallback;
    if (agent === undefined) {
      const tags = lookup.tags.length === 0 ? "" : ` with tags ${lookup.tags.join(", ")}`;
      return {
        reason: "RegistryLookupFailed",
        message: `no agent offers capability "${lookup.capability}"${tags}, and there is no fallback`,
      };
    }
    entry.resolvedAgent = agent;
    if (chosen !== undefined) entry.selectedCapability = lookup.capability;
  }
  const role = roleWithAgent(index, state, entry.resolvedAgent);
  return role === undefined ? agentTarget(pass, entry.resolvedAgent, ref) : roleTarget(index, role);
}

/** A role that the chosen agent serves: the step's own, else the fallback's. */
function roleWithAgent(index: RunIndex, { planned }: StepState, agent: string): RoleSnapshot | undefined {
  const names = [planned?.step.role, planned?.step.registryLookup?.fallback];
  return index.snapshot.roles.find((role) => role.agent === agent && names.includes(role.role));
}

/** The target of a role of the snapshot. */
export function roleTarget(index: RunIndex, role: RoleSnapshot): Target {
  const { team } = index.snapshot;
  const mayDelegate = role.canDelegate.filter((name) => name !== role.role);
  const envelope = team === undefined ? { team: "_", role: role.agent } : { team: team.name, role: role.role };
  return { agent: role.agent, queue: role.queue, ...envelope, limits: role.limits, mayDelegate };
}

function agentTarget({ index, world }: Pass, agent: string, registryRef: string | undefined): Target {
  const known = world.registry(registryRef).find((each) => each.agent === agent);
  const limits = known?.limits ?? DEFAULT_LIMITS;
  return { agent, queue: agentQueueName(index.namespace, agent), team: "_", role: agent, limits, mayDelegate: [] };
}
