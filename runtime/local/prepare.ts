// What a local run needs, found and checked before anything is called: the target, the teams and agents that it reaches, their
// configurations, its input. All faults come at once; no token is spent for a run that cannot work (B17, B100).
import {
  type AgentConfig,
  agentConfigOf,
  agentOfRole,
  agentQueueName,
  type CanonicalAgent,
  type CanonicalTeam,
  checkRunInput,
  type FieldPath,
  type JsonValue,
  nearest,
  ROUTE,
  roleQueueName,
  routerAgentName,
  routerAgentOf,
  routerQueueName,
  SPEC,
} from "../../crds/index.ts";
import type { LocalObjects } from "./localObjects.ts";

/** What the user asks for. */
export interface LocalRequest {
  readonly objects: LocalObjects;
  /** The team to run, by name; absent: the only one there is. */
  readonly team?: string | undefined;
  /** An agent to run instead. */
  readonly agent?: string | undefined;
  readonly input: Readonly<Record<string, JsonValue>>;
  /** Instead of the team's own. */
  readonly maxTokens?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** An agent that the run may need, with all the queues that it serves. */
export interface LocalAgent {
  readonly config: AgentConfig;
  readonly replicas: number;
  /** The registry that it joins; absent: any of its namespace. */
  readonly registryRef?: string | undefined;
}

/** Everything found. Nothing has been started. */
export interface PreparedRun {
  readonly objects: LocalObjects;
  readonly namespace: string;
  readonly input: Readonly<Record<string, JsonValue>>;
  /** Exactly one of the two. */
  readonly team?: CanonicalTeam;
  readonly agent?: string;
  /** Every team that the run can reach, itself included, by name. */
  readonly teams: ReadonlyMap<string, CanonicalTeam>;
  readonly agents: ReadonlyMap<string, LocalAgent>;
}

/** One thing that stands in the way, in a sentence with the way out. */
export type Obstacle = string;

/** Which objects can be run, as the user would name them. */
export function targetOf(
  request: Pick<LocalRequest, "objects" | "team" | "agent">,
): { team?: CanonicalTeam; agent?: string; namespace: string } | Obstacle {
  const { objects } = request;
  if (request.team !== undefined && request.agent !== undefined) return "--team and --agent exclude each other; give one of them";
  const teams = objects.list("ArkTeam");
  const agents = objects.list("ArkAgent");
  if (request.agent !== undefined) {
    const found = agents.find(({ metadata }) => metadata.name === request.agent);
    if (found) return { agent: found.metadata.name, namespace: found.metadata.namespace ?? "default" };
    return notThere(
      "agent",
      request.agent,
      agents.map(({ metadata }) => metadata.name),
    );
  }
  const names = teams.map(({ metadata }) => metadata.name);
  if (request.team === undefined && teams.length > 1)
    return `there are ${teams.length} teams: ${names.join(", ")}; say which one to run with --team`;
  const team = request.team === undefined ? teams[0] : teams.find(({ metadata }) => metadata.name === request.team);
  if (team) {
    const namespace = team.metadata.namespace ?? "default";
    const canonical = objects.team(namespace, team.metadata.name);
    return canonical === undefined ? `team "${team.metadata.name}" cannot be read; ark validate says why` : { team: canonical, namespace };
  }
  if (request.team !== undefined) return notThere("team", request.team, names);
  const [only] = agents;
  if (agents.length === 1 && only) return { agent: only.metadata.name, namespace: only.metadata.namespace ?? "default" };
  if (agents.length > 1)
    return `there is no team, and there are ${agents.length} agents: ${agents.map(({ metadata }) => metadata.name).join(", ")}; say which one to run with --agent`;
  return "there is neither a team nor an agent in the given files; an ArkTeam or an ArkAgent is needed";
}

function notThere(what: string, name: string, names: readonly string[]): Obstacle {
  const near = nearest(name, names);
  const hint =
    near === undefined
      ? names.length === 0
        ? "there is none"
        : `there is ${names.map((each) => `"${each}"`).join(", ")}`
      : `did you mean "${near}"?`;
  return `${what} "${name}" is in none of the files; ${hint}`;
}

/** Finds and checks everything. Pure but for what `objects` holds already. */
export function prepare(request: LocalRequest): PreparedRun | readonly Obstacle[] {
  const target = targetOf(request);
  if (typeof target === "string") return [target];
  const { objects, input } = request;
  const { namespace } = target;
  const obstacles: Obstacle[] = [];
  const root = target.team && {
    ...target.team,
    ...(request.maxTokens !== undefined && { maxTokens: request.maxTokens }),
    ...(request.timeoutSeconds !== undefined && { timeoutSeconds: request.timeoutSeconds }),
  };
  if (root?.suspend === true) obstacles.push(`team "${root.name}" is suspended; set spec.suspend to false`);
  const teams = new Map<string, CanonicalTeam>();
  if (root) reach(root, objects, teams, obstacles);
  const needed = new Map<string, Needed>();
  if (target.agent !== undefined) need(needed, target.agent, objects.agent(namespace, target.agent), SPEC);
  for (const team of teams.values()) needOfTeam(needed, team, objects, obstacles);
  const agents = new Map<string, LocalAgent>();
  for (const [name, { agent, at, queues }] of needed) {
    const own = { name: agentQueueName(namespace, name), team: "_", role: name };
    const made = agentConfigOf({ namespace, name, agent, surroundings: objects.surroundings(namespace), queues: [...queues, own], at });
    obstacles.push(...made.faults.map(({ field, message }) => `agent "${name}": ${field}: ${message}`));
    agents.set(name, { config: made.config, replicas: Math.max(1, agent.replicas), registryRef: agent.registryRef });
  }
  if (root) obstacles.push(...checkRunInput(root, input).map(({ path, message }) => `${path.replace(/^spec\./, "")}: ${message}`));
  else if (typeof input["prompt"] !== "string" || input["prompt"] === "")
    obstacles.push('the agent needs a prompt; give prompt="…" or --input "…"');
  if (!root)
    obstacles.push(
      ...Object.keys(input)
        .filter((key) => key !== "prompt")
        .map((key) => `input.${key}: a run of an agent takes the input "prompt" alone`),
    );
  if (obstacles.length > 0) return [...new Set(obstacles)];
  return { objects, namespace, input, teams, agents, ...(root ? { team: root } : { agent: target.agent ?? "" }) };
}

interface Needed {
  readonly agent: CanonicalAgent;
  readonly at: FieldPath;
  readonly queues: { name: string; team: string; role: string }[];
}

function need(needed: Map<string, Needed>, name: string, agent: CanonicalAgent | undefined, at: FieldPath): Needed | undefined {
  const known = needed.get(name);
  if (known || !agent) return known;
  const made = { agent, at, queues: [] };
  needed.set(name, made);
  return made;
}

/** The team and those that are steps of it, directly or not (B48). */
function reach(root: CanonicalTeam, objects: LocalObjects, teams: Map<string, CanonicalTeam>, obstacles: Obstacle[]): void {
  const open = [root];
  for (let team = open.pop(); team !== undefined; team = open.pop()) {
    if (teams.has(team.name)) continue;
    teams.set(team.name, team);
    for (const role of team.roles) {
      if (role.is !== "team") continue;
      const child = objects.team(team.namespace, role.arkTeam);
      if (child) open.push(child);
      else
        obstacles.push(
          `team "${team.name}": role "${role.name}" names the ArkTeam "${role.arkTeam}", which is in none of the files; add its file`,
        );
    }
  }
}

function needOfTeam(needed: Map<string, Needed>, team: CanonicalTeam, objects: LocalObjects, obstacles: Obstacle[]): void {
  for (const [i, role] of team.roles.entries()) {
    const name = agentOfRole(team, role);
    if (name === undefined) continue;
    const agent = role.is === "inline" ? role.agent : objects.agent(team.namespace, name);
    const found = need(needed, name, agent, role.is === "inline" ? SPEC.child("roles", i) : SPEC);
    if (found) found.queues.push({ name: roleQueueName(team.namespace, team.name, role.name), team: team.name, role: role.name });
    else
      obstacles.push(`team "${team.name}": role "${role.name}" names the ArkAgent "${name}", which is in none of the files; add its file`);
  }
  const router = routerAgentOf(team);
  if (router)
    need(needed, routerAgentName(team.name), router, SPEC.child("routing"))?.queues.push({
      name: routerQueueName(team),
      team: team.name,
      role: ROUTE,
    });
  if (!router && !team.pipeline.some(({ registryLookup }) => registryLookup !== undefined)) return;
  // Any of them may be chosen by its capabilities, or as a fallback by its name.
  for (const { metadata } of objects.list("ArkAgent", team.namespace))
    need(needed, metadata.name, objects.agent(team.namespace, metadata.name), SPEC);
  const fallback = team.routing?.fallback;
  if (fallback !== undefined && !needed.has(fallback))
    obstacles.push(`team "${team.name}": routing.fallback names the ArkAgent "${fallback}", which is in none of the files; add its file`);
}
