import { expect } from "chai";
import type { TaskLook } from "../plugins/sdk/index.ts";
import { ProviderError } from "../plugins/sdk/index.ts";
import { type AgentWorld, anAgentWorld, type Model } from "../test/builders/agentWorld.ts";

describe("an agent", () => {
  let world: AgentWorld;
  beforeEach(() => {
    world = anAgentWorld();
  });
  afterEach(() => world.end());

  it("answers a task, with its tokens and their cost", async () => {
    await world.start(({ system, messages }) => `${system} ${messages[0]?.content}`);
    const task = await world.add({ prompt: "hello" });
    await world.clock.settle();
    const look = await world.look(task);
    expect(look.state).to.equal("done");
    const { result } = look as Extract<TaskLook, { state: "done" }>;
    expect(result).to.deep.include({
      output: "You lead. hello",
      preview: "You lead. hello",
      toolRounds: 0,
      stopReason: "end",
      costUSD: "0.00002",
    });
    expect(result.usage).to.deep.equal({ inputTokens: 10, outputTokens: 5, totalTokens: 15 });
    expect(world.journal.map((entry) => entry.type)).to.deep.equal(["model.started", "model.text", "model.finished"]);
  });

  it("works on as many tasks at a time as it has slots, and not one more", async () => {
    let open = 0;
    let most = 0;
    const model: Model = async (_, { signal }) => {
      most = Math.max(most, ++open);
      await world.clock.sleep(1_000, signal);
      open--;
      return "done";
    };
    await world.start(model);
    for (let i = 0; i < 5; i++) await world.add({ step: `s${i}` });
    await world.clock.advance(10_000);
    expect(most).to.equal(2);
    expect((await world.queue.tasks.depth("test.demo.lead")).pending).to.equal(0);
  });

  it("gives a throttled task back, says why, and answers it later (B72)", async () => {
    let calls = 0;
    await world.start(() => {
      if (++calls === 1) throw new ProviderError("throttled", "429", { retryAfterMs: 5_000 });
      return "at last";
    });
    const task = await world.add();
    await world.clock.settle();
    expect((await world.look(task)).state).to.equal("delayed");
    await world.clock.advance(4_900);
    expect(calls).to.equal(1);
    await world.clock.advance(1_000);
    const look = await world.look(task);
    expect(look.state === "done" && look.result.output).to.equal("at last");
  });

  it("hands its tasks back when it is drained, with no counter touched (B78)", async () => {
    const agent = await world.start((_, { signal }) => world.clock.sleep(60_000, signal).then(() => "never"));
    const task = await world.add();
    await world.clock.settle();
    const drained = agent.drain(1_000);
    await world.clock.advance(1_000);
    await drained;
    const [claim] = await world.queue.tasks.claim(
      { queues: [task.queue], consumer: "c", max: 1, leaseMs: 1, waitMs: 0 },
      new AbortController().signal,
    );
    expect(claim?.counters).to.deep.equal({ crashes: 0, errors: 0, throttled: 0 });
  });

  it("takes no tasks while its probe fails, and takes them again after one success (B77)", async () => {
    let answer = "hm";
    const agent = await world.start(
      ({ messages, tools }) => {
        if (messages[0]?.content !== "Reply with exactly: HEALTHY") return "done";
        expect(tools).to.deep.equal([]);
        return answer;
      },
      { probe: { type: "semantic", intervalSeconds: 10 } },
      { probe: true },
    );
    await world.clock.advance(31_000);
    expect(agent.status()).to.deep.include({ ready: false });
    await world.clock.advance(5_000);
    const task = await world.add();
    await world.clock.settle();
    expect((await world.look(task)).state).to.equal("queued");
    answer = "Healthy.";
    await world.clock.advance(10_000);
    expect(agent.status().ready).to.equal(true);
    expect((await world.look(task)).state).to.equal("done");
  });

  it("reports itself each 15 s (DESIGN §4)", async () => {
    await world.start(() => "ok");
    await world.clock.advance(16_000);
    const [report] = await world.queue.agents.list("test", "demo-lead");
    expect(report).to.deep.include({ pod: "demo-lead", ready: true, freeSlots: 2 });
  });

  it("executes again what a vanished worker held, and refuses that worker's late answer", async () => {
    const task = await world.add();
    const [lost] = await world.queue.tasks.claim(
      { queues: [task.queue], consumer: "gone", max: 1, leaseMs: 15_000, waitMs: 0 },
      new AbortController().signal,
    );
    await world.start(() => "again");
    await world.clock.advance(20_000);
    const look = await world.look(task);
    expect(look.state === "done" && look.result.output).to.equal("again");
    expect(lost && (await world.queue.tasks.extend(lost, 1_000))).to.equal("fenced");
  });

  it("shows no secret in failures, waiting states and the journal (P9)", async () => {
    await world.start(
      () => {
        throw new ProviderError("permanent", "key sk-canary was refused");
      },
      {},
      { redact: (text) => text.replaceAll("sk-canary", "[redacted]") },
    );
    const task = await world.add();
    await world.clock.settle();
    expect(JSON.stringify([await world.look(task), world.journal]))
      .to.contain("[redacted]")
      .and.not.to.contain("sk-canary");
  });
});
