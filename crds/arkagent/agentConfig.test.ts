import { expect } from "chai";
import { aMemory, anAgent, aRegistry, someSettings } from "../../test/builders/objects.ts";
import { FieldPath } from "../fieldPath.ts";
import type { ArkAgentSpec, ArkMemory, ArkRegistry, ArkSettings } from "../generated/types.ts";
import { type AgentConfigResult, agentConfigOf } from "./agentConfig.ts";
import { normalizeArkAgent } from "./normalize.ts";

interface World {
  readonly settings?: readonly ArkSettings[];
  readonly memories?: readonly ArkMemory[];
  readonly registries?: readonly ArkRegistry[];
  readonly configMaps?: Readonly<Record<string, Record<string, string>>>;
}

const configOf = (spec: Partial<ArkAgentSpec>, world: World = {}, at?: FieldPath): AgentConfigResult =>
  agentConfigOf({
    namespace: "test",
    name: "worker",
    agent: normalizeArkAgent(anAgent(spec)),
    surroundings: {
      settings: (name) => world.settings?.find(({ metadata }) => metadata.name === name),
      memory: (name) => world.memories?.find(({ metadata }) => metadata.name === name),
      registries: () => world.registries ?? [],
      configMap: (name) => world.configMaps?.[name],
    },
    queues: [{ name: "test._.worker", team: "_", role: "worker" }],
    ...(at ? { at } : {}),
  });

