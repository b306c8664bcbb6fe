// For tests: valid teams and runs that a case changes in one place. Nothing here is used by the engine itself.
import type { AgentConfig, ArkRun, ArkTeam, ArkTeamSpec, CanonicalLimits, PipelineStep, RunSnapshot } from "../crds/index.ts";
import { normalizeArkTeam } from "../crds/index.ts";
import { snapshotOfTeam } from "./snapshotOf.ts";

const LIMITS: CanonicalLimits = { maxTokensPerCall: 8_000, maxConcurrentTasks: 5, timeoutSeconds: 120, maxDailyTokens: 0, retries: 3 };

/** A configuration for an agent of that name. */
export function aConfig(agent: string): AgentConfig {
  return {
    ...{ v: 1, namespace: "test", agent, model: "mock", prompt: { inline: `You are ${agent}.` }, before: [], after: [], limits: LIMITS },
    ...{ tools: [], mcpServers: [], capabilities: [], probe: { type: "ping", intervalSeconds: 30 }, queues: [] },
  };
}

/** The snapshot of a team with these fields. Roles that are only named by steps are made. */
export function aSnapshot(spec: Partial<ArkTeamSpec>): RunSnapshot {
  const named = new Set((spec.pipeline ?? []).filter((step) => step.registryLookup === undefined).map((step) => step.role));
  for (const role of spec.roles ?? []) named.delete(role.name);
  const roles = [...(spec.roles ?? []), ...[...named].map((name) => ({ name, model: "mock", systemPrompt: "Work." }))];
  const team: ArkTeam = {
    apiVersion: "arkonis.dev/v1alpha1",
    kind: "ArkTeam",
    metadata: { name: "demo", namespace: "test" },
    spec: { ...spec, roles },
  };
  return snapshotOfTeam(normalizeArkTeam(team), aConfig).snapshot;
}

/** The snapshot of a pipeline. */
export function aPipeline(pipeline: PipelineStep[], rest: Partial<ArkTeamSpec> = {}): RunSnapshot {
  return aSnapshot({ ...rest, pipeline });
}

/** A run that has not begun. */
export function aRun(input: Record<string, unknown> = {}, spec: Partial<ArkRun["spec"]> = {}): ArkRun {
  const metadata = { name: "demo-1", namespace: "test", uid: "u1", generation: 1 };
  return { apiVersion: "arkonis.dev/v1alpha1", kind: "ArkRun", metadata, spec: { teamRef: "demo", input, ...spec } };
}
