// An agent and what it refers to → `agent.json`. Pure: whoever calls has looked the objects up. A reference that leads nowhere is a fault
// in the answer, not an exception: the controller makes a condition of it, `ark run` an error, and all of them are known at once.
import type { CanonicalMemory } from "../arkmemory/canonical.ts";
import { REDIS_URL_KEY, VECTOR_STORE_KEY } from "../arkmemory/defaults.ts";
import { normalizeArkMemory } from "../arkmemory/normalize.ts";
import type { CanonicalSettings } from "../arksettings/canonical.ts";
import { mergeSettings, normalizeArkSettings } from "../arksettings/normalize.ts";
import { type FieldPath, SPEC } from "../fieldPath.ts";
import type { ArkMemory, ArkRegistry, ArkSettings } from "../generated/types.ts";
import { given } from "../given.ts";
import type { CanonicalAgent, CanonicalHeader, CanonicalMcpServer } from "./canonical.ts";
import { type AgentConfig, type HeaderConfig, type McpServerConfig, type MemoryConfig, SECRET_ROOT } from "./config.ts";

/** The objects of the agent's namespace that it may refer to; a lookup that answers undefined says that there is none of that name. */
export interface AgentSurroundings {
  settings(name: string): ArkSettings | undefined;
  memory(name: string): ArkMemory | undefined;
  /** `data` of a ConfigMap. */
  configMap(name: string): Readonly<Record<string, string>> | undefined;
  /** Every registry of the namespace; where the agent names none, all are asked for `capabilityRef`. */
  registries(): readonly ArkRegistry[];
}

/** What `agent.json` is made from. */
export interface AgentConfigInput {
  readonly namespace: string;
  /** The ArkAgent's name, of an inline role the derived one. */
  readonly name: string;
  readonly agent: CanonicalAgent;
  readonly surroundings: AgentSurroundings;
  readonly queues: AgentConfig["queues"];
  /** Where the agent's fields stand, for faults: `spec` of an ArkAgent (the default), `spec.roles[2]` of a team. */
  readonly at?: FieldPath;
}

/** A reference of the agent that leads nowhere. `field` is where the user wrote it. */
export interface AgentConfigFault {
  readonly field: string;
  readonly message: string;
}

/** Everything but what the faults are about: missing settings count as empty, a missing prompt as "", a missing MCP server as none. */
export interface AgentConfigResult {
  readonly config: AgentConfig;
  readonly faults: readonly AgentConfigFault[];
}

/** The agent's configuration and what is missing for it. Faults in the order of the fields: settings, prompt, MCP servers, memory. */
export function agentConfigOf({ namespace, name, agent, surroundings, queues, at = SPEC }: AgentConfigInput): AgentConfigResult {
  const faults: AgentConfigFault[] = [];
  const missing = (field: FieldPath, message: string): void => void faults.push({ field: field.toString(), message });
  const settings = settingsOf(agent, surroundings, at, missing);
  const config: AgentConfig = {
    v: 1,
    namespace,
    agent: name,
    model: agent.model,
    prompt: promptOf(agent, surroundings, at, missing),
    before: beforePrompt(settings),
    after: afterPrompt(settings),
    limits: agent.limits,
    tools: agent.tools.map(({ headers, ...tool }) => ({ ...tool, headers: headers.map(headerOf) })),
    mcpServers: mcpServersOf(agent, surroundings, at, missing),
    capabilities: agent.capabilities,
    probe: agent.probe,
    queues,
    ...given({
      provider: agent.provider,
      temperature: settings.temperature,
      outputFormat: settings.outputFormat,
      mcpAllowlist: settings.mcpAllowlist,
      memory: memoryOf(agent, settings, surroundings, at, missing),
    }),
  };
  return { config, faults };
}

type Missing = (field: FieldPath, message: string) => void;

function settingsOf(agent: CanonicalAgent, surroundings: AgentSurroundings, at: FieldPath, missing: Missing): CanonicalSettings {
  const found = agent.settings.flatMap((name) => {
    const settings = surroundings.settings(name);
    if (settings) return [normalizeArkSettings(settings)];
    missing(at, `configRef or settingsRefs: ArkSettings "${name}" does not exist; apply it or remove the reference`);
    return [];
  });
  return mergeSettings(found);
}

/** `persona` comes first, then what is to be put before the prompt, in order. Empty texts leave no trace. */
function beforePrompt({ promptFragments, fragments }: CanonicalSettings): string[] {
  const persona = Object.hasOwn(promptFragments, "persona") ? [promptFragments["persona"] ?? ""] : [];
  return [...persona, ...fragments.filter(({ position }) => position === "prepend").map(({ text }) => text)].filter((text) => text !== "");
}

/** `outputRules`, the other prompt fragments by name, then what is to be put after the prompt, in order. */
function afterPrompt({ promptFragments, fragments }: CanonicalSettings): string[] {
  const names = Object.keys(promptFragments)
    .filter((name) => name !== "persona" && name !== "outputRules")
    .sort();
  const rules = Object.hasOwn(promptFragments, "outputRules") ? ["outputRules"] : [];
  const texts = [...rules, ...names].map((name) => promptFragments[name] ?? "");
  return [...texts, ...fragments.filter(({ position }) => position === "append").map(({ text }) => text)].filter((text) => text !== "");
}