describe("agentConfigOf", () => {
  it("of an agent that says little", () => {
    expect(configOf({})).to.deep.equal({
      config: {
        v: 1,
        namespace: "test",
        agent: "worker",
        model: "mock",
        prompt: { inline: "Work." },
        before: [],
        after: [],
        limits: { maxTokensPerCall: 8000, maxConcurrentTasks: 5, timeoutSeconds: 120, maxDailyTokens: 0, retries: 3 },
        tools: [],
        mcpServers: [],
        capabilities: [],
        probe: { type: "ping", intervalSeconds: 30 },
        queues: [{ name: "test._.worker", team: "_", role: "worker" }],
      },
      faults: [],
    });
  });

  it("merges settings in their order, the last word counts (B76)", () => {
    const settings = [
      someSettings(
        {
          temperature: "0.3",
          outputFormat: "markdown",
          promptFragments: { persona: "P1", zeal: "Z" },
          fragments: [
            { name: "f", text: "F1" },
            { name: "g", text: "G", position: "prepend" },
          ],
        },
        "house",
      ),
      someSettings(
        {
          temperature: "1",
          promptFragments: { persona: "P2", outputRules: "O", also: "A" },
          fragments: [{ name: "f", text: "F2" }],
          security: { mcpAllowlist: ["https://a"] },
        },
        "more",
      ),
    ];
    const { config, faults } = configOf({ configRef: "house", settingsRefs: [{ name: "more" }] }, { settings });
    expect(faults).to.deep.equal([]);
    expect(config).to.deep.include({ temperature: 1, outputFormat: "markdown", mcpAllowlist: ["https://a"] });
    expect(config.before).to.deep.equal(["P2", "G"]);
    expect(config.after).to.deep.equal(["O", "A", "Z", "F2"]);
  });

  it("a fragment called like a method is a fragment", () => {
    const settings = [someSettings({ promptFragments: JSON.parse('{"__proto__": "X", "constructor": "Y"}') as Record<string, string> })];
    expect(configOf({ configRef: "house" }, { settings }).config).to.deep.include({ before: [], after: ["X", "Y"] });
  });

  it("a prompt from a ConfigMap is text, one from a Secret is a file (B71)", () => {
    const ref = { name: "prompts", key: "lead" };
    const world = { configMaps: { prompts: { lead: "Lead!" } } };
    const fromMap = { ...anAgent().spec, systemPromptRef: { configMapKeyRef: ref } };
    delete fromMap.systemPrompt;
    const of = (spec: ArkAgentSpec, surroundings: World): AgentConfigResult =>
      agentConfigOf({
        namespace: "test",
        name: "worker",
        agent: normalizeArkAgent({ ...anAgent(), spec }),
        surroundings: {
          settings: () => undefined,
          memory: () => undefined,
          registries: () => [],
          configMap: (name) => surroundings.configMaps?.[name],
        },
        queues: [],
      });
    expect(of(fromMap, world).config.prompt).to.deep.equal({ inline: "Lead!" });
    expect(of({ model: "m", systemPromptRef: { secretKeyRef: ref } }, {}).config.prompt).to.deep.equal({
      file: "/var/run/ark/secrets/prompts/lead",
    });
    expect(of(fromMap, {}).faults).to.deep.equal([
      { field: "spec.systemPromptRef.configMapKeyRef.name", message: 'ConfigMap "prompts" does not exist; apply it or correct the name' },
    ]);
    expect(of(fromMap, { configMaps: { prompts: {} } }).faults.map(({ field }) => field)).to.deep.equal([
      "spec.systemPromptRef.configMapKeyRef.key",
    ]);
  });

  it("no value of a Secret is in it, only where its file is (B71)", () => {
    const secretKeyRef = { name: "keys", key: "token" };
    const { config } = configOf({
      tools: [{ name: "t", url: "https://t", headers: { Authorization: { secretKeyRef } } }],
      mcpServers: [
        { name: "a", url: "https://a", headers: [{ name: "X", value: "1" }], auth: { bearer: { secretKeyRef } } },
        { name: "b", url: "https://b", auth: { mtls: { secretRef: { name: "tls" } } } },
      ],
    });
    const file = "/var/run/ark/secrets/keys/token";
    expect(config.tools[0]?.headers).to.deep.equal([{ name: "Authorization", file }]);
    expect(config.mcpServers[0]?.headers).to.deep.equal([
      { name: "X", value: "1" },
      { name: "Authorization", file, prefix: "Bearer " },
    ]);
    const tls = "/var/run/ark/secrets/tls";
    expect(config.mcpServers[1]?.mtls).to.deep.equal({ certFile: `${tls}/tls.crt`, keyFile: `${tls}/tls.key`, caFile: `${tls}/ca.crt` });
  });

  it("a capability is the server that a registry binds to it", () => {
    const registries = [
      aRegistry({ mcpBindings: [{ capabilityId: "search", url: "https://one" }] }, "one"),
      aRegistry({ mcpBindings: [{ capabilityId: "search", url: "https://two" }] }, "two"),
    ];
    const mcpServers = [{ name: "s", capabilityRef: "search" }];
    expect(configOf({ mcpServers }, { registries }).config.mcpServers[0]?.url).to.equal("https://one");
    expect(configOf({ mcpServers, registryRef: "two" }, { registries }).config.mcpServers[0]?.url).to.equal("https://two");
    const { config, faults } = configOf(
      { mcpServers: [...mcpServers, { name: "b", url: "https://b" }], registryRef: "three" },
      { registries },
    );
    expect(config.mcpServers.map(({ name }) => name)).to.deep.equal(["b"]);
    expect(faults.map(({ field }) => field)).to.deep.equal(["spec.mcpServers[0].capabilityRef"]);
  });

  it("memory has its options and the files of its secrets (B80)", () => {
    const memories = [
      aMemory({ backend: "redis", redis: { secretRef: { name: "r" }, maxEntries: 9 } }, "redis"),
      aMemory({ backend: "vector-store", vectorStore: { provider: "qdrant", endpoint: "https://q", secretRef: { name: "v" } } }, "vectors"),
      aMemory({ backend: "ours", config: { x: 1 } }, "plugin"),
    ];
    const memoryOf = (name: string): unknown => configOf({ memoryRef: { name } }, { memories }).config.memory;
    expect(memoryOf("redis")).to.deep.equal({
      backend: "redis",
      options: { ttlSeconds: 3600, maxEntries: 9 },
      secrets: { url: "/var/run/ark/secrets/r/REDIS_URL" },
    });
    expect(memoryOf("vectors")).to.deep.equal({
      backend: "vector-store",
      options: { provider: "qdrant", endpoint: "https://q", collection: "agent-memories", ttlSeconds: 0, topK: 5, embedding: {} },
      secrets: { apiKey: "/var/run/ark/secrets/v/VECTOR_STORE_API_KEY" },
    });
    expect(memoryOf("plugin")).to.deep.equal({ backend: "ours", options: { x: 1 }, secrets: {} });
  });

  it("settings name a backend for agents without a memory", () => {
    const world = { settings: [someSettings({ memoryBackend: "in-context" })], memories: [aMemory({ backend: "ours" })] };
    expect(configOf({ configRef: "house" }, world).config.memory?.backend).to.equal("in-context");
    expect(configOf({ configRef: "house", memoryRef: { name: "notes" } }, world).config.memory?.backend).to.equal("ours");
  });

  it("names everything that is missing, where it was written", () => {
    const { faults } = configOf(
      { configRef: "house", settingsRefs: [{ name: "more" }], memoryRef: { name: "m" } },
      {},
      new FieldPath(["spec", "roles", 2]),
    );
    expect(faults).to.deep.equal([
      {
        field: "spec.roles[2]",
        message: 'configRef or settingsRefs: ArkSettings "house" does not exist; apply it or remove the reference',
      },
      { field: "spec.roles[2]", message: 'configRef or settingsRefs: ArkSettings "more" does not exist; apply it or remove the reference' },
      { field: "spec.roles[2].memoryRef.name", message: 'ArkMemory "m" does not exist; apply it or remove memoryRef' },
    ]);
  });
});
