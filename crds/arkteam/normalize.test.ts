import { expect } from "chai";
import fc from "fast-check";
import { aPipeline, aRole, aTeam } from "../../test/builders/team.ts";
import type { ArkTeam, ArkTeamSpec, TeamMember } from "../generated/types.ts";
import { DEFAULT_ROUTER_PROMPT } from "./defaults.ts";
import { delegatesOf, normalizeArkTeam } from "./normalize.ts";
import { routerAgentName, routerAgentOf, routerQueueName } from "./router.ts";

const teamOf = (spec: ArkTeamSpec): ArkTeam => ({ apiVersion: "arkonis.dev/v1alpha1", kind: "ArkTeam", metadata: { name: "demo" }, spec });

describe("normalizeArkTeam", () => {
  it("fills in the defaults of SPEC §2.2", () => {
    const { roles: _, ...team } = normalizeArkTeam(teamOf({ entry: "lead", roles: [aRole("lead")] }));
    expect(team).to.deep.equal({
      name: "demo",
      namespace: "default",
      generation: 1,
      annotations: {},
      mode: "dynamic",
      entry: "lead",
      pipeline: [],
      input: {},
      timeoutSeconds: 0,
      maxTokens: 0,
      maxDailyTokens: 0,
      successfulRunsHistoryLimit: 10,
      failedRunsHistoryLimit: 3,
      suspend: false,
    });
  });

  it("fills in the defaults of steps", () => {
    const team = aPipeline()
      .step("write")
      .step("write", { name: "again", loop: { condition: "x" }, validate: {}, approval: {}, registryLookup: { capability: "c" } });
    expect(normalizeArkTeam(team.with({ registryRef: "fleet" }).build()).pipeline).to.deep.equal([
      { name: "write", role: "write", inputs: {}, dependsOn: [], timeoutSeconds: 0, onError: "fail" },
      {
        name: "again",
        role: "write",
        inputs: {},
        dependsOn: [],
        timeoutSeconds: 0,
        onError: "fail",
        loop: { condition: "x", maxIterations: 10 },
        validate: { rejectPatterns: [], onFailure: "fail", maxRetries: 2 },
        registryLookup: { capability: "c", tags: [], strategy: "least-busy", registryRef: "fleet" },
        approval: { message: "", timeoutSeconds: 0, onTimeout: "reject" },
      },
    ]);
  });

  it("tells declared inputs from none", () => {
    expect(normalizeArkTeam(aTeam().build())).not.to.have.property("inputs");
    expect(normalizeArkTeam(aTeam().with({ inputs: [] }).build()).inputs).to.deep.equal([]);
    expect(
      normalizeArkTeam(
        aTeam()
          .with({ inputs: [{ name: "a", default: null }, { name: "b" }] })
          .build(),
      ).inputs,
    ).to.deep.equal([
      { name: "a", type: "string", description: "", required: false, default: null },
      { name: "b", type: "string", description: "", required: false },
    ]);
  });

  it("reads how long runs are kept", () => {
    expect(normalizeArkTeam(aTeam().with({ runRetainFor: "168h" }).build()).runRetainForMs).to.equal(604_800_000);
    expect(normalizeArkTeam(aTeam().with({ runRetainFor: "0" }).build()).runRetainForMs).to.equal(0);
    expect(normalizeArkTeam(aTeam().with({ runRetainFor: "7d" }).build())).not.to.have.property("runRetainForMs");
  });

  it("knows what plays a role", () => {
    const { roles } = normalizeArkTeam(teamOf({ roles: [{ name: "a", arkAgent: "x" }, { name: "b", arkTeam: "y" }, aRole("c")] }));
    expect(roles.map(({ is }) => is)).to.deep.equal(["agent", "team", "inline"]);
    expect(roles[0]).to.deep.equal({ name: "a", canDelegate: [], is: "agent", arkAgent: "x" });
  });

  it("does not change what it is given", () => {
    const team = aTeam()
      .role("writer", { canDelegate: ["*"] })
      .step("writer", { inputs: { prompt: "x" } })
      .build();
    const before = structuredClone(team);
    normalizeArkTeam(team);
    expect(team).to.deep.equal(before);
  });
});

