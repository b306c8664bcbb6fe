// The kinds whose normalisation is only defaults, and what holds for all of them.
import { expect } from "chai";
import { aBudget, aMemory, aNotify, anAgent, anEvent, aRegistry, aService, someSettings } from "../test/builders/objects.ts";
import { aTeam } from "../test/builders/team.ts";
import { normalizeArkAgent } from "./arkagent/normalize.ts";
import { normalizeArkBudget } from "./arkbudget/normalize.ts";
import { normalizeArkEvent } from "./arkevent/normalize.ts";
import { normalizeArkMemory } from "./arkmemory/normalize.ts";
import { normalizeArkNotify } from "./arknotify/normalize.ts";
import { normalizeArkRegistry } from "./arkregistry/normalize.ts";
import { normalizeArkService } from "./arkservice/normalize.ts";
import { mergeSettings, normalizeArkSettings } from "./arksettings/normalize.ts";
import { normalizeArkTeam } from "./arkteam/normalize.ts";

describe("defaults (SPEC §2.5–2.10)", () => {
  it("a service listens for HTTP on 8081 and A2A on 8080", () => {
    const service = normalizeArkService(aService());
    expect(service).to.deep.equal({
      name: "front",
      namespace: "test",
      arkAgent: "worker",
      strategy: "round-robin",
      ports: [{ protocol: "HTTP", port: 8081 }],
    });
    expect(normalizeArkService(aService({ ports: [{ protocol: "A2A" }, { port: 80 }] })).ports).to.deep.equal([
      { protocol: "A2A", port: 8080 },
      { protocol: "HTTP", port: 80 },
    ]);
  });

  it("a registry stays in its namespace and in its team", () => {
    expect(normalizeArkRegistry(aRegistry())).to.deep.equal({
      name: "fleet",
      namespace: "test",
      scope: "namespace-scoped",
      maxDepth: 3,
      allowCrossTeam: false,
      mcpBindings: [],
    });
  });

  it("a budget is monthly and warns at 80 per cent", () => {
    expect(normalizeArkBudget(aBudget())).to.deep.equal({
      name: "month",
      namespace: "test",
      period: "monthly",
      limitUSD: 50,
      warnAt: 80,
      hardStop: false,
    });
    expect(normalizeArkBudget(aBudget({ limit: 0.5, selector: { team: "t" }, notifyRef: "n" }))).to.deep.include({
      limitUSD: 0.5,
      team: "t",
      notifyRef: "n",
    });
  });

  it("a memory keeps entries in redis for an hour, in a vector store for ever", () => {
    expect(normalizeArkMemory(aMemory({ backend: "redis", redis: { secretRef: { name: "r" } } }))).to.deep.equal({
      is: "redis",
      secret: "r",
      ttlSeconds: 3600,
      maxEntries: 0,
    });
    expect(normalizeArkMemory(aMemory({ backend: "redis", redis: { secretRef: { name: "r" }, ttlSeconds: 0 } }))).to.deep.include({
      ttlSeconds: 0,
    });
    expect(normalizeArkMemory(aMemory())).to.deep.equal({ is: "other", backend: "in-context", options: {} });
  });

  it("settings ask for nothing", () =>
    expect(normalizeArkSettings(someSettings())).to.deep.equal({ promptFragments: {}, fragments: [], requireMCPAuth: false }));

  it("of two fragments of one name the later one counts, wherever they are", () => {
    const one = normalizeArkSettings(
      someSettings({
        fragments: [
          { name: "a", text: "1" },
          { name: "b", text: "2" },
          { name: "a", text: "3" },
        ],
        security: { requireMCPAuth: true },
      }),
    );
    expect(one.fragments.map(({ text }) => text)).to.deep.equal(["3", "2"]);
    const two = normalizeArkSettings(someSettings({ fragments: [{ name: "b", text: "4", position: "prepend" }] }));
    expect(mergeSettings([one, two])).to.deep.equal({
      promptFragments: {},
      fragments: [
        { name: "a", text: "3", position: "append" },
        { name: "b", text: "4", position: "prepend" },
      ],
      requireMCPAuth: true,
    });
  });

  it("merging with nothing, or with itself, changes nothing", () => {
    const one = normalizeArkSettings(
      someSettings({ temperature: "0.3", promptFragments: { persona: "P" }, fragments: [{ name: "a", text: "1" }] }),
    );
    expect(mergeSettings([one])).to.deep.equal(one);
    expect(mergeSettings([one, one])).to.deep.equal(one);
    expect(mergeSettings([])).to.deep.equal({ promptFragments: {}, fragments: [], requireMCPAuth: false });
  });
});

describe("every normalisation", () => {
  const normalizers: Readonly<Record<string, () => [unknown, () => unknown]>> = {
    ArkAgent: () => {
      const object = anAgent();
      return [object, () => normalizeArkAgent(object)];
    },
    ArkTeam: () => {
      const object = aTeam().step("lead").build();
      return [object, () => normalizeArkTeam(object)];
    },
    ArkEvent: () => {
      const object = anEvent();
      return [object, () => normalizeArkEvent(object)];
    },
    ArkSettings: () => {
      const object = someSettings();
      return [object, () => normalizeArkSettings(object)];
    },
    ArkMemory: () => {
      const object = aMemory();
      return [object, () => normalizeArkMemory(object)];
    },
    ArkService: () => {
      const object = aService();
      return [object, () => normalizeArkService(object)];
    },
    ArkNotify: () => {
      const object = aNotify();
      return [object, () => normalizeArkNotify(object)];
    },
    ArkRegistry: () => {
      const object = aRegistry();
      return [object, () => normalizeArkRegistry(object)];
    },
    ArkBudget: () => {
      const object = aBudget();
      return [object, () => normalizeArkBudget(object)];
    },
  };
  for (const [kind, open] of Object.entries(normalizers)) {
    it(`of ${kind} leaves the stored object as it is, gives the same twice, and is JSON`, () => {
      const [object, normalize] = open();
      const before = structuredClone(object);
      const first = normalize();
      expect(normalize()).to.deep.equal(first);
      expect(object).to.deep.equal(before);
      expect(JSON.parse(JSON.stringify(first))).to.deep.equal(first);
    });
  }
});
