// `ark run --dry-run`: what would run, and with which models. Nothing is called.
import { dumpYaml, type JsonObject } from "../../crds/index.ts";
import type { RunRequest } from "./verbs/run.ts";

/** The plan as text, JSON or YAML. */
export function describePlan(
  { prepared, providers }: Pick<RunRequest, "prepared" | "providers">,
  format: "text" | "json" | "yaml",
): string {
  const { team, agent, agents, input } = prepared;
  const plan = {
    ...(team ? { team: team.name, mode: team.mode } : { agent: agent ?? "" }),
    namespace: prepared.namespace,
    input: { ...team?.input, ...input },
    agents: [...agents.values()].map(({ config }) => ({
      name: config.agent,
      model: config.model,
      provider: providers.providers.nameFor(config.model, config.provider),
      tools: [...config.tools.map(({ name }) => name), ...config.mcpServers.map(({ name }) => `${name}__*`)],
    })),
    steps: (team?.pipeline ?? []).map(({ name, role, dependsOn }) => ({ name, role, dependsOn: [...dependsOn] })),
  };
  if (format === "json") return `${JSON.stringify(plan, null, 2)}\n`;
  if (format === "yaml") return dumpYaml(plan as unknown as JsonObject);
  const lines = [
    team ? `team ${team.name} (${team.mode}), namespace ${prepared.namespace}` : `agent ${agent ?? ""}, namespace ${prepared.namespace}`,
    ...plan.agents.map(
      ({ name, model, provider, tools }) =>
        `agent ${name}: model ${model} by ${provider}${tools.length > 0 ? `, tools ${tools.join(", ")}` : ""}`,
    ),
    ...plan.steps.map(
      ({ name, role, dependsOn }) => `step ${name}: role ${role}${dependsOn.length > 0 ? `, after ${dependsOn.join(", ")}` : ""}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