describe("normalizeArkTeam: modes (SPEC §2.2)", () => {
  const cases: Record<string, { team: ArkTeam; want: string; entry?: string }> = {
    "no pipeline": { team: aTeam().build(), want: "dynamic", entry: "lead" },
    "an empty pipeline is none": { team: aTeam().with({ pipeline: [] }).build(), want: "dynamic", entry: "lead" },
    "a pipeline": { team: aPipeline().step("a").build(), want: "pipeline" },
    "a pipeline with an entry, which only names the role behind the service": {
      team: aPipeline().step("a").with({ entry: "a" }).build(),
      want: "pipeline",
      entry: "a",
    },
    "a pipeline and somebody who delegates": {
      team: aPipeline()
        .step("a")
        .role("b", { canDelegate: ["a"] })
        .build(),
      want: "mixed",
    },
    routing: { team: teamOf({ routing: { model: "m" } }), want: "routed" },
  };
  for (const [sentence, { team, want, entry }] of Object.entries(cases)) {
    it(`${sentence}: ${want}`, () => {
      const normalized = normalizeArkTeam(team);
      expect(normalized.mode).to.equal(want);
      expect(normalized.entry).to.equal(entry);
    });
  }

  it("a router has a model, the built-in words and the team's registry (B98)", () => {
    const team = normalizeArkTeam(teamOf({ routing: { model: "m" }, registryRef: { name: "fleet" } }));
    expect(team.routing).to.deep.equal({ model: "m", systemPrompt: DEFAULT_ROUTER_PROMPT, maxHops: 1, registryRef: "fleet" });
    expect(routerAgentOf(team)).to.deep.include({ model: "m", systemPrompt: DEFAULT_ROUTER_PROMPT });
    expect(routerAgentOf(normalizeArkTeam(aTeam().build()))).to.equal(undefined);
    expect(routerAgentName(team.name)).to.equal("demo-router");
    expect(routerQueueName(team)).to.equal("default.demo.route");
  });
});

describe("normalizeArkTeam: members (B1)", () => {
  it("are roles with an agent, and one of them is the entry", () => {
    const members: TeamMember[] = [
      { role: "lead", arkAgent: "boss", entry: true, delegates: ["legal-review"] },
      { role: "legal-review", arkAgent: "lawyer" },
    ];
    const team = normalizeArkTeam(teamOf({ members }));
    expect(team).to.deep.include({ mode: "dynamic", entry: "lead" });
    expect(team.roles).to.deep.equal([
      { name: "lead", canDelegate: ["legal-review"], is: "agent", arkAgent: "boss" },
      { name: "legal-review", canDelegate: [], is: "agent", arkAgent: "lawyer" },
    ]);
  });

  it("mean the same as roles and entry, whatever they are", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const member = fc.record({ role: name, arkAgent: name, entry: fc.boolean(), delegates: fc.array(name) });
    fc.assert(
      fc.property(fc.array(member), (members) => {
        const entry = members.find((each) => each.entry)?.role;
        const roles = members.map(({ role, arkAgent, delegates }) => ({ name: role, arkAgent, canDelegate: delegates }));
        expect(normalizeArkTeam(teamOf({ members }))).to.deep.equal(
          normalizeArkTeam(teamOf({ roles, ...(entry === undefined ? {} : { entry }) })),
        );
      }),
    );
  });
});

describe("delegatesOf (B11, B61)", () => {
  const team = normalizeArkTeam(
    teamOf({
      roles: [
        aRole("lead", { canDelegate: ["*"] }),
        aRole("a", { canDelegate: ["b", "b"] }),
        aRole("b"),
        { name: "whole", arkTeam: "other" },
      ],
    }),
  );
  it("a star is every other role that has an agent", () => expect(delegatesOf(team, "lead")).to.deep.equal(["a", "b"]));
  it("names count once", () => expect(delegatesOf(team, "a")).to.deep.equal(["b"]));
  it("a leaf has none, nor has a role that does not exist", () => {
    expect(delegatesOf(team, "b")).to.deep.equal([]);
    expect(delegatesOf(team, "constructor")).to.deep.equal([]);
  });
});
