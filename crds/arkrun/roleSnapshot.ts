// One role of a run, as it is remembered and as its agent gets it.
import type { AgentConfig } from "../arkagent/config.ts";
import type { CanonicalRole, CanonicalTeam } from "../arkteam/canonical.ts";
import { delegatesOf } from "../arkteam/normalize.ts";
import { given } from "../given.ts";
import { agentQueueName, managedAgentName, roleQueueName } from "../names.ts";
import type { RoleSnapshot } from "./snapshot.ts";

/** Name of the one role, and of the one step, of a run without a team (B51a). */
export const AGENT_ROLE = "agent";

/** The ArkAgent that serves a role: the one it names, or the one that is made for it. Undefined when a whole team does. */
export function agentOfRole(team: Pick<CanonicalTeam, "name">, role: CanonicalRole): string | undefined {
  switch (role.is) {
    case "inline":
      return managedAgentName(team.name, role.name);
    case "agent":
      return role.arkAgent;
    case "team":
      return undefined;
  }
}

/** A role of a team, served by the agent with this configuration. `*` in `canDelegate` is expanded. */
export function roleSnapshotOf(team: CanonicalTeam, role: CanonicalRole, config: AgentConfig): RoleSnapshot {
  const queue = roleQueueName(team.namespace, team.name, role.name);
  return snapshotOf(role.name, queue, delegatesOf(team, role.name), config);
}

/** The one role of a run of an agent without a team. */
export function agentSnapshotOf(config: AgentConfig): RoleSnapshot {
  return snapshotOf(AGENT_ROLE, agentQueueName(config.namespace, config.agent), [], config);
}

function snapshotOf(role: string, queue: string, canDelegate: readonly string[], config: AgentConfig): RoleSnapshot {
  const { agent, model, before, after, limits, provider, temperature, outputFormat } = config;
  const optional = given({ provider, prompt: config.prompt.inline, temperature, outputFormat });
  return { role, agent, queue, model, before, after, limits, canDelegate, ...optional };
}
