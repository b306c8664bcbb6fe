// ArkTeam as stored → as everything behind admission reads it: `members` become roles (B1), modes follow from which fields are set.
import { normalizeAgentFields } from "../arkagent/normalize.ts";
import { parseGoDuration } from "../duration.ts";
import type { ArkTeam, ArkTeamSpec, PipelineStep, TeamInput, TeamMember, TeamRole, TeamRouting } from "../generated/types.ts";
import { given } from "../given.ts";
import type { JsonValue } from "../json.ts";
import { DEFAULT_NAMESPACE } from "../names.ts";
import { refName } from "../refs.ts";
import type { CanonicalInput, CanonicalRole, CanonicalRouting, CanonicalStep, CanonicalTeam, TeamMode } from "./canonical.ts";
import {
  DEFAULT_FAILED_RUNS,
  DEFAULT_MAX_HOPS,
  DEFAULT_MAX_ITERATIONS,
  DEFAULT_ROUTER_PROMPT,
  DEFAULT_SUCCESSFUL_RUNS,
  DEFAULT_VALIDATION_RETRIES,
} from "./defaults.ts";

/**
 * The team with older shapes folded in and defaults filled in. Takes an object of the right shape, broken rules or not (of `roles` and
 * `members` together, `roles` counts; a role that is several things is the agent it names); pure.
 */
export function normalizeArkTeam(team: ArkTeam): CanonicalTeam {
  const { metadata, spec } = team;
  const roles = rolesOf(spec);
  const registryRef = refName(spec.registryRef);
  const routing = spec.routing && routingOf(spec.routing, registryRef);
  const pipeline = (spec.pipeline ?? []).map((step) => stepOf(step, registryRef));
  const entry = spec.entry ?? entryMember(spec)?.role;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
    generation: metadata.generation ?? 1,
    annotations: metadata.annotations ?? {},
    mode: modeOf(roles, pipeline, routing),
    roles,
    pipeline,
    input: jsonOf(spec.input ?? {}),
    timeoutSeconds: spec.timeoutSeconds ?? 0,
    maxTokens: spec.maxTokens ?? 0,
    maxDailyTokens: spec.limits?.maxDailyTokens ?? 0,
    successfulRunsHistoryLimit: spec.successfulRunsHistoryLimit ?? DEFAULT_SUCCESSFUL_RUNS,
    failedRunsHistoryLimit: spec.failedRunsHistoryLimit ?? DEFAULT_FAILED_RUNS,
    suspend: spec.suspend ?? false,
    ...given({
      entry: routing ? undefined : entry,
      routing,
      output: spec.output,
      inputs: spec.inputs?.map(inputOf),
      runRetainForMs: spec.runRetainFor === undefined ? undefined : parseGoDuration(spec.runRetainFor),
      notifyRef: refName(spec.notifyRef),
      budgetRef: refName(spec.budgetRef),
      registryRef,
    }),
  };
}

/**
 * The roles that a role may really delegate to: `["*"]` is every other role that an agent plays (a whole team has no queue to delegate
 * to), names are taken as they stand, each once. Empty for a leaf and for a role that does not exist.
 */
export function delegatesOf(team: CanonicalTeam, roleName: string): string[] {
  const role = team.roles.find((candidate) => candidate.name === roleName);
  if (role === undefined) return [];
  if (!role.canDelegate.includes("*")) return [...new Set(role.canDelegate)];
  return team.roles.filter((other) => other.name !== roleName && other.is !== "team").map((other) => other.name);
}

/** True when the team is written in the older shape (B1). */
export function hasMembers(spec: ArkTeamSpec): boolean {
  return spec.roles === undefined && spec.members !== undefined;
}

function entryMember(spec: ArkTeamSpec): TeamMember | undefined {
  return hasMembers(spec) ? spec.members?.find((member) => member.entry === true) : undefined;
}

function modeOf(roles: readonly CanonicalRole[], pipeline: readonly CanonicalStep[], routing: CanonicalRouting | undefined): TeamMode {
  if (routing) return "routed";
  if (pipeline.length === 0) return "dynamic";
  return roles.some((role) => role.canDelegate.length > 0) ? "mixed" : "pipeline";
}

