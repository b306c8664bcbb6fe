// Who serves a capability (B97). Choosing is pure: how busy agents are, whose turn it is and chance are handed in.
import type { CanonicalLookup } from "../crds/index.ts";
import type { RegistryAgent } from "./world.ts";

/** Facts for choosing: `assigned` counts the tasks that this very pass has given to an agent and no queue shows yet. */
export interface Choosing {
  readonly rotation: number;
  readonly chance: number;
  readonly assigned: ReadonlyMap<string, number>;
}

/** Agents that offer the capability with all tags, in the order of their names. */
export function offering(agents: readonly RegistryAgent[], capability: string, tags: readonly string[]): RegistryAgent[] {
  return agents
    .filter((agent) => agent.capabilities.some(({ id, tags: offered }) => id === capability && tags.every((tag) => offered.includes(tag))))
    .sort((a, b) => (a.agent < b.agent ? -1 : 1));
}

/** One of several agents; undefined when there is none. Equally busy ones: the first by name. */
export function choose(
  agents: readonly RegistryAgent[],
  strategy: CanonicalLookup["strategy"],
  facts: Choosing,
): RegistryAgent | undefined {
  switch (strategy) {
    case "round-robin":
      return agents[facts.rotation % Math.max(agents.length, 1)];
    case "random":
      return agents[Math.min(Math.floor(facts.chance * agents.length), agents.length - 1)];
    case "least-busy":
      return agents.reduce<RegistryAgent | undefined>((best, agent) => {
        return best === undefined || load(agent, facts) < load(best, facts) ? agent : best;
      }, undefined);
  }
}

function load(agent: RegistryAgent, { assigned }: Choosing): number {
  return agent.depth + (assigned.get(agent.agent) ?? 0);
}
