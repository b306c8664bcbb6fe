// ArkAgent as stored → as everything behind admission reads it. The fields of an agent also stand in a team's inline roles, with one older
// place of their own (B2a), so both go through `normalizeAgentFields`.
import type { ArkAgent, Capability, HttpTool, McpAuth, McpHeader, McpServer, SecretSource, TeamRole } from "../generated/types.ts";
import { given } from "../given.ts";
import type { JsonValue } from "../json.ts";
import { refName } from "../refs.ts";
import type { CanonicalAgent, CanonicalCapability, CanonicalHeader, CanonicalHttpTool, CanonicalMcpServer } from "./canonical.ts";
import {
  DEFAULT_AUTOSCALING,
  DEFAULT_LIMITS,
  DEFAULT_PROBE_INTERVAL_SECONDS,
  DEFAULT_REPLICAS,
  DEFAULT_TOOL_METHOD,
  DEFAULT_VALIDATOR_PROMPT,
} from "./defaults.ts";

/** The fields that ArkAgent.spec and an inline role share; a role has them all and its own besides. */
export type AgentFields = Omit<TeamRole, "name" | "arkAgent" | "arkTeam" | "canDelegate">;

/** Fields that go to the pod as they stand. */
const POD_FIELDS = ["envFrom", "env", "nodeSelector", "tolerations", "serviceAccountName", "imagePullSecrets"] as const;

/** The agent with older shapes folded in and defaults filled in. Takes an object of the right shape, broken rules or not; pure. */
export function normalizeArkAgent(agent: ArkAgent): CanonicalAgent {
  return normalizeAgentFields(agent.spec);
}

/** The same for the inline part of a role: `resources.maxConcurrentTasks` is `limits.maxConcurrentTasks`, which wins (B2a). */
export function normalizeAgentFields(fields: AgentFields): CanonicalAgent {
  return {
    replicas: fields.replicas ?? DEFAULT_REPLICAS,
    model: fields.model ?? "",
    mcpServers: (fields.mcpServers ?? []).map(mcpServerOf),
    tools: (fields.tools ?? []).map(toolOf),
    limits: { ...DEFAULT_LIMITS, ...given({ maxConcurrentTasks: fields.resources?.maxConcurrentTasks }), ...given(fields.limits ?? {}) },
    probe: probeOf(fields),
    settings: settingsOf(fields),
    capabilities: (fields.capabilities ?? []).map(capabilityOf),
    networkPolicy: (typeof fields.networkPolicy === "object" ? fields.networkPolicy.mode : fields.networkPolicy) ?? "default",
    pod: podOf(fields),
    ...given({
      provider: fields.provider,
      systemPrompt: fields.systemPrompt,
      systemPromptRef: promptRefOf(fields),
      memoryRef: fields.memoryRef?.name,
      notifyRef: refName(fields.notifyRef),
      budgetRef: refName(fields.budgetRef),
      registryRef: refName(fields.registryRef),
      autoscaling: autoscalingOf(fields),
    }),
  };
}

/** `configRef` first, then `settingsRefs`. Of a name that stands there twice the last counts: later settings win. */
function settingsOf(fields: AgentFields): string[] {
  const first = refName(fields.configRef);
  const names = [...(first === undefined ? [] : [first]), ...(fields.settingsRefs ?? []).map((ref) => ref.name)];
  return names.filter((name, i) => names.lastIndexOf(name) === i);
}

function promptRefOf({ systemPromptRef }: AgentFields): CanonicalAgent["systemPromptRef"] {
  const { configMapKeyRef, secretKeyRef } = systemPromptRef ?? {};
  if (configMapKeyRef) return { kind: "ConfigMap", name: configMapKeyRef.name, key: configMapKeyRef.key };
  if (secretKeyRef) return { kind: "Secret", name: secretKeyRef.name, key: secretKeyRef.key };
  return undefined;
}

function probeOf({ livenessProbe }: AgentFields): CanonicalAgent["probe"] {
  const type = livenessProbe?.type ?? "ping";
  const intervalSeconds = livenessProbe?.intervalSeconds ?? DEFAULT_PROBE_INTERVAL_SECONDS;
  if (type === "ping") return { type, intervalSeconds };
  return { type, intervalSeconds, validatorPrompt: livenessProbe?.validatorPrompt ?? DEFAULT_VALIDATOR_PROMPT };
}

/** B2a: `enabled: false` is the same as no autoscaling. */
function autoscalingOf({ autoscaling }: AgentFields): CanonicalAgent["autoscaling"] {
  if (autoscaling === undefined || autoscaling.enabled === false) return undefined;
  const { minReplicas, maxReplicas, targetPendingTasks } = autoscaling;
  return { ...DEFAULT_AUTOSCALING, ...given({ minReplicas, maxReplicas, targetPendingTasks }) };
}

function podOf(fields: AgentFields): Record<string, JsonValue> {
  const { requests, limits } = fields.resources ?? {};
  const resources = given({ requests, limits });
  const present = POD_FIELDS.filter((name) => fields[name] !== undefined);
  const pod = Object.fromEntries(present.map((name) => [name, fields[name]])) as Record<string, JsonValue>; // lists and maps of plain fields
  return Object.keys(resources).length > 0 ? { ...pod, resources } : pod;
}

function mcpServerOf(server: McpServer): CanonicalMcpServer {
  const { name, url, command, args, capabilityRef, guidance } = server;
  const headers = headersOf(server.headers);
  return { name, args: args ?? [], headers, ...given({ url, command, capabilityRef, guidance, auth: authOf(server.auth) }) };
}

function toolOf(tool: HttpTool): CanonicalHttpTool {
  const { name, url, method, description, inputSchema } = tool;
  const headers = headersOf(tool.headers);
  return { name, url, method: method ?? DEFAULT_TOOL_METHOD, description: description ?? "", headers, ...given({ inputSchema }) };
}

function capabilityOf(capability: Capability): CanonicalCapability {
  const { id, description, tags, inputSchema, outputSchema, exposeMCP } = capability;
  return { id, description: description ?? "", tags: tags ?? [], exposeMCP: exposeMCP ?? false, ...given({ inputSchema, outputSchema }) };
}

/** Headers, written as a list or as a map from a name to where its value is kept. */
export function headersOf(headers: readonly McpHeader[] | Readonly<Record<string, SecretSource>> | undefined): CanonicalHeader[] {
  if (headers === undefined) return [];
  if (!isHeaderList(headers)) return Object.entries(headers).map(([name, source]) => ({ name, ...keyOf(source) }));
  return headers.map(({ name, value, valueFrom }) => (valueFrom ? { name, ...keyOf(valueFrom) } : { name, value: value ?? "" }));
}

function isHeaderList(headers: readonly McpHeader[] | Readonly<Record<string, SecretSource>>): headers is readonly McpHeader[] {
  return Array.isArray(headers);
}

/** `bearer`, `mtls`, or the older `{type: bearer, tokenSecretRef}`. */
function authOf(auth: McpAuth | undefined): CanonicalMcpServer["auth"] {
  if (auth?.mtls) return { type: "mtls", secretRef: { name: auth.mtls.secretRef.name } };
  if (auth?.bearer) return { type: "bearer", ...keyOf(auth.bearer) };
  if (auth?.tokenSecretRef) return { type: "bearer", ...keyOf({ secretKeyRef: auth.tokenSecretRef }) };
  return undefined;
}

function keyOf({ secretKeyRef }: SecretSource): { secretKeyRef: { name: string; key: string } } {
  return { secretKeyRef: { name: secretKeyRef.name, key: secretKeyRef.key } };
}
