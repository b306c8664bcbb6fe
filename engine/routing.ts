// Routed teams (B98): one model call chooses a capability; who offers it gets the task. A choice that makes no sense, and a router that
// failed, use the fallback.
import type { CanonicalCapability, CanonicalRouting } from "../crds/index.ts";
import type { Choice } from "./choice.ts";
import { MAX_MESSAGE } from "./limits.ts";
import type { Pass } from "./pass.ts";
import { offering } from "./registry.ts";
import type { StepState } from "./runIndex.ts";
import { chooseAgent } from "./target.ts";
import { cutMessage } from "./text.ts";
import { fail, succeed } from "./transitions.ts";

/** Every capability that can be chosen, each once, sorted by id. */
export function choices(pass: Pass, routing: CanonicalRouting): CanonicalCapability[] {
  const byId = new Map<string, CanonicalCapability>();
  for (const { capabilities } of pass.world.registry(registryOf(pass, routing))) {
    for (const capability of capabilities) if (!byId.has(capability.id)) byId.set(capability.id, capability);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Ends the route step: with the agent that was chosen, or the fallback, or as failed. `trouble` says what the router did wrong. */
export function decideRoute(pass: Pass, state: StepState, routing: CanonicalRouting, choice: Choice | undefined, trouble: string): void {
  const { index, nowMs, world } = pass;
  const { entry } = state;
  const agents = choice === undefined ? [] : offering(world.registry(registryOf(pass, routing)), choice.capability, []);
  const chosen = chooseAgent(pass, agents, "least-busy");
  if (choice !== undefined && chosen !== undefined) {
    entry.resolvedAgent = chosen.agent;
    entry.selectedCapability = choice.capability;
    entry.routingReason = cutMessage(choice.reason, MAX_MESSAGE);
    succeed(index, state, nowMs);
    return;
  }
  const why = choice === undefined ? trouble : `the router chose "${choice.capability}", which no agent offers`;
  if (routing.fallback === undefined) {
    fail(index, state, "RegistryLookupFailed", `${why}, and routing has no fallback`, nowMs);
    return;
  }
  entry.resolvedAgent = routing.fallback;
  entry.routingReason = cutMessage(`fallback: ${why}`, MAX_MESSAGE);
  succeed(index, state, nowMs, `fallback "${routing.fallback}": ${why}`);
}

function registryOf({ index }: Pass, routing: CanonicalRouting): string | undefined {
  return routing.registryRef ?? index.snapshot.team?.registryRef;
}
