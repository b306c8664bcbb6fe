import { expect } from "chai";
import fc from "fast-check";
import { KINDS, type KindName } from "../kinds.ts";
import { checkShape, checkStatusShape, MAX_FAULTS } from "./checkShape.ts";

const anObject = (kind: KindName, spec: unknown, metadata: unknown = { name: "demo" }) => ({
  apiVersion: "arkonis.dev/v1alpha1",
  kind,
  metadata,
  spec,
});
const faultsOf = (kind: KindName, object: unknown) => checkShape(kind, object).map(({ path, code }) => `${path} ${code}`);
const messagesOf = (kind: KindName, spec: unknown) => checkShape(kind, anObject(kind, spec)).map(({ message }) => message);

const minimal: Record<KindName, unknown> = {
  ArkAgent: { model: "llama3.2", systemPrompt: "Help." },
  ArkTeam: { entry: "lead", roles: [{ name: "lead", model: "llama3.2", systemPrompt: "Lead." }] },
  ArkRun: { teamRef: "research" },
  ArkEvent: { source: { type: "cron", cron: "0 9 * * 1-5" }, targets: [{ team: "research" }] },
  ArkSettings: {},
  ArkMemory: { backend: "in-context" },
  ArkService: { selector: { arkAgent: "helper" } },
  ArkNotify: { channels: [{ type: "webhook", webhook: { url: "https://example.org" } }] },
  ArkRegistry: {},
  ArkBudget: { limit: 50 },
};

describe("checkShape: what is accepted", () => {
  for (const { kind } of KINDS) {
    it(`a minimal ${kind}`, () => {
      expect(checkShape(kind, anObject(kind, minimal[kind]))).to.deep.equal([]);
    });
  }

  const role = (fields: object) => ({ roles: [{ name: "lead", model: "m", systemPrompt: "p", ...fields }] });
  const header = { secretKeyRef: { name: "s", key: "k" } };
  const accepted: Record<string, [KindName, unknown]> = {
    "members, the older shape of roles (B1)": [
      "ArkTeam",
      {
        members: [
          { role: "topic-proposer", arkAgent: "a", entry: true, delegates: ["editor"] },
          { role: "editor", arkAgent: "b" },
        ],
      },
    ],
    "older targets and sources of events (B2)": [
      "ArkEvent",
      {
        source: { type: "flow-output", flow: { name: "t", onPhase: "*" } },
        targets: [{ pipeline: "p", input: { a: "{{ .trigger.body }}" } }],
      },
    ],
    "pipelineOutput (B2)": ["ArkEvent", { source: { type: "pipeline-output", pipelineOutput: { name: "t" } }, targets: [{ team: "p" }] }],
    "maxConcurrentTasks under resources, a network policy as an object, autoscaling.enabled (B2a)": [
      "ArkTeam",
      role({
        resources: { maxConcurrentTasks: 3, limits: { cpu: 1, memory: "1Gi" } },
        networkPolicy: { mode: "strict" },
        autoscaling: { enabled: true },
      }),
    ],
    "references as plain strings (B3)": [
      "ArkTeam",
      { ...role({ configRef: "c" }), notifyRef: "n", budgetRef: "b", registryRef: { name: "r" } },
    ],
    "MCP headers as a list": ["ArkTeam", role({ mcpServers: [{ name: "a", url: "u", headers: [{ name: "A", valueFrom: header }] }] })],
    "MCP headers as a map, and the older auth": [
      "ArkAgent",
      {
        model: "m",
        systemPrompt: "p",
        networkPolicy: "disabled",
        mcpServers: [{ name: "a", url: "u", headers: { "X-Key": header }, auth: { type: "bearer", tokenSecretRef: header.secretKeyRef } }],
      },
    ],
    "the other shape of notifications": [
      "ArkNotify",
      {
        channel: { type: "slack", slack: { webhookUrlSecretRef: { name: "s", key: "k" } } },
        events: [{ type: "TeamFailed", template: "{{ .Message }}" }],
        rateLimiting: { windowSeconds: 60, maxPerWindow: 2 },
      },
    ],
    "input of any JSON, null included": ["ArkRun", { teamRef: "t", input: { a: null, b: [1, { c: "d" }], "x.y": true } }],
    "a limit in dollars as a decimal string": ["ArkBudget", { limit: "50.00" }],
  };
  for (const [sentence, [kind, spec]] of Object.entries(accepted)) {
    it(sentence, () => {
      expect(checkShape(kind, anObject(kind, spec))).to.deep.equal([]);
    });
  }

  it("a name that the API server makes, nulls in metadata, a status that it drops", () => {
    const metadata = { generateName: "research-", creationTimestamp: null, labels: { "app.kubernetes.io/name": "x" } };
    expect(checkShape("ArkRun", { ...anObject("ArkRun", { teamRef: "t" }, metadata), status: { nonsense: true } })).to.deep.equal([]);
  });

  it("characters are counted as the API server counts them, not as UTF-16 does", () => {
    const spec = (count: number) => ({ roles: [{ name: "🦊".repeat(count), arkAgent: "a" }] });
    expect(faultsOf("ArkTeam", anObject("ArkTeam", spec(63)))).to.deep.equal([]);
    expect(faultsOf("ArkTeam", anObject("ArkTeam", spec(64)))).to.deep.equal(["spec.roles[0].name tooLong"]);
  });
});

