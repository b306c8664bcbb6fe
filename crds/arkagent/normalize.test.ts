import { expect } from "chai";
import { anAgent } from "../../test/builders/objects.ts";
import type { CanonicalAgent } from "./canonical.ts";
import { normalizeAgentFields, normalizeArkAgent } from "./normalize.ts";

const normalized = (change: Parameters<typeof anAgent>[0]): CanonicalAgent => normalizeArkAgent(anAgent(change));

describe("normalizeArkAgent", () => {
  it("fills in the defaults of SPEC §2.1", () => {
    expect(normalized({})).to.deep.equal({
      replicas: 1,
      model: "mock",
      systemPrompt: "Work.",
      mcpServers: [],
      tools: [],
      limits: { maxTokensPerCall: 8000, maxConcurrentTasks: 5, timeoutSeconds: 120, maxDailyTokens: 0, retries: 3 },
      probe: { type: "ping", intervalSeconds: 30 },
      settings: [],
      capabilities: [],
      networkPolicy: "default",
      pod: {},
    });
  });

  it("takes references as text or as an object", () => {
    const agent = normalized({
      configRef: "house",
      settingsRefs: [{ name: "more" }],
      memoryRef: { name: "m" },
      notifyRef: "n",
      budgetRef: { name: "b" },
      registryRef: "r",
    });
    expect(agent).to.deep.include({ settings: ["house", "more"], memoryRef: "m", notifyRef: "n", budgetRef: "b", registryRef: "r" });
    expect(normalized({ configRef: { name: "house" } }).settings).to.deep.equal(["house"]);
  });

  it("of settings that are named twice the last place counts", () => {
    expect(normalized({ configRef: "a", settingsRefs: [{ name: "b" }, { name: "a" }] }).settings).to.deep.equal(["b", "a"]);
  });

  it("takes headers as a list and as a map", () => {
    const secretKeyRef = { name: "s", key: "k" };
    const server = (headers: NonNullable<Parameters<typeof anAgent>[0]>["mcpServers"]) =>
      normalized({ mcpServers: headers ?? [] }).mcpServers[0]?.headers;
    expect(
      server([
        {
          name: "m",
          url: "https://m",
          headers: [
            { name: "A", value: "1" },
            { name: "B", valueFrom: { secretKeyRef } },
          ],
        },
      ]),
    ).to.deep.equal([
      { name: "A", value: "1" },
      { name: "B", secretKeyRef },
    ]);
    expect(server([{ name: "m", url: "https://m", headers: { B: { secretKeyRef } } }])).to.deep.equal([{ name: "B", secretKeyRef }]);
  });

  it("knows every way to authenticate", () => {
    const secretKeyRef = { name: "s", key: "k" };
    const servers = [
      { name: "a", url: "https://a", auth: { bearer: { secretKeyRef } } },
      { name: "b", url: "https://b", auth: { type: "bearer" as const, tokenSecretRef: secretKeyRef } },
      { name: "c", url: "https://c", auth: { mtls: { secretRef: { name: "tls" } } } },
      { name: "d", command: "run", args: ["x"], guidance: "Use it." },
    ];
    expect(normalized({ mcpServers: servers }).mcpServers).to.deep.equal([
      { name: "a", url: "https://a", args: [], headers: [], auth: { type: "bearer", secretKeyRef } },
      { name: "b", url: "https://b", args: [], headers: [], auth: { type: "bearer", secretKeyRef } },
      { name: "c", url: "https://c", args: [], headers: [], auth: { type: "mtls", secretRef: { name: "tls" } } },
      { name: "d", command: "run", args: ["x"], headers: [], guidance: "Use it." },
    ]);
  });

  it("fills in tools and capabilities", () => {
    const agent = normalized({ tools: [{ name: "t", url: "https://t" }], capabilities: [{ id: "c" }] });
    expect(agent.tools).to.deep.equal([{ name: "t", url: "https://t", method: "POST", description: "", headers: [] }]);
    expect(agent.capabilities).to.deep.equal([{ id: "c", description: "", tags: [], exposeMCP: false }]);
  });

  it("asks the built-in question of a semantic probe (B77)", () => {
    expect(normalized({ livenessProbe: { type: "semantic" } }).probe).to.deep.equal({
      type: "semantic",
      intervalSeconds: 30,
      validatorPrompt: "Reply with exactly: HEALTHY",
    });
  });

  it("knows where the prompt is kept", () => {
    const ref = { name: "p", key: "k" };
    expect(normalized({ systemPromptRef: { configMapKeyRef: ref } }).systemPromptRef).to.deep.equal({ kind: "ConfigMap", ...ref });
    expect(normalized({ systemPromptRef: { secretKeyRef: ref } }).systemPromptRef).to.deep.equal({ kind: "Secret", ...ref });
  });

  it("passes the pod's fields through", () => {
    const pod = { env: [{ name: "A", value: "1" }], nodeSelector: { disk: "ssd" }, resources: { limits: { cpu: 1 } } };
    expect(normalized(pod).pod).to.deep.equal(pod);
  });
});

describe("normalizeAgentFields: older shapes of inline roles (B2a)", () => {
  it("resources.maxConcurrentTasks is a limit, and goes behind limits", () => {
    expect(normalizeAgentFields({ model: "m", resources: { maxConcurrentTasks: 2 } })).to.deep.include({ pod: {} });
    expect(normalizeAgentFields({ model: "m", resources: { maxConcurrentTasks: 2 } }).limits.maxConcurrentTasks).to.equal(2);
    expect(
      normalizeAgentFields({ resources: { maxConcurrentTasks: 2 }, limits: { maxConcurrentTasks: 9, retries: 0 } }).limits,
    ).to.deep.include({ maxConcurrentTasks: 9, retries: 0 });
  });

  it("networkPolicy may be an object", () => {
    expect(normalizeAgentFields({ networkPolicy: { mode: "strict" } }).networkPolicy).to.equal("strict");
    expect(normalizeAgentFields({ networkPolicy: "disabled" }).networkPolicy).to.equal("disabled");
  });

  it("autoscaling may be switched off", () => {
    expect(normalizeAgentFields({ autoscaling: { enabled: false, maxReplicas: 3 } })).not.to.have.property("autoscaling");
    expect(normalizeAgentFields({ autoscaling: {} }).autoscaling).to.deep.equal({ minReplicas: 1, maxReplicas: 10, targetPendingTasks: 5 });
    expect(normalizeAgentFields({ autoscaling: { enabled: true, minReplicas: 0 } }).autoscaling).to.deep.equal({
      minReplicas: 0,
      maxReplicas: 10,
      targetPendingTasks: 5,
    });
  });
});
