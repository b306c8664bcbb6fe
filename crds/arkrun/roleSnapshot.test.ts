import { expect } from "chai";
import { aTeam } from "../../test/builders/team.ts";
import { agentConfigOf } from "../arkagent/agentConfig.ts";
import type { AgentConfig } from "../arkagent/config.ts";
import { normalizeAgentFields } from "../arkagent/normalize.ts";
import { normalizeArkTeam } from "../arkteam/normalize.ts";
import { agentOfRole, agentSnapshotOf, roleSnapshotOf } from "./roleSnapshot.ts";

const nothing = { settings: () => undefined, memory: () => undefined, registries: () => [], configMap: () => undefined };
const configOf = (name: string, fields = {}): AgentConfig =>
  agentConfigOf({
    namespace: "test",
    name,
    agent: normalizeAgentFields({ model: "mock", systemPrompt: "Work.", ...fields }),
    surroundings: nothing,
    queues: [],
  }).config;

describe("roleSnapshotOf", () => {
  const team = normalizeArkTeam(
    aTeam()
      .role("legal_review", { canDelegate: ["*"] })
      .role("other", { arkAgent: "worker" })
      .build(),
  );
  const [lead, review, other] = team.roles;

  it("says which agent serves a role, through which queue, and whom it may ask (B60)", () => {
    expect(agentOfRole(team, review!)).to.equal("demo-legal-review");
    expect(agentOfRole(team, other!)).to.equal("worker");
    expect(agentOfRole(team, { name: "whole", canDelegate: [], is: "team", arkTeam: "news" })).to.equal(undefined);
    const snapshot = roleSnapshotOf(team, review!, configOf("demo-legal-review", { provider: "mock" }));
    expect(snapshot).to.deep.equal({
      role: "legal_review",
      agent: "demo-legal-review",
      queue: "test.demo.legal_review",
      model: "mock",
      provider: "mock",
      prompt: "Work.",
      before: [],
      after: [],
      limits: { maxTokensPerCall: 8000, maxConcurrentTasks: 5, timeoutSeconds: 120, maxDailyTokens: 0, retries: 3 },
      canDelegate: ["lead", "other"],
    });
    expect(roleSnapshotOf(team, lead!, configOf("demo-lead")).canDelegate).to.deep.equal([]);
  });

  it("a prompt from a Secret is not in it (B71)", () => {
    const config = configOf("worker", { systemPrompt: undefined, systemPromptRef: { secretKeyRef: { name: "s", key: "k" } } });
    expect(agentSnapshotOf(config)).not.to.have.property("prompt");
  });

  it("an agent without a team has one role and a queue of its own (B51a)", () => {
    expect(agentSnapshotOf(configOf("worker"))).to.deep.include({
      role: "agent",
      agent: "worker",
      queue: "test._.worker",
      canDelegate: [],
    });
  });
});