describe("checkShape: what is refused", () => {
  const team = (spec: object) => anObject("ArkTeam", { roles: [{ name: "lead", arkAgent: "a" }], ...spec });
  const run = (spec: object) => anObject("ArkRun", { teamRef: "t", ...spec });
  const refused: Record<string, { kind: KindName; object: unknown; want: string[] }> = {
    "no object at all": { kind: "ArkTeam", object: [], want: [" type"] },
    nothing: { kind: "ArkTeam", object: undefined, want: [" type"] },
    "an empty object": {
      kind: "ArkTeam",
      object: {},
      want: ["apiVersion required", "kind required", "metadata required", "spec required"],
    },
    "a missing name": { kind: "ArkTeam", object: anObject("ArkTeam", minimal.ArkTeam, {}), want: ["metadata.name required"] },
    "a name that is null": {
      kind: "ArkTeam",
      object: anObject("ArkTeam", minimal.ArkTeam, { name: null }),
      want: ["metadata.name required"],
    },
    "an empty name": {
      kind: "ArkRun",
      object: anObject("ArkRun", minimal.ArkRun, { name: "" }),
      want: ["metadata.name required"],
    },
    "a spec that is null": { kind: "ArkSettings", object: anObject("ArkSettings", null), want: ["spec type"] },
    "a list that is null": { kind: "ArkTeam", object: team({ pipeline: null }), want: ["spec.pipeline type"] },
    "a list where one value stands": {
      kind: "ArkTeam",
      object: team({ pipeline: [{ role: "lead", dependsOn: "a" }] }),
      want: ["spec.pipeline[0].dependsOn type"],
    },
    "an object where a list stands": { kind: "ArkTeam", object: team({ pipeline: {} }), want: ["spec.pipeline type"] },
    "a number in quotes": { kind: "ArkTeam", object: team({ timeoutSeconds: "5" }), want: ["spec.timeoutSeconds type"] },
    "a string without quotes": {
      kind: "ArkSettings",
      object: anObject("ArkSettings", { temperature: 0.3 }),
      want: ["spec.temperature type"],
    },
    "a broken number where a whole one belongs": { kind: "ArkTeam", object: team({ maxTokens: 1.5 }), want: ["spec.maxTokens type"] },
    "a number beyond all numbers": {
      kind: "ArkTeam",
      object: team({ maxTokens: Number.POSITIVE_INFINITY }),
      want: ["spec.maxTokens type"],
    },
    "a negative number": { kind: "ArkTeam", object: team({ timeoutSeconds: -1 }), want: ["spec.timeoutSeconds range"] },
    "a loop beyond its hundred": {
      kind: "ArkTeam",
      object: team({ pipeline: [{ role: "lead", loop: { condition: "x", maxIterations: 101 } }] }),
      want: ["spec.pipeline[0].loop.maxIterations range"],
    },
    "a port of 65536": {
      kind: "ArkService",
      object: anObject("ArkService", { selector: { arkAgent: "a" }, ports: [{ port: 65536 }, { port: 0 }] }),
      want: ["spec.ports[0].port range", "spec.ports[1].port range"],
    },
    "an unknown word": {
      kind: "ArkEvent",
      object: anObject("ArkEvent", { source: { type: "crom" }, targets: [{ team: "t" }] }),
      want: ["spec.source.type enum"],
    },
    "no targets": {
      kind: "ArkEvent",
      object: anObject("ArkEvent", { source: { type: "webhook" }, targets: [] }),
      want: ["spec.targets required"],
    },
    "an empty name of a role": { kind: "ArkTeam", object: team({ entry: "" }), want: ["spec.entry required"] },
    "a temperature over 2": {
      kind: "ArkSettings",
      object: anObject("ArkSettings", { temperature: "2.1" }),
      want: ["spec.temperature pattern"],
    },
    "half a CPU as a number": {
      kind: "ArkAgent",
      object: anObject("ArkAgent", { model: "m", resources: { limits: { cpu: 0.5 } } }),
      want: ["spec.resources.limits.cpu type"],
    },
    "a reference without a name": { kind: "ArkTeam", object: team({ notifyRef: {} }), want: ["spec.notifyRef.name required"] },
    "a reference that is neither text nor object": {
      kind: "ArkTeam",
      object: team({ budgetRef: 5, notifyRef: [] }),
      want: ["spec.budgetRef type", "spec.notifyRef type"],
    },
    "an unknown network policy in either shape": {
      kind: "ArkTeam",
      object: anObject("ArkTeam", {
        roles: [
          { name: "a", networkPolicy: "open" },
          { name: "b", networkPolicy: { mode: "open" } },
        ],
      }),
      want: ["spec.roles[0].networkPolicy enum", "spec.roles[1].networkPolicy.mode enum"],
    },
    "headers that lack a name": {
      kind: "ArkAgent",
      object: anObject("ArkAgent", {
        model: "m",
        mcpServers: [
          { name: "s", headers: [{}] },
          { name: "t", headers: { "X.Y": {} } },
        ],
      }),
      want: ["spec.mcpServers[0].headers[0].name required", 'spec.mcpServers[1].headers["X.Y"].secretKeyRef required'],
    },
    "two sources of one variable": {
      kind: "ArkAgent",
      object: anObject("ArkAgent", {
        model: "m",
        env: [
          { name: "A", valueFrom: {} },
          { name: "B", valueFrom: { fieldRef: { fieldPath: "a" }, secretKeyRef: { name: "a", key: "b" } } },
        ],
      }),
      want: ["spec.env[0].valueFrom required", "spec.env[1].valueFrom tooMany"],
    },
    "an approval that is no decision": {
      kind: "ArkRun",
      object: run({ approvals: [{ step: "s", decision: "yes", iteration: 0 }] }),
      want: ["spec.approvals[0].decision enum", "spec.approvals[0].iteration range"],
    },
    "fields of other objects": {
      kind: "ArkRun",
      object: { ...run({ steps: [] }), data: {} },
      want: ["data unknownField", "spec.steps unknownField"],
    },
    "labels that are numbers": {
      kind: "ArkRun",
      object: anObject("ArkRun", { teamRef: "t" }, { name: "a", labels: { "a/b": 1 } }),
      want: ['metadata.labels["a/b"] type'],
    },
  };
  for (const [sentence, { kind, object, want }] of Object.entries(refused)) {
    it(sentence, () => {
      expect(faultsOf(kind, object)).to.deep.equal(want);
    });
  }

  it("names the nearest known field (B3)", () => {
    expect(messagesOf("ArkAgent", { model: "m", systemPromt: "x" })).to.deep.equal([
      'unknown field "systemPromt"; did you mean "systemPrompt"?',
    ]);
    expect(messagesOf("ArkService", { selector: { arkAgent: "a" }, zzz: 1 })).to.deep.equal([
      'unknown field "zzz"; known here are selector, routing, ports',
    ]);
  });

  it("says the way out", () => {
    expect(messagesOf("ArkTeam", { timeoutSeconds: "5", suspend: "true", maxTokens: null })).to.deep.equal([
      "must be a whole number, not a string; take the quotes off: 5",
      "must be true or false, not a string; take the quotes off: true",
      "must be a whole number, not null; give a value or take the field out",
    ]);
    expect(messagesOf("ArkSettings", { temperature: 0.3, outputFormat: "markdwn" })).to.deep.equal([
      'must be a string, not 0.3; write it in quotes: "0.3"',
      '"markdwn" is not supported; choose "structured-json", "markdown", "plain"; did you mean "markdown"?',
    ]);
    expect(messagesOf("ArkSettings", { temperature: "3" })).to.deep.equal([
      '"3" does not fit; write a decimal string from 0 to 2, for example "0.3"',
    ]);
    expect(messagesOf("ArkTeam", { notifyRef: true })).to.deep.equal([
      'must be a string or an object, not true; write it in quotes: "true"',
    ]);
  });

  it("never shows a text of the wrong type: it may be a secret", () => {
    expect(messagesOf("ArkAgent", { model: "m", env: "hunter2" })).to.deep.equal(["must be a list, not a string; put it into a list"]);
  });
});

