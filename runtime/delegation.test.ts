import { expect } from "chai";
import type { LlmRequest, Task, TaskLook } from "../plugins/sdk/index.ts";
import { type AgentWorld, anAgentWorld, aRoleSnapshot, type Model } from "../test/builders/agentWorld.ts";

const callOf = (name: string, args: Record<string, string | string[]>, id = name) => ({ id, name, args });

/** Asks in the first turn, and repeats what came back in the second. */
const asking =
  (...calls: ReturnType<typeof callOf>[]): Model =>
  ({ messages }) => {
    const answers = messages.filter((message) => message.role === "tool");
    return answers.length === 0 ? { toolCalls: calls } : answers.map((message) => message.content).join("|");
  };

describe("delegation", () => {
  let world: AgentWorld;
  beforeEach(() => {
    world = anAgentWorld();
  });
  afterEach(() => world.end());

  const outputOf = (look: TaskLook): string => (look.state === "done" ? (look.result.output ?? "(long)") : look.state);
  const roles = [
    aRoleSnapshot("lead", { canDelegate: ["writer"] }),
    aRoleSnapshot("writer", { canDelegate: ["checker"] }),
    aRoleSnapshot("checker"),
  ];
  const lead = async (change: Partial<Task> = {}): Promise<Task> =>
    world.add({ mayDelegate: ["writer"], snapshot: await world.snapshot(roles), ...change });
  const startWriter = (model: Model) =>
    world.start(model, { agent: "demo-writer", queues: [{ name: "test.demo.writer", team: "demo", role: "writer" }] });
  const marked = (role: string, text: string): string => `<untrusted source="role ${role}">\n${text}\n</untrusted>`;

  it("brings a delegate's answer back inline, several at the same time (B61)", async () => {
    let open = 0;
    let most = 0;
    await world.start(
      asking(callOf("delegate", { role: "writer", prompt: "a" }, "1"), callOf("delegate", { role: "writer", prompt: "b" }, "2")),
    );
    await startWriter(async ({ system, messages }, { signal }) => {
      most = Math.max(most, ++open);
      await world.clock.sleep(1_000, signal);
      open--;
      return `${system.split("\n")[0]} ${messages[0]?.content}`;
    });
    const task = await lead();
    await world.clock.advance(3_000);
    expect(outputOf(await world.look(task))).to.equal(`${marked("writer", "You are writer. a")}|${marked("writer", "You are writer. b")}`);
    expect(most).to.equal(2);
    expect(world.journal.filter((entry) => entry.type === "delegate.started" || entry.type === "delegate.finished")).to.have.length(4);
  });

  it("makes a child whose name, rights, budget and deadline follow from its parent (B62, S63)", async () => {
    await world.start(asking(callOf("delegate", { role: "writer", prompt: "a" })));
    await lead({
      deadlineMs: world.clock.now() + 60_000,
      limits: { timeoutMs: 1_000, maxTokensPerCall: 1_000, runMaxTokens: 500, maxToolRounds: 50 },
    });
    await world.clock.settle();
    const [claim] = await world.queue.tasks.claim(
      { queues: ["test.demo.writer"], consumer: "c", max: 1, leaseMs: 1_000, waitMs: 0 },
      new AbortController().signal,
    );
    const child = claim?.task;
    expect(child?.step).to.match(/^first~[0-9a-f]{8}~1$/);
    expect(child).to.deep.include({
      kind: "delegate",
      role: "writer",
      agent: "demo-writer",
      depth: 1,
      chain: ["lead", "writer"],
      mayDelegate: ["checker"],
      parent: "uid-1/first/1/1",
      inbox: "demo-lead:0",
      retries: 1,
      deadlineMs: world.clock.now() + 60_000,
      limits: { timeoutMs: 60_000, maxTokensPerCall: 1_000, runMaxTokens: 500, maxToolRounds: 50 },
    });
  });

  it("holds no slot and no time while it waits (B65)", async () => {
    const first = asking(callOf("delegate", { role: "writer", prompt: "a" }));
    await world.start((request, options) => (request.messages[0]?.content === "quick" ? "quick answer" : first(request, options)), {
      limits: { maxTokensPerCall: 1_000, maxConcurrentTasks: 1, timeoutSeconds: 1, maxDailyTokens: 0, retries: 3 },
    });
    await startWriter(async (_, { signal }) => {
      await world.clock.sleep(30_000, signal);
      return "late";
    });
    const waiting = await lead({ limits: { timeoutMs: 1_000, maxTokensPerCall: 1_000, runMaxTokens: 0, maxToolRounds: 50 } });
    const quick = await world.add({ step: "quick", prompt: "quick" });
    await world.clock.advance(2_000);
    expect(outputOf(await world.look(quick))).to.equal("quick answer");
    await world.clock.advance(30_000);
    expect(outputOf(await world.look(waiting))).to.equal(marked("writer", "late"));
  });

  const refusals: Record<string, { change: Partial<Task>; role: string; want: RegExp }> = {
    "a role outside the list": { change: {}, role: "checker", want: /may not be asked; roles that you may ask: writer/ },
    "the role itself": { change: {}, role: "lead", want: /is yourself/ },
    "a role that already waits": { change: { chain: ["writer", "lead"] }, role: "writer", want: /already waits/ },
    "a ninth level": { change: { depth: 8 }, role: "writer", want: /at most 8/ },
    "a role that the run does not know": { change: { mayDelegate: ["writer", "ghost"] }, role: "ghost", want: /record of this run/ },
  };
  for (const [sentence, { change, role, want }] of Object.entries(refusals)) {
    it(`refuses ${sentence}, and queues nothing (B61)`, async () => {
      await world.start(asking(callOf("delegate", { role, prompt: "a" })));
      const task = await lead(change);
      await world.clock.settle();
      expect(outputOf(await world.look(task))).to.match(want);
      for (const name of ["writer", "checker", "ghost"])
        expect((await world.queue.tasks.depth(`test.demo.${name}`)).undelivered).to.equal(0);
    });
  }

  it("offers nothing to a leaf of a team, delegation to those who may, subtasks to an agent without a team (B61, B63)", async () => {
    const seen: Record<string, string[]> = {};
    const model: Model = ({ tools, messages }: LlmRequest) => {
      seen[messages[0]?.content ?? ""] = tools.map((tool) => tool.name);
      return "ok";
    };
    await world.start(model, {
      queues: [
        { name: "test.demo.lead", team: "demo", role: "lead" },
        { name: "test._.solo", team: "_", role: "solo" },
      ],
    });
    await world.add({ prompt: "leaf", step: "leaf" });
    await lead({ prompt: "lead", step: "lead" });
    await world.clock.settle();
    await world.add({ prompt: "solo", step: "solo", team: "_", role: "solo" });
    await lead({ prompt: "judge", step: "j:judge", kind: "judge", system: "Judge." });
    await world.clock.settle();
    expect(seen).to.deep.equal({
      leaf: [],
      lead: ["delegate", "submit_subtask", "collect"],
      solo: ["submit_subtask", "collect"],
      judge: [],
    });
  });

  it("collects what it submitted to itself and to others (B63)", async () => {
    await world.start(({ messages }) => {
      const prompt = messages[0]?.content ?? "";
      if (prompt.startsWith("part")) return `did ${prompt}`;
      const answers = messages.filter((message) => message.role === "tool").map((message) => message.content);
      if (answers.length === 0)
        return {
          toolCalls: [
            callOf("submit_subtask", { prompt: "part 1" }, "1"),
            callOf("submit_subtask", { prompt: "part 2", role: "writer" }, "2"),
          ],
        };
      if (answers.length === 2) return { toolCalls: [callOf("collect", { ids: answers.map((text) => String(JSON.parse(text).id)) })] };
      return answers[2] ?? "";
    });
    await startWriter(({ messages }) => `wrote ${messages[0]?.content}`);
    const task = await lead();
    await world.clock.settle();
    await world.clock.advance(100);
    const output = outputOf(await world.look(task));
    expect(output).to.contain('"output":"did part 1"').and.to.contain('"output":"wrote part 2"');
  });

  it("shows the model that a delegate failed, and goes on", async () => {
    await world.start(asking(callOf("delegate", { role: "writer", prompt: "a" })));
    await startWriter(() => ({ text: "no", stopReason: "refusal" }));
    const task = await lead();
    await world.clock.advance(10_000);
    expect(outputOf(await world.look(task))).to.contain('role "writer" gave no answer: Refused');
  });

  it("cancels the children that nobody waits for any more (§1.4)", async () => {
    await world.start(asking(callOf("submit_subtask", { prompt: "a", role: "writer" })));
    const task = await lead();
    await world.clock.settle();
    expect((await world.look(task)).state).to.equal("done");
    expect((await world.queue.tasks.depth("test.demo.writer")).undelivered).to.equal(0);
  });

  it("finds the recorded answer when the parent is executed again (§1.4)", async () => {
    let writes = 0;
    await startWriter(() => `answer ${++writes}`);
    let turns = 0;
    await world.start((request, options) => {
      if (++turns === 2) throw new Error("our own fault");
      if (turns === 3) throw new Error("our own fault");
      return asking(callOf("delegate", { role: "writer", prompt: "a" }))(request, options);
    });
    const task = await lead();
    await world.clock.advance(20_000);
    expect(outputOf(await world.look(task))).to.equal(marked("writer", "answer 1"));
    expect(writes).to.equal(1);
  });
});
