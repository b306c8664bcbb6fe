// The agent that routes (B98): a routed team has one of its own, made like an inline role's.
import type { CanonicalAgent } from "../arkagent/canonical.ts";
import { normalizeAgentFields } from "../arkagent/normalize.ts";
import { managedAgentName, roleQueueName } from "../names.ts";
import type { CanonicalTeam } from "./canonical.ts";

/** Name of the synthetic step and role that route. */
export const ROUTE = "route";

/** The ArkAgent that routes for a team: `<team>-router`. */
export function routerAgentName(team: string): string {
  return managedAgentName(team, "router");
}

/** The router's queue: `<namespace>.<team>.route`. */
export function routerQueueName({ namespace, name }: Pick<CanonicalTeam, "namespace" | "name">): string {
  return roleQueueName(namespace, name, ROUTE);
}

/** What the router is made of; undefined for a team that does not route. It has no tools, no memory and no settings. */
export function routerAgentOf(team: CanonicalTeam): CanonicalAgent | undefined {
  return team.routing && normalizeAgentFields({ model: team.routing.model, systemPrompt: team.routing.systemPrompt });
}