function rolesOf(spec: ArkTeamSpec): CanonicalRole[] {
  if (hasMembers(spec)) return (spec.members ?? []).map(roleOfMember);
  return (spec.roles ?? []).map(roleOf);
}

/** B1. */
function roleOfMember({ role, arkAgent, delegates }: TeamMember): CanonicalRole {
  return { name: role, canDelegate: delegates ?? [], is: "agent", arkAgent };
}

function roleOf(role: TeamRole): CanonicalRole {
  const common = { name: role.name, canDelegate: role.canDelegate ?? [] };
  if (role.arkAgent !== undefined) return { ...common, is: "agent", arkAgent: role.arkAgent };
  if (role.arkTeam !== undefined) return { ...common, is: "team", arkTeam: role.arkTeam };
  return { ...common, is: "inline", agent: normalizeAgentFields(role) };
}

function stepOf(step: PipelineStep, teamRegistry: string | undefined): CanonicalStep {
  return {
    name: step.name ?? step.role,
    role: step.role,
    inputs: step.inputs ?? {},
    dependsOn: step.dependsOn ?? [],
    timeoutSeconds: step.timeoutSeconds ?? 0,
    onError: step.onError ?? "fail",
    ...given({
      if: step.if,
      loop: step.loop && { condition: step.loop.condition, maxIterations: step.loop.maxIterations ?? DEFAULT_MAX_ITERATIONS },
      outputSchema: step.outputSchema,
      validate: validationOf(step),
      registryLookup: lookupOf(step, teamRegistry),
      retries: step.retries,
      approval: approvalOf(step),
    }),
  };
}

function validationOf({ validate }: PipelineStep): CanonicalStep["validate"] {
  if (validate === undefined) return undefined;
  const { rejectPatterns, contains, schema, semantic, semanticModel, onFailure, maxRetries } = validate;
  return {
    rejectPatterns: rejectPatterns ?? [],
    onFailure: onFailure ?? "fail",
    maxRetries: maxRetries ?? DEFAULT_VALIDATION_RETRIES,
    ...given({ contains, schema, semantic, semanticModel }),
  };
}

function lookupOf({ registryLookup }: PipelineStep, teamRegistry: string | undefined): CanonicalStep["registryLookup"] {
  if (registryLookup === undefined) return undefined;
  const { capability, tags, strategy, fallback } = registryLookup;
  const registryRef = refName(registryLookup.registryRef) ?? teamRegistry;
  return { capability, tags: tags ?? [], strategy: strategy ?? "least-busy", ...given({ registryRef, fallback }) };
}

function approvalOf({ approval }: PipelineStep): CanonicalStep["approval"] {
  if (approval === undefined) return undefined;
  const { message, timeoutSeconds, onTimeout } = approval;
  return { message: message ?? "", timeoutSeconds: timeoutSeconds ?? 0, onTimeout: onTimeout ?? "reject" };
}

function routingOf(routing: TeamRouting, teamRegistry: string | undefined): CanonicalRouting {
  return {
    model: routing.model ?? "",
    systemPrompt: routing.systemPrompt ?? DEFAULT_ROUTER_PROMPT,
    maxHops: routing.maxHops ?? DEFAULT_MAX_HOPS,
    ...given({ registryRef: refName(routing.registryRef) ?? teamRegistry, fallback: routing.fallback }),
  };
}

function inputOf(input: TeamInput): CanonicalInput {
  const { name, type, description, required } = input;
  const common = { name, type: type ?? "string", description: description ?? "", required: required ?? false };
  return input.default === undefined ? common : { ...common, default: jsonOf(input.default) };
}

/** The schema says "any JSON", which the generated types call unknown. */
function jsonOf(value: Record<string, unknown>): Record<string, JsonValue>;
function jsonOf(value: unknown): JsonValue;
function jsonOf(value: unknown): JsonValue {
  return value as JsonValue;
}
