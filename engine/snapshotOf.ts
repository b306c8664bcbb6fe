// The record that a run runs, made once from the team and its agents as they are now; later edits of either change nothing (DESIGN §4).
import {
  type AgentConfig,
  agentOfRole,
  agentSnapshotOf,
  type CanonicalTeam,
  ROUTE,
  type RunSnapshot,
  roleSnapshotOf,
  routerAgentName,
  routerQueueName,
} from "../crds/index.ts";

/** A team's snapshot, or the names of agents that have no configuration: they do not exist (yet). */
export function snapshotOfTeam(
  team: CanonicalTeam,
  configOf: (agent: string) => AgentConfig | undefined,
): { readonly snapshot: RunSnapshot; readonly missing: readonly string[] } {
  const missing = new Set<string>();
  const roles = team.roles.flatMap((role) => {
    const agent = agentOfRole(team, role);
    if (agent === undefined) return [];
    const config = configOf(agent);
    if (config === undefined) missing.add(agent);
    return config === undefined ? [] : [roleSnapshotOf(team, role, config)];
  });
  if (team.routing !== undefined) {
    const router = routerAgentName(team.name);
    const config = configOf(router);
    if (config === undefined) missing.add(router);
    else roles.push({ ...agentSnapshotOf(config), role: ROUTE, queue: routerQueueName(team) });
  }
  return { snapshot: { v: 1, team, roles }, missing: [...missing] };
}

/** The snapshot of an agent's run (B51a). */
export function snapshotOfAgent(config: AgentConfig): RunSnapshot {
  return { v: 1, agent: config.agent, roles: [agentSnapshotOf(config)] };
}
