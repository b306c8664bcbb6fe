import { expect } from "chai";
import { type MemoryEntry, type MemoryStore, ProviderError, type Task, type TaskLook } from "../plugins/sdk/index.ts";
import { type AgentWorld, anAgentWorld, aRoleSnapshot, type Model } from "../test/builders/agentWorld.ts";

type Done = Extract<TaskLook, { state: "done" }>["result"];
const limits = { timeoutMs: 120_000, maxTokensPerCall: 1_000, runMaxTokens: 0, maxToolRounds: 50 };
const failing: Model = () => {
  throw new Error("our own fault");
};

describe("one task", () => {
  let world: AgentWorld;
  beforeEach(() => {
    world = anAgentWorld();
  });
  afterEach(() => world.end());

  const doneOf = (look: TaskLook): Done => {
    if (look.state !== "done") throw new Error(`the task is ${look.state}: ${"failure" in look ? look.failure.message : ""}`);
    return look.result;
  };
  const failureOf = (look: TaskLook): string =>
    "failure" in look ? `${look.failure.reason}${look.failure.permanent ? " (permanent)" : ""}` : look.state;

  describe("fails, visibly", () => {
    const cases: Record<string, { model: Model; task?: Partial<Task>; want: string; calls?: number }> = {
      "after a permanent error of the model, at once": {
        model: () => {
          throw new ProviderError("permanent", "401");
        },
        want: "Permanent (permanent)",
        calls: 1,
      },
      "when the model refuses": { model: () => ({ text: "no", stopReason: "refusal" }), want: "Refused (permanent)", calls: 1 },
      "when an answer under a schema was cut off": {
        model: () => ({ text: "{", stopReason: "length" }),
        task: { outputSchema: "{}", retries: 0 },
        want: "AnswerCutOff",
        calls: 1,
      },
      "after two tries in place when the provider is broken": { model: failing, task: { retries: 0 }, want: "ProviderFailed", calls: 2 },
      "after its retries": { model: failing, task: { retries: 1 }, want: "ProviderFailed", calls: 4 },
      "when a provider hands back nonsense": {
        model: () => ({ text: 5 as unknown as string }),
        task: { retries: 0 },
        want: "ProviderFailed",
        calls: 2,
      },
      "when it takes too long, which counts as its error": {
        model: (_, { signal }) => world.clock.sleep(3_600_000, signal).then(() => ""),
        task: { retries: 0, limits: { ...limits, timeoutMs: 1_000 } },
        want: "TaskTimedOut",
        calls: 1,
      },
      "when a provider does not listen to its signal": {
        model: () => new Promise(() => {}),
        task: { retries: 0, limits: { ...limits, timeoutMs: 1_000 } },
        want: "TaskTimedOut",
        calls: 1,
      },
      "after too many rounds of tools": {
        model: ({ messages }) => ({ toolCalls: [{ id: "1", name: "ghost", args: { n: messages.length } }] }),
        task: { retries: 0, limits: { ...limits, maxToolRounds: 3 } },
        want: "ToolRoundsExceeded",
        calls: 4,
      },
      "when its run has no tokens for the call (B47)": {
        model: () => "never",
        task: { limits: { ...limits, runMaxTokens: 5 } },
        want: "BudgetExceeded (permanent)",
        calls: 0,
      },
    };
    for (const [sentence, { model, task: change = {}, want, calls }] of Object.entries(cases)) {
      it(sentence, async () => {
        let made = 0;
        await world.start((request, options) => {
          made++;
          return model(request, options);
        });
        const task = await world.add(change);
        await world.clock.advance(30_000);
        expect(failureOf(await world.look(task))).to.equal(want);
        expect(made).to.equal(calls);
        expect(world.queue.sizes()).to.deep.include({ records: 1 });
      });
    }
  });

  it("is aborted when it is cancelled, and settles as that with what it spent", async () => {
    let isAborted = false;
    await world.start(({ messages }, { signal }) => {
      if (messages.length === 1) return { toolCalls: [{ id: "1", name: "ghost", args: {} }] };
      signal.addEventListener("abort", () => (isAborted = true));
      return world.clock.sleep(3_600_000, signal).then(() => "never");
    });
    const task = await world.add();
    await world.clock.settle();
    await world.queue.control.cancel(task.key, "the run was cancelled", task.queue);
    await world.clock.advance(6_000);
    const look = await world.look(task);
    expect(look.state).to.equal("cancelled");
    expect(isAborted).to.equal(true);
    expect("failure" in look && look.failure.usage.totalTokens).to.be.greaterThan(15);
  });

  it("ends at the deadline of its run", async () => {
    await world.start((_, { signal }) => world.clock.sleep(3_600_000, signal).then(() => "never"));
    const task = await world.add({ deadlineMs: world.clock.now() + 5_000 });
    await world.clock.advance(6_000);
    expect((await world.look(task)).state).to.equal("expired");
  });

  it("waits in place when it is throttled after its first answer: nothing is repeated, no slot and no time used (§1.6)", async () => {
    let calls = 0;
    await world.start(
      ({ messages }) => {
        if (messages[0]?.content === "other") return "other";
        if (++calls === 2) throw new ProviderError("transient", "503", { retryAfterMs: 20_000 });
        return messages.length === 1 ? { toolCalls: [{ id: "1", name: "ghost", args: {} }] } : "done";
      },
      { limits: { maxTokensPerCall: 1_000, maxConcurrentTasks: 1, timeoutSeconds: 1, maxDailyTokens: 0, retries: 0 } },
    );
    const task = await world.add({ limits: { ...limits, timeoutMs: 1_000 } });
    await world.clock.advance(2_000);
    expect((await world.look(task)).state).to.equal("running");
    await world.clock.advance(25_000);
    expect(doneOf(await world.look(task)).output).to.equal("done");
    expect(calls).to.equal(3);
    expect(world.journal.find((entry) => entry.type === "retry")).to.deep.include({ reason: "ModelUnavailable", message: "503" });
  });

  it("tells its waiting state, and that it goes on", async () => {
    let calls = 0;
    await world.start(({ messages }) => {
      if (messages.length === 1) return { toolCalls: [{ id: "1", name: "ghost", args: {} }] };
      if (++calls === 1) throw new ProviderError("throttled", "slow down", { retryAfterMs: 20_000 });
      return "done";
    });
    const reasons: (string | undefined)[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for (;;) {
        const events = await world.queue.control.events(["test"], stop.signal);
        for (const event of events) if (event.type === "waiting") reasons.push(event.waiting.reason);
        await world.queue.control.forget(events);
      }
    })().catch(() => undefined);
    await world.add();
    await world.clock.advance(10_000);
    expect(reasons).to.deep.equal(["Throttled"]);
    await world.clock.advance(20_000);
    stop.abort(new Error("enough"));
    await reading;
    expect(reasons[0]).to.equal("Throttled");
  });

  it("waits while its agent is over its limit of the day, and goes on by itself (B85)", async () => {
    await world.start(({ messages }) => `${messages[0]?.content}`, {
      limits: { maxTokensPerCall: 10, maxConcurrentTasks: 1, timeoutSeconds: 1, maxDailyTokens: 30, retries: 0 },
    });
    const first = await world.add({ step: "a", limits: { ...limits, maxTokensPerCall: 10 } });
    await world.clock.settle();
    expect(doneOf(await world.look(first)).output).to.equal("do it");
    const second = await world.add({ step: "b", limits: { ...limits, maxTokensPerCall: 10, timeoutMs: 1_000 } });
    const third = await world.add({ step: "c", prompt: "x".repeat(60), limits: { ...limits, maxTokensPerCall: 10, timeoutMs: 1_000 } });
    await world.clock.advance(60_000);
    const states = [await world.look(second), await world.look(third)].map(({ state }) => state);
    expect(states).to.deep.equal(["done", "running"]);
    await world.clock.advance(25 * 3_600_000);
    expect((await world.look(third)).state).to.equal("done");
  });

  it("counts model calls per role and run (B102)", async () => {
    const calls: number[] = [];
    await world.start(({ messages }, { caller }) => {
      calls.push(caller?.call ?? 0);
      return messages.length === 1 ? { toolCalls: [{ id: "1", name: "ghost", args: {} }] } : "done";
    });
    await world.add({ step: "a" });
    await world.add({ step: "b" });
    await world.clock.settle();
    expect(calls.sort((a, b) => a - b)).to.deep.equal([1, 2, 3, 4]);
  });

  it("speaks as its run's snapshot says, whatever the agent's configuration has become", async () => {
    let seen: object = {};
    await world.start(({ system, model, temperature, responseSchema, maxTokens }) => {
      seen = { system, model, temperature, responseSchema, maxTokens };
      return "ok";
    });
    const role = aRoleSnapshot("lead", {
      model: "mock-2",
      prompt: "Snapshot.",
      before: ["First."],
      temperature: 0.5,
      outputFormat: "plain",
    });
    await world.add({ snapshot: await world.snapshot([role]), outputSchema: '{"type":"string"}', feedback: "too long" });
    await world.clock.settle();
    const system = "First.\n\nSnapshot.\n\nAnswer in plain text without any markup.";
    expect(seen).to.deep.equal({ system, model: "mock-2", temperature: 0.5, responseSchema: { type: "string" }, maxTokens: 1_000 });
  });

  it("of a judge or router has its own words, no tools and no memory (B44, B98)", async () => {
    const used: string[] = [];
    const store = {
      recall: async () => (used.push("recall"), []),
      remember: async () => void used.push("remember"),
    } as unknown as MemoryStore;
    const judged = anAgentWorld({ memory: store });
    let seen: object = {};
    await judged.start(({ system, model, tools }) => {
      seen = { system, model, tools };
      return "VALID";
    });
    await judged.add({
      kind: "judge",
      step: "first:judge",
      role: "lead",
      system: "You judge.",
      model: "mock-judge",
      mayDelegate: ["writer"],
    });
    await judged.clock.settle();
    await judged.end();
    expect(seen).to.deep.equal({ system: "You judge.", model: "mock-judge", tools: [] });
    expect(used).to.deep.equal([]);
  });

  it("reads its prompt from a file where the configuration says so", async () => {
    let seen = "";
    await world.start(
      ({ system }) => ((seen = system), "ok"),
      { prompt: { file: "/p" } },
      { readFile: (path) => Promise.resolve(`from ${path}`) },
    );
    await world.add();
    await world.clock.settle();
    expect(seen).to.equal("from /p");
  });

  describe("with memory (B80)", () => {
    it("recalls before, as data, and remembers after", async () => {
      const remembered: MemoryEntry[] = [];
      const scopes: object[] = [];
      const store: MemoryStore = {
        recall: async ({ scope }) => (scopes.push(scope), [{ id: "1", at: "2026-01-01T00:00:00Z", role: "user", content: "likes tea" }]),
        remember: async ({ entries }) => void remembered.push(...entries),
        forget: async () => {},
        health: async () => ({ healthy: true }),
      };
      const own = anAgentWorld({ memory: store });
      let seen = "";
      await own.start(({ system }) => ((seen = system), "answer"));
      await own.add();
      await own.clock.settle();
      await own.end();
      expect(seen).to.contain('<untrusted source="memory">\n[2026-01-01T00:00:00Z] user: likes tea\n</untrusted>');
      expect(scopes).to.deep.equal([{ namespace: "test", team: "demo", agent: "demo-lead", task: "uid-1/first/1/1" }]);
      expect(remembered.map(({ id, content }) => [id, content])).to.deep.equal([
        ["uid-1/first/1/1#user", "do it"],
        ["uid-1/first/1/1#assistant", "answer"],
      ]);
    });
    it("that is broken, or hangs, costs a line in the log (B81)", async () => {
      const store = { recall: () => new Promise(() => {}), remember: () => Promise.reject(new Error("down")) } as unknown as MemoryStore;
      const own = anAgentWorld({ memory: store });
      await own.start(() => "answer");
      const task = await own.add();
      await own.clock.advance(6_000);
      expect(doneOf(await own.look(task)).output).to.equal("answer");
      expect(own.warnings.join("\n")).to.match(/memory cannot be read[\s\S]*memory cannot be written/);
      await own.end();
    });
  });

  describe("of many words", () => {
    const sizes: Record<string, { text: string; want: (result: Done) => void }> = {
      "travels inline up to 8 KiB": { text: "x".repeat(8_192), want: (result) => expect(result.output).to.have.length(8_192) },
      "beyond is a blob with a preview of whole characters": {
        text: "ü".repeat(5_000),
        want: (result) => {
          expect(result.output).to.equal(undefined);
          expect(result.outputRef?.bytes).to.equal(10_000);
          expect(result.preview).to.equal("ü".repeat(1_024));
        },
      },
      "beyond 1 MiB is cut, and says so": {
        text: `${"x".repeat(2 ** 20 - 1)}ü and more`,
        want: (result) =>
          expect(result)
            .to.deep.include({ truncated: true })
            .and.to.have.nested.property("outputRef.bytes", 2 ** 20 - 1),
      },
    };
    for (const [sentence, { text, want }] of Object.entries(sizes)) {
      it(sentence, async () => {
        await world.start(() => text);
        const task = await world.add();
        await world.clock.settle();
        const result = doneOf(await world.look(task));
        want(result);
        if (result.outputRef !== undefined) {
          const blob = await world.queue.blobs.get("test", "uid-1", result.outputRef.sha256);
          expect(text.startsWith(blob ?? "-")).to.equal(true);
        }
      });
    }
  });

  it("journals its calls as spans that are opened and closed, texts in few pieces (B125)", async () => {
    await world.start(async ({ messages }, { onText, signal }) => {
      if (messages.length === 1) return { toolCalls: [{ id: "1", name: "ghost", args: {} }] };
      for (let i = 0; i < 50; i++) {
        onText?.("word ");
        await world.clock.sleep(10, signal);
      }
      return "word ".repeat(50);
    });
    await world.add();
    await world.clock.advance(2_000);
    const opened = world.journal.filter(({ type }) => type.endsWith(".started")).map(({ span }) => span);
    const closed = world.journal.filter(({ type }) => type.endsWith(".finished")).map(({ span }) => span);
    expect(opened).to.have.length(3).and.to.deep.equal(closed);
    for (const span of opened) expect(span).to.match(/^[0-9a-f]{16}$/);
    const texts = world.journal.filter(({ type }) => type === "model.text");
    expect(texts.length).to.be.within(4, 7);
    expect(texts.map((entry) => entry["text"]).join("")).to.equal("word ".repeat(50));
    expect(world.journal[0]).to.deep.include({
      run: "demo-1",
      step: "first",
      role: "lead",
      agent: "demo-lead",
      task: "uid-1/first/1/1",
      attempt: 1,
      iteration: 1,
    });
  });

  it("charges what was heard of a call that was cut short, so that budgets hold (S67)", async () => {
    const agent = await world.start((_, { signal, onText }) => {
      onText?.("x".repeat(400));
      return world.clock.sleep(3_600_000, signal).then(() => "never");
    });
    await world.add({ limits: { ...limits, runMaxTokens: 10_000 } });
    await world.clock.settle();
    await agent.drain(0);
    const charged = await world.queue.ledger.charged("test", { id: "run:uid-1", limit: 10_000, windowMs: 0 });
    expect(charged).to.be.within(100, 200);
  });

  it("makes many calls at the same time without a word of warning from the platform", async () => {
    const warned: string[] = [];
    const hear = (warning: Error): void => void warned.push(warning.message);
    process.on("warning", hear);
    await world.start(({ messages }) =>
      messages.length === 1
        ? { toolCalls: Array.from({ length: 20 }, (_, i) => ({ id: `${i}`, name: "submit_subtask", args: { prompt: `${i}` } })) }
        : `${messages.filter((message) => message.role === "tool" && message.isError !== true).length}`,
    );
    const task = await world.add({ mayDelegate: ["writer"] });
    await world.clock.settle();
    await world.clock.advance(1_000);
    process.off("warning", hear);
    expect(warned).to.deep.equal([]);
    expect(doneOf(await world.look(task)).output).to.equal("20");
  });
});
