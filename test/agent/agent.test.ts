// Agents as processes: a real Redis between them and whoever dispatches, a scripted model behind them.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { normalizeArkTeam } from "../../crds/index.ts";
import { snapshotOfTeam } from "../../engine/index.ts";
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { type QueueEvent, silentLog, systemClock, type Task } from "../../plugins/sdk/index.ts";
import { aTask as taskOf } from "../builders/task.ts";
import { aRole, aTeam } from "../builders/team.ts";
import { createAuthority } from "../cluster/certificates.ts";
import { freePort } from "../mcp/servers.ts";
import { type ModelServer, openaiShape, type Script, sendEvents, sendJson, startModelServer } from "../modelserver/index.ts";
import { aNamespace, type RedisServer, startRedis, useRedis } from "../redis/index.ts";
import { type AgentProcess, AgentProcesses, aConfig } from "./agentProcess.ts";

type Settled = Extract<QueueEvent, { type: "settled" }>;

describe("ark-agent", function () {
  this.timeout(60_000);
  const redis = useRedis({ password: "canary-redis-5f2c9a71" });
  const processes = new AgentProcesses();
  let model: ModelServer;
  let script: Script;
  let queue: RedisQueue;
  let namespace = "";

  before(async () => {
    model = await startModelServer((request, response, n) => script(request, response, n));
    queue = createRedisQueue({ url: redis().url, clock: systemClock, random: Math.random, log: silentLog });
  });
  beforeEach(() => {
    namespace = aNamespace();
    script = (_request, response) => sendEvents(response, openaiShape.events({ text: ["the ", "answer"] }));
  });
  after(async () => {
    await processes.stop();
    await queue.tasks.close();
    await model.close();
  });

  const env = (more: Record<string, string> = {}): Record<string, string> => ({
    REDIS_URL: redis().url,
    OPENAI_BASE_URL: `${model.url}/v1`,
    ...more,
  });
  /** Times so short that a test need not wait for a lease of 15 s. */
  const QUICK = { ARK_TIMINGS: JSON.stringify({ leaseMs: 1_500, heartbeatMs: 300, selfFenceMs: 1_200, claimWaitMs: 200, lookMs: 500 }) };
  const aTask = (name: string, change: Partial<Task> = {}): Task => taskOf(namespace, name, change);
  /** The verdicts of some tasks, by step, as they come. */
  const settledOf = async (count: number): Promise<Map<string, Settled>> => {
    const settled = new Map<string, Settled>();
    const signal = AbortSignal.timeout(30_000);
    while (settled.size < count) {
      const events = await queue.control.events([namespace], signal);
      for (const event of events) if (event.type === "settled") settled.set(event.key.split("/")[1] ?? "", event);
      await queue.control.forget(events);
    }
    return settled;
  };
  const outputOf = (event: Settled | undefined): string | undefined => (event?.state === "done" ? event.result.output : undefined);
  const end = async (agent: AgentProcess): Promise<void> => {
    agent.kill("SIGKILL");
    await agent.ended;
  };

  it("takes a task, asks its model, and tells the answer, its tokens and its journal", async () => {
    const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env() });
    await queue.tasks.enqueue(aTask("draft"));
    const event = (await settledOf(1)).get("draft");
    expect(outputOf(event)).to.equal("the answer");
    expect(event?.state === "done" && event.result.usage).to.deep.include({ inputTokens: 11, outputTokens: 7, totalTokens: 18 });
    agent.kill("SIGTERM");
    expect(await agent.ended).to.deep.equal({ code: 0, signal: null });
    const journal = await queue.journal.read(namespace, "uid-1", { sinceSeq: 0, limit: 100 });
    expect(journal.map(({ type }) => type)).to.include.members(["model.started", "model.finished"]);
    expect(model.requests.at(-1)?.body["messages"]).to.deep.equal([
      { role: "system", content: "You are writer." },
      { role: "user", content: "Do draft." },
    ]);
  });

  it("says whether it is ready and what it does, and reports itself", async () => {
    const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env() });
    await queue.tasks.enqueue(aTask("draft"));
    await settledOf(1);
    expect((await agent.get("/healthz")).text).to.equal("ok\n");
    expect(JSON.parse((await agent.get("/readyz")).text)).to.deep.equal({ ready: true, obstacles: [] });
    const { text } = await agent.get("/metrics");
    expect(text).to.match(/^ark_agent_tasks_total\{outcome="recorded"\} 1$/m);
    expect(text).to.match(/^ark_agent_tokens_total\{provider="openai",model="gpt-test",direction="output"\} 7$/m);
    expect(text).to.match(/^ark_agent_free_slots 5$/m);
    expect((await queue.agents.list(namespace, "news-writer")).map(({ ready }) => ready)).to.deep.equal([true]);
    await end(agent);
  });

  it("executes as many tasks at once as its limit says, and no more", async () => {
    let [open, most] = [0, 0];
    script = async (_request, response) => {
      most = Math.max(most, ++open);
      await systemClock.sleep(100);
      open -= 1;
      sendEvents(response, openaiShape.events({ text: ["ok"] }));
    };
    const agent = await processes.start({ config: aConfig(namespace, "writer", { limits: { maxConcurrentTasks: 3 } }), env: env() });
    for (let n = 0; n < 12; n++) await queue.tasks.enqueue(aTask(`t${n}`));
    await settledOf(12);
    expect(most).to.equal(3);
    await end(agent);
  });

  it("a task of an agent that is killed runs elsewhere, and is recorded once (P3, P5)", async () => {
    let calls = 0;
    script = async (_request, response) => {
      calls += 1;
      if (calls > 1) return sendEvents(response, openaiShape.events({ text: ["from the second"] }));
      await systemClock.sleep(30_000, AbortSignal.timeout(20_000)).catch(() => undefined);
      return undefined;
    };
    const first = await processes.start({ config: aConfig(namespace, "writer"), env: env(QUICK) });
    await queue.tasks.enqueue(aTask("draft"));
    while (calls === 0) await systemClock.sleep(10);
    await end(first);
    const second = await processes.start({ config: aConfig(namespace, "writer"), env: env(QUICK) });
    const event = (await settledOf(1)).get("draft");
    expect(outputOf(event)).to.equal("from the second");
    expect(event?.counters.crashes).to.equal(1);
    await end(second);
  });

  it("on SIGTERM it takes no new task, finishes what fits and hands the rest back with nothing counted (B78, P14)", async () => {
    script = async (request, response) => {
      const isLong = JSON.stringify(request.body).includes("Do long.");
      await systemClock.sleep(isLong ? 30_000 : 300, AbortSignal.timeout(20_000)).catch(() => undefined);
      if (!response.destroyed) sendEvents(response, openaiShape.events({ text: ["short done"] }));
    };
    const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env({ ARK_GRACE_SECONDS: "1" }) });
    await queue.tasks.enqueue(aTask("short"));
    await queue.tasks.enqueue(aTask("long"));
    while ((await queue.tasks.depth(`${namespace}.news.writer`)).pending < 2) await systemClock.sleep(10);
    const stoppedMs = performance.now();
    agent.kill("SIGTERM");
    await systemClock.sleep(100);
    await queue.tasks.enqueue(aTask("late"));
    expect((await agent.get("/readyz")).code).to.equal(503);
    expect(await agent.ended).to.deep.equal({ code: 0, signal: null });
    expect(performance.now() - stoppedMs).to.be.lessThan(4_000);
    expect(outputOf((await settledOf(1)).get("short"))).to.equal("short done");
    const claims = await queue.tasks.claim(
      { queues: [`${namespace}.news.writer`], consumer: "test", max: 5, leaseMs: 5_000, waitMs: 0 },
      new AbortController().signal,
    );
    expect(claims.map(({ task, counters }) => [task.step, counters])).to.have.deep.members([
      ["late", { crashes: 0, errors: 0, throttled: 0 }],
      ["long", { crashes: 0, errors: 0, throttled: 0 }],
    ]);
  });

  it("throttling only delays, whatever the vendor's status (P15, B72)", async () => {
    let calls = 0;
    script = (_request, response) => {
      calls += 1;
      if (calls === 1) sendJson(response, 429, openaiShape.error(429, "slow down"), { "retry-after": "1" });
      else sendEvents(response, openaiShape.events({ text: ["at last"] }));
    };
    const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env(QUICK) });
    await queue.tasks.enqueue(aTask("draft", { retries: 0 }));
    const event = (await settledOf(1)).get("draft");
    expect(outputOf(event)).to.equal("at last");
    expect(event?.counters).to.deep.equal({ crashes: 0, errors: 0, throttled: 1 });
    await end(agent);
  });

  it("an error that asking again cannot help is a dead letter at once, without the key (B72, P9)", async () => {
    script = (_request, response) => sendJson(response, 401, openaiShape.error(401, "Incorrect API key provided: sk-test-0123456789"));
    const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env() });
    await queue.tasks.enqueue(aTask("draft"));
    const event = (await settledOf(1)).get("draft");
    expect(event?.state).to.equal("dead");
    const [letter] = await queue.deadLetters.list(namespace, { limit: 5 });
    expect(letter?.reason).to.equal("Permanent");
    expect(JSON.stringify([event, letter]))
      .to.contain("401")
      .and.not.to.contain("sk-test-0123456789");
    expect(agent.text).not.to.contain("sk-test-0123456789");
    await end(agent);
  });

  describe("a team of three processes", () => {
    const spec = aTeam({
      entry: "lead",
      roles: [
        aRole("lead", { model: "gpt-test", systemPrompt: "You are lead.", canDelegate: ["writer"] }),
        aRole("writer", { model: "gpt-test", systemPrompt: "You are writer.", canDelegate: ["critic"] }),
        aRole("critic", { model: "gpt-test", systemPrompt: "You are critic." }),
      ],
    });
    const roles = ["lead", "writer", "critic"] as const;
    const delegates = { lead: ["writer"], writer: ["critic"], critic: [] };
    const chainScript: Script = (request, response) => {
      const messages = request.body["messages"] as { role: string; content: string }[];
      const who = roles.find((role) => messages[0]?.content.includes(`You are ${role}.`)) ?? "critic";
      const answered = messages.find((message) => message.role === "tool");
      const [to] = delegates[who];
      if (to === undefined) return sendEvents(response, openaiShape.events({ text: ["critic says so"] }));
      if (answered) return sendEvents(response, openaiShape.events({ text: [`${who} heard: ${answered.content}`] }));
      return sendEvents(
        response,
        openaiShape.events({ toolCalls: [{ id: "c1", name: "delegate", args: JSON.stringify({ role: to, prompt: `${who} asks` }) }] }),
      );
    };

    const dispatch = async (): Promise<void> => {
      const team = normalizeArkTeam({ ...spec.build(), metadata: { name: "news", namespace } });
      const { snapshot } = snapshotOfTeam(team, (name) => aConfig(namespace, name.replace("news-", "")));
      const text = JSON.stringify(snapshot);
      await queue.blobs.put(namespace, "uid-1", text);
      await queue.tasks.enqueue(
        aTask("lead", {
          queue: `${namespace}.news.lead`,
          role: "lead",
          agent: "news-lead",
          chain: ["lead"],
          mayDelegate: ["writer"],
          snapshot: createHash("sha256").update(text).digest("hex"),
        }),
      );
    };
    const answer = async (): Promise<string | undefined> => {
      const signal = AbortSignal.timeout(40_000);
      for (;;) {
        const events = await queue.control.events([namespace], signal);
        await queue.control.forget(events);
        const found = events.find((event) => event.type === "settled" && event.key === "uid-1/lead/1/1");
        if (found?.type === "settled") return outputOf(found) ?? JSON.stringify(found);
      }
    };

    it("delegates along the chain and ends with the right answer (B60, B61)", async () => {
      script = chainScript;
      const team = await Promise.all(roles.map((role) => processes.start({ config: aConfig(namespace, role), env: env(QUICK) })));
      await dispatch();
      expect(await answer()).to.match(/lead heard: .*writer heard: .*critic says so/s);
      for (const agent of team) await end(agent);
    });

    for (const victim of roles) {
      it(`survives the kill of ${victim}, and ends with the right answer`, async () => {
        let isHeld = true;
        let hits = 0;
        script = async (request, response, n) => {
          const messages = request.body["messages"] as { content: string }[];
          if (isHeld && messages[0]?.content.includes(`You are ${victim}.`)) {
            hits += 1;
            while (isHeld) await systemClock.sleep(10);
          }
          if (!response.destroyed) await chainScript(request, response, n);
        };
        const team = new Map<string, AgentProcess>();
        for (const role of roles) team.set(role, await processes.start({ config: aConfig(namespace, role), env: env(QUICK) }));
        await dispatch();
        while (hits === 0) await systemClock.sleep(10);
        const killed = team.get(victim);
        if (killed) await end(killed);
        isHeld = false;
        team.set(victim, await processes.start({ config: aConfig(namespace, victim), env: env(QUICK) }));
        expect(await answer()).to.match(/lead heard: .*writer heard: .*critic says so/s);
        for (const agent of team.values()) await end(agent);
      });
    }
  });

  describe("what is wrong is said in one line, and nothing secret in it", () => {
    const refused = async (start: { config: object; env: Record<string, string> }): Promise<{ code: number | null; lines: string[] }> => {
      const agent = await processes.start(start, { wait: false });
      const { code } = await agent.ended;
      return { code, lines: agent.log().map((line) => String(line["message"])) };
    };

    it("a configuration with faults: all of them, each with its place", async () => {
      const { code, lines } = await refused({ config: { ...aConfig(namespace, "writer"), model: "", queues: [] }, env: env() });
      expect(code).to.equal(2);
      expect(lines.join("\n")).to.contain("model").and.to.contain("queues");
    });
    it("no REDIS_URL", async () => {
      const { code, lines } = await refused({ config: aConfig(namespace, "writer"), env: { OPENAI_BASE_URL: model.url } });
      expect([code, lines.at(-1)]).to.deep.equal([2, "REDIS_URL is not set; it names the queue's server, such as redis://127.0.0.1:6379"]);
    });
    it("a model whose provider has no key", async () => {
      const { code, lines } = await refused({ config: aConfig(namespace, "writer", { model: "claude-x" }), env: env() });
      expect(code).to.equal(2);
      expect(lines.join()).to.contain("ANTHROPIC_API_KEY");
    });
    it("a wrong password: not ready, named without it, and well again when that is mended", async () => {
      const url = redis().url.replace("canary-redis-5f2c9a71", "canary-wrong-81b3d2");
      const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env({ REDIS_URL: url }) }, { wait: false });
      while (!agent.text.includes("WRONGPASS")) await systemClock.sleep(20);
      expect((await agent.get("/readyz")).code).to.equal(503);
      expect((await agent.get("/healthz")).code).to.equal(200);
      expect(agent.text).to.contain("check the user and password in REDIS_URL").and.not.to.contain("canary-wrong");
      await end(agent);
    });
  });

  describe("plugins", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "ark-plugins-"));
    after(() => rmSync(folder, { recursive: true, force: true }));
    /** An agent with one plugin whose provider is this, as source. */
    const withPlugin = (name: string, create: string): { config: object; env: Record<string, string> } => {
      const source = `export default { apiVersion: "plugin.arkonis.dev/v1", kind: "llm", name: "${name}", models: ["${name}-*"], create: ${create} };`;
      writeFileSync(path.join(folder, `${name}.mjs`), source);
      writeFileSync(path.join(folder, `${name}.yaml`), `plugins: [{ file: ./${name}.mjs }]\n`);
      const config = aConfig(namespace, "writer", { model: `${name}-1` });
      return { config, env: env({ ARK_PLUGINS: path.join(folder, `${name}.yaml`), VENDOR_API_KEY: "canary-vendor-77aa" }) };
    };

    it("one that throws costs its task, with the reason, and no other; what it says is redacted and counted", async () => {
      const started = withPlugin(
        "thrower",
        `() => ({ async complete({ messages }) {
          if (messages.at(-1).content.includes("bad")) throw new Error("it broke with " + process.env.VENDOR_API_KEY);
          return { text: "fine", toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, stopReason: "end" };
        } })`,
      );
      const agent = await processes.start(started);
      await Promise.all(["good1", "bad1", "good2"].map((name) => queue.tasks.enqueue(aTask(name, { retries: 0 }))));
      const settled = await settledOf(3);
      expect([outputOf(settled.get("good1")), outputOf(settled.get("good2"))]).to.deep.equal(["fine", "fine"]);
      const bad = settled.get("bad1");
      if (bad?.state !== "dead") return expect.fail("it is dead");
      expect(bad.failure).to.deep.include({ reason: "ProviderFailed", permanent: false });
      expect(bad.failure.message).to.contain("it broke with").and.not.to.contain("canary");
      expect((await queue.deadLetters.list(namespace, { limit: 5 })).map(({ reason }) => reason)).to.deep.equal(["RetriesExhausted"]);
      expect((await agent.get("/metrics")).text).to.match(/ark_agent_model_calls_total\{[^}]*outcome="error"[^}]*\} 2/);
      expect(agent.text).not.to.match(/canary|\n\s+at /);
      await end(agent);
      return undefined;
    });

    const WRONG: Readonly<Record<string, readonly [create: string, says: string]>> = {
      "that throws when it is made": ['() => { throw new Error("no licence"); }', "no licence"],
      "whose provider is none": ["() => ({ ask() {} })", "complete"],
    };
    for (const [what, [create, says]] of Object.entries(WRONG)) {
      it(`one ${what} is named, and the agent that needs it does not start`, async () => {
        const name = `wrong${says.length}`;
        const { config, env: own } = withPlugin(name, create);
        const agent = await processes.start({ config, env: { ...own, AGENT_PROVIDER: name } }, { wait: false });
        expect((await agent.ended).code).to.equal(2);
        expect(agent.text)
          .to.contain(says)
          .and.not.to.match(/\n\s+at /);
      });
    }
  });

  it("a semantic probe that fails takes the agent out, and back in when it passes again (B77)", async () => {
    let isWell = false;
    script = (request, response) => {
      const isProbe = JSON.stringify(request.body).includes("Are you well");
      sendEvents(response, openaiShape.events({ text: [isProbe && !isWell ? "no" : "HEALTHY"] }));
    };
    const probe = { type: "semantic", intervalSeconds: 1, validatorPrompt: "Are you well? Say HEALTHY." };
    const config = { ...aConfig(namespace, "writer"), probe };
    const agent = await processes.start({ config, env: env() }, { wait: false });
    while ((await agent.get("/readyz").catch(() => undefined))?.text.includes("probe") !== true) await systemClock.sleep(20);
    await queue.tasks.enqueue(aTask("waits"));
    isWell = true;
    const settled = await settledOf(1);
    expect(settled.get("waits")?.state).to.equal("done");
    expect((await agent.get("/readyz")).code).to.equal(200);
    await end(agent);
  });

  describe("a Redis that speaks TLS", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "ark-tls-"));
    const authority = createAuthority("redis-ca");
    const files = { ca: path.join(folder, "ca.pem"), cert: path.join(folder, "tls.crt"), key: path.join(folder, "tls.key") };
    let tls: RedisServer;
    let port = 0;
    before(async () => {
      const identity = authority.issue({ commonName: "redis", hosts: ["127.0.0.1"] });
      writeFileSync(files.ca, authority.certificate);
      writeFileSync(files.cert, identity.certificate);
      writeFileSync(files.key, identity.key);
      port = await freePort();
      const certificates = ["--tls-cert-file", files.cert, "--tls-key-file", files.key, "--tls-ca-cert-file", files.ca];
      tls = await startRedis({ args: ["--tls-port", String(port), ...certificates, "--tls-auth-clients", "no"] });
    });
    after(async () => {
      await tls.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const start = (url: string, more: Record<string, string> = {}, wait = false): Promise<AgentProcess> =>
      processes.start({ config: aConfig(namespace, "writer"), env: env({ REDIS_URL: url, ...more }) }, { wait });

    it("is used with the CA that is named", async () => {
      const agent = await start(`rediss://127.0.0.1:${port}`, { NODE_EXTRA_CA_CERTS: files.ca }, true);
      const own = createRedisQueue({ url: tls.url, clock: systemClock, random: Math.random, log: silentLog });
      await own.tasks.enqueue(aTask("one"));
      const [event] = await own.control.events([namespace], AbortSignal.timeout(10_000));
      expect(event?.type === "settled" && event.state).to.equal("done");
      await own.tasks.close();
      await end(agent);
    });

    const faults: Record<string, readonly [url: () => string, wayOut: string]> = {
      "a CA that nobody named": [() => `rediss://127.0.0.1:${port}`, "name the CA in NODE_EXTRA_CA_CERTS"],
      "TLS to a server without": [() => `rediss://127.0.0.1:${tls.port}`, "rediss:// is for TLS"],
      "no TLS to a server with": [() => `redis://127.0.0.1:${port}`, "rediss:// is for TLS"],
    };
    for (const [what, [url, wayOut]] of Object.entries(faults)) {
      it(`names ${what}, and stays unready`, async () => {
        const agent = await start(url());
        while (!agent.text.includes("cannot reach Redis")) await systemClock.sleep(20);
        expect(agent.text).to.contain(wayOut);
        expect((await agent.get("/readyz")).code).to.equal(503);
        await end(agent);
      });
    }
  });

  it("names what is wrong with the server's settings, and how to mend it", async () => {
    await redis().command("CONFIG", "SET", "appendonly", "no");
    const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env() });
    while (!agent.text.includes("set appendonly yes")) await systemClock.sleep(10);
    await redis().command("CONFIG", "SET", "appendonly", "yes");
    await end(agent);
  });

  it("a daily limit holds for all pods together, to the token; whoever has to wait says so (B85)", async () => {
    const [LIMIT, TASKS, USED] = [400, 40, 18];
    let calls = 0;
    script = async (_request, response) => {
      calls++;
      await systemClock.sleep(20);
      sendEvents(response, openaiShape.events({ text: ["x"], usage: { input: 11, output: USED - 11 } }));
    };
    const limits = { maxConcurrentTasks: 4, maxTokensPerCall: 20, maxDailyTokens: LIMIT };
    const config = aConfig(namespace, "writer", { limits });
    const agents = await Promise.all([1, 2, 3].map(() => processes.start({ config, env: env(QUICK) })));
    const perCall = { timeoutMs: 60_000, maxTokensPerCall: 20, runMaxTokens: 0, maxToolRounds: 1 };
    await Promise.all(Array.from({ length: TASKS }, (_, n) => queue.tasks.enqueue(aTask(`d${n}`, { limits: perCall }))));
    const waiting = new Set<string>();
    const done = new Set<string>();
    const quiet = performance.now() + 4_000;
    while (performance.now() < quiet) {
      const events = await queue.control.events([namespace], AbortSignal.timeout(200)).catch(() => []);
      for (const event of events) {
        if (event.type === "waiting" && event.waiting.reason === "DailyLimitReached") waiting.add(event.key);
        if (event.type === "settled") done.add(event.key);
      }
      await queue.control.forget(events);
    }
    const charged = await queue.ledger.charged(namespace, { id: "agent:news-writer", limit: LIMIT, windowMs: 86_400_000 });
    expect(charged).to.equal(calls * USED);
    expect(charged).to.be.within(LIMIT / 2, LIMIT);
    expect(done.size).to.equal(calls);
    expect(waiting.size).to.be.greaterThan(0);
    for (const agent of agents) await end(agent);
  });

  it("Redis that dies and comes back costs no task, and needs no restart (P1)", async () => {
    const agent = await processes.start({ config: aConfig(namespace, "writer"), env: env(QUICK) });
    await queue.tasks.enqueue(aTask("before"));
    await settledOf(1);
    await systemClock.sleep(1_100); // appendfsync everysec: what is older is on disk
    await redis().kill();
    while ((await agent.get("/readyz")).code !== 503) await systemClock.sleep(20);
    await redis().start();
    await queue.tasks.enqueue(aTask("after"));
    expect(outputOf((await settledOf(1)).get("after"))).to.equal("the answer");
    expect((await agent.get("/readyz")).code).to.equal(200);
    await end(agent);
  });
});