describe("checkShape: hostile objects", () => {
  it("takes __proto__ and its like for the unknown fields that they are", () => {
    const spec: unknown = JSON.parse('{"teamRef": "t", "__proto__": {"agent": 1}, "constructor": 1, "toString": 2}');
    expect(faultsOf("ArkRun", anObject("ArkRun", spec))).to.deep.equal([
      "spec.__proto__ unknownField",
      "spec.constructor unknownField",
      "spec.toString unknownField",
    ]);
  });

  it("does not take an inherited field for a given one", () => {
    expect(faultsOf("ArkRun", anObject("ArkRun", Object.create({ teamRef: 5 })))).to.deep.equal([]);
    expect(faultsOf("ArkMemory", anObject("ArkMemory", Object.create({ backend: "redis" })))).to.deep.equal(["spec.backend required"]);
  });

  it("lets reserved words be keys of a map", () => {
    const input: unknown = JSON.parse('{"__proto__": 1, "constructor": {}}');
    expect(faultsOf("ArkRun", anObject("ArkRun", { teamRef: "t", input }))).to.deep.equal([]);
  });

  it("stops after a thousand faults and says so", () => {
    const spec = { roles: Array.from({ length: 500 }, () => ({ a: 1, b: 2, c: 3 })) };
    const faults = checkShape("ArkTeam", anObject("ArkTeam", spec));
    expect(faults).to.have.length(MAX_FAULTS + 1);
    expect(faults.at(-1)?.message).to.contain("correct these first");
  });

  it("does not walk a list that is far too long", () => {
    const spec = { roles: Array.from({ length: 100_000 }, () => 5) };
    expect(faultsOf("ArkTeam", anObject("ArkTeam", spec))).to.deep.equal(["spec.roles tooMany"]);
  });

  it("is not led into the depth of free JSON", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i++) deep = [deep];
    expect(faultsOf("ArkRun", anObject("ArkRun", { teamRef: "t", input: { deep } }))).to.deep.equal([]);
  });

  it("answers for anything that JSON can say, twice the same", () => {
    const anyKind = fc.constantFrom(...KINDS.map(({ kind }) => kind));
    fc.assert(
      fc.property(anyKind, fc.jsonValue(), (kind, spec) => {
        const object = anObject(kind, spec);
        expect(checkShape(kind, object)).to.deep.equal(checkShape(kind, object));
        checkShape(kind, spec);
      }),
      { numRuns: 500 },
    );
  });
});

describe("checkStatusShape", () => {
  const sound = {
    snapshot: { anything: [1] },
    phase: "Succeeded",
    startTime: "2026-01-01T00:00:00Z",
    completionTime: "2026-01-01T00:00:01.250+01:00",
    durationSeconds: 1.25,
    totalCostUSD: "0.0012",
    steps: [{ name: "a~0123abcd~1", phase: "Running", data: [null], waiting: { reason: "Queued", since: "2026-01-01T00:00:00Z" } }],
  };
  it("accepts what the controller writes", () => {
    expect(checkStatusShape("ArkRun", sound)).to.deep.equal([]);
  });
  it("refuses another form of time, of cost, of phase", () => {
    const status = { ...sound, phase: "Done", startTime: "yesterday", totalCostUSD: "1,5", completionTime: "2026-13-01T00:00:00Z" };
    expect(checkStatusShape("ArkRun", status).map(({ path, code }) => `${path} ${code}`)).to.deep.equal([
      "status.phase enum",
      "status.startTime format",
      "status.completionTime format",
      "status.totalCostUSD pattern",
    ]);
  });
});