function promptOf(agent: CanonicalAgent, surroundings: AgentSurroundings, at: FieldPath, missing: Missing): AgentConfig["prompt"] {
  const ref = agent.systemPromptRef;
  if (agent.systemPrompt !== undefined || ref === undefined) return { inline: agent.systemPrompt ?? "" };
  if (ref.kind === "Secret") return { file: secretFile(ref.name, ref.key) };
  const here = at.child("systemPromptRef", "configMapKeyRef");
  const data = surroundings.configMap(ref.name);
  if (data === undefined) {
    missing(here.child("name"), `ConfigMap "${ref.name}" does not exist; apply it or correct the name`);
    return { inline: "" };
  }
  if (!Object.hasOwn(data, ref.key)) {
    missing(here.child("key"), `ConfigMap "${ref.name}" has no key "${ref.key}"; add it or correct the key`);
    return { inline: "" };
  }
  return { inline: data[ref.key] ?? "" };
}

function mcpServersOf(agent: CanonicalAgent, surroundings: AgentSurroundings, at: FieldPath, missing: Missing): McpServerConfig[] {
  return agent.mcpServers.flatMap((server, i) => {
    const here = at.child("mcpServers", i, "capabilityRef");
    const url = server.url ?? boundUrl(server, agent, surroundings, here, missing);
    if (url === undefined && server.command === undefined) return [];
    const { name, command, args, guidance, auth } = server;
    const bearer: HeaderConfig[] =
      auth?.type === "bearer"
        ? [{ name: "Authorization", file: secretFile(auth.secretKeyRef.name, auth.secretKeyRef.key), prefix: "Bearer " }]
        : [];
    const mtls = auth?.type === "mtls" ? certificateFiles(auth.secretRef.name) : undefined;
    return [{ name, args, headers: [...server.headers.map(headerOf), ...bearer], ...given({ url, command, guidance, mtls }) }];
  });
}

/** The address that a registry binds to the server's `capabilityRef`. */
function boundUrl(
  { capabilityRef }: CanonicalMcpServer,
  { registryRef }: CanonicalAgent,
  surroundings: AgentSurroundings,
  here: FieldPath,
  missing: Missing,
): string | undefined {
  if (capabilityRef === undefined) return undefined;
  const registries = surroundings.registries().filter(({ metadata }) => registryRef === undefined || metadata.name === registryRef);
  const bindings = registries.flatMap(({ spec }) => spec.mcpBindings ?? []);
  const bound = bindings.find(({ capabilityId }) => capabilityId === capabilityRef);
  if (bound === undefined) {
    const where = registryRef === undefined ? "no ArkRegistry binds" : `ArkRegistry "${registryRef}" does not bind`;
    missing(here, `${where} "${capabilityRef}" to an MCP server; add it to spec.mcpBindings of a registry`);
  }
  return bound?.url;
}

function memoryOf(
  agent: CanonicalAgent,
  settings: CanonicalSettings,
  surroundings: AgentSurroundings,
  at: FieldPath,
  missing: Missing,
): MemoryConfig | undefined {
  if (agent.memoryRef === undefined) {
    return settings.memoryBackend === undefined ? undefined : { backend: settings.memoryBackend, options: {}, secrets: {} };
  }
  const memory = surroundings.memory(agent.memoryRef);
  if (memory) return memoryConfigOf(normalizeArkMemory(memory));
  missing(at.child("memoryRef", "name"), `ArkMemory "${agent.memoryRef}" does not exist; apply it or remove memoryRef`);
  return undefined;
}

function memoryConfigOf(memory: CanonicalMemory): MemoryConfig {
  switch (memory.is) {
    case "redis": {
      const { ttlSeconds, maxEntries, secret } = memory;
      return { backend: "redis", options: { ttlSeconds, maxEntries }, secrets: { url: secretFile(secret, REDIS_URL_KEY) } };
    }
    case "vector-store": {
      const { is, secret, ...options } = memory;
      return { backend: is, options, secrets: secret === undefined ? {} : { apiKey: secretFile(secret, VECTOR_STORE_KEY) } };
    }
    case "other":
      return { backend: memory.backend, options: memory.options, secrets: {} };
  }
}

function headerOf({ name, value, secretKeyRef }: CanonicalHeader): HeaderConfig {
  return secretKeyRef ? { name, file: secretFile(secretKeyRef.name, secretKeyRef.key) } : { name, value: value ?? "" };
}

/** The keys of a Secret of type `kubernetes.io/tls`. */
function certificateFiles(secret: string): NonNullable<McpServerConfig["mtls"]> {
  return { certFile: secretFile(secret, "tls.crt"), keyFile: secretFile(secret, "tls.key"), caFile: secretFile(secret, "ca.crt") };
}

/** Where the kubelet puts a Secret's key, and where `ark run` looks it up among the given Secrets. */
export function secretFile(secret: string, key: string): string {
  return `${SECRET_ROOT}/${secret}/${key}`;
}
