// The server's own rules: an agent works under them, and everything beyond its namespace, its queues and its delegates is NOPERM.
import { expect } from "chai";
import { Redis } from "ioredis";
import { aclRulesFor, createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { QUEUE_LIMITS, silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { type QueueWorld, queueClauses } from "../../plugins/sdk/testing/index.ts";
import { aTask } from "../builders/task.ts";
import { aNamespace, useRedis } from "../redis/index.ts";

describe("queue-redis under the rules of one agent", () => {
  const server = useRedis();
  const never = new AbortController().signal;
  let namespace = "";
  let queue: RedisQueue;
  let raw: Redis;
  const writer = (): string => `${namespace}.news.writer`;
  const critic = (): string => `${namespace}.news.critic`;
  const lead = (): string => `${namespace}.news.lead`;

  beforeEach(async () => {
    namespace = aNamespace();
    const access = { namespace, password: "pw", queues: [writer()], mayDelegateTo: [critic()] };
    await server().command("ACL", "SETUSER", `agent-${namespace}`, ...aclRulesFor(access));
    const url = `redis://agent-${namespace}:pw@127.0.0.1:${server().port}`;
    queue = createRedisQueue({ url, clock: systemClock, random: Math.random, log: silentLog, timings: { blockMs: 20 } });
    raw = new Redis(url, { disableClientInfo: true, enableReadyCheck: false });
  });
  afterEach(async () => {
    await queue.tasks.close();
    raw.disconnect();
  });

  it("takes, keeps and settles its own tasks, delegates, looks, reports, reserves, and writes its journal", async () => {
    await queue.tasks.enqueue(aTask(namespace, "own"));
    const [claim] = await queue.tasks.claim({ queues: [writer()], consumer: "pod:1", max: 1, leaseMs: 5_000, waitMs: 500 }, never);
    if (!claim) return expect.fail("it is there");
    expect(await queue.tasks.extend(claim, 5_000, { reason: "Throttled", sinceMs: 1 })).to.equal("ok");
    const child = aTask(namespace, "own~0123abcd~1", {
      kind: "delegate",
      queue: critic(),
      role: "critic",
      parent: claim.task.key,
      depth: 1,
      inbox: "pod:1",
    });
    expect(await queue.tasks.enqueue(child)).to.equal("added");
    expect(await queue.control.look([{ key: child.key, queue: critic() }])).to.deep.equal([{ state: "queued" }]);
    await queue.tasks.fail(
      claim,
      { reason: "No", message: "no", permanent: true, usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } },
      0,
    );
    expect(await queue.tasks.depth(writer())).to.deep.equal({ undelivered: 0, pending: 0, delayed: 0 });
    const sha256 = await queue.blobs.put(namespace, "uid-1", "a long text");
    expect(await queue.blobs.get(namespace, "uid-1", sha256)).to.equal("a long text");
    await queue.journal.append(namespace, "uid-1", [{ at: "2026-01-01T00:00:00.000Z", type: "error", run: "r" }]);
    await queue.agents.report(namespace, "news-writer", { pod: "p", ready: true, mcp: [], plugins: [], freeSlots: 1, atMs: 1 });
    const budgets = [{ id: "agent:news-writer", limit: 100, windowMs: 86_400_000 }];
    const said = await queue.ledger.reserve({ namespace, runUID: "uid-1", role: "writer", budgets, inputTokens: 1, maxOutputTokens: 2 });
    expect(said.outcome).to.equal("granted");
    return undefined;
  });

  const FORBIDDEN: Readonly<Record<string, () => (string | number)[]>> = {
    "another namespace's task": () => ["HGETALL", `other.news.writer:task:uid-1/x/1/1`],
    "a namespace whose name begins like its own": () => ["XRANGE", `${namespace}2.news.writer`, "-", "+"],
    "another namespace's events": () => ["XRANGE", "other.events", "-", "+"],
    "a role outside of its list": () => ["XADD", lead(), "*", "k", "x"],
    "reading a delegate's queue": () => ["XREADGROUP", "GROUP", "workers", "w", "STREAMS", critic(), ">"],
    "acknowledging for a delegate": () => ["XDEL", critic(), "1-0"],
    "searching keys": () => ["SCAN", 0],
    "listing keys": () => ["KEYS", "*"],
    "emptying the server": () => ["FLUSHALL"],
    "its settings": () => ["CONFIG", "GET", "*"],
    "telling others": () => ["PUBLISH", "a", "b"],
    "who else is there": () => ["CLIENT", "LIST"],
    "another namespace, from inside a script": () => ["EVAL", "return redis.call('HGETALL', 'other.news.writer:task:x')", 0],
    "a role outside of its list, from inside a script": () => ["EVAL", `return redis.call('XADD', '${lead()}', '*', 'k', 'x')`, 0],
    "reading a delegate's queue, from inside a script": () => [
      "EVAL",
      `return redis.call('XREADGROUP', 'GROUP', 'workers', 'w', 'STREAMS', '${critic()}', '>')`,
      0,
    ],
  };
  for (const [what, call] of Object.entries(FORBIDDEN)) {
    it(`may not: ${what}`, async () => {
      const [name = "", ...args] = call();
      const said = await raw.call(String(name), args.map(String)).then(
        (value) => `allowed: ${JSON.stringify(value)}`,
        (error: unknown) => (error as Error).message,
      );
      expect(said).to.match(/NOPERM|The user executing the script can't/);
    });
  }

  it("is told so in one sentence when it delegates where it may not", async () => {
    const error = await queue.tasks.enqueue(aTask(namespace, "x", { queue: lead(), role: "lead" })).then(
      () => expect.fail("it may not"),
      (refusal: unknown) => refusal as Error,
    );
    expect([error.name, "code" in error && error.code]).to.deep.equal(["RedisRefused", "rights"]);
  });
});

describe("queue-redis with an agent's commands", function () {
  this.timeout(60_000);
  const server = useRedis();
  /** What an agent calls, by its user; what others do, by theirs. */
  const world: QueueWorld = {
    async open(limits = {}) {
      let offsetMs = 0;
      const namespace = aNamespace();
      const access = { namespace, password: "pw", queues: [`${namespace}.*`, `${namespace}2.*`], mayDelegateTo: [] };
      await server().command("ACL", "SETUSER", `all-${namespace}`, ...aclRulesFor(access));
      const clock = { ...systemClock, now: () => systemClock.now() + offsetMs, monotonic: () => systemClock.monotonic() + offsetMs };
      const parts = { clock, random: Math.random, log: silentLog, limits, timings: { blockMs: 20 }, clockOffsetMs: () => offsetMs };
      const admin = createRedisQueue({ url: server().url, ...parts });
      const agent = createRedisQueue({ url: `redis://all-${namespace}:pw@127.0.0.1:${server().port}`, ...parts });
      return {
        backend: { ...admin, tasks: agent.tasks },
        namespace,
        limits: { ...QUEUE_LIMITS, ...limits },
        nowMs: () => clock.now(),
        passMs: async (ms) => {
          offsetMs += ms;
        },
        close: async () => {
          await agent.tasks.close();
          await admin.tasks.close();
          await server().command("ACL", "DELUSER", `all-${namespace}`);
        },
      };
    },
  };
  for (const clause of queueClauses) it(clause.name, () => clause.check(world));
});
