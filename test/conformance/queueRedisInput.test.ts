// Envelopes, results and entries that nobody should have written: each ends in a dead letter, a refusal or a wait, none in an execution (RELIABILITY §5).
import { expect } from "chai";
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { type Claim, type QueueEvent, silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { aResult, aTask } from "../builders/task.ts";
import { aNamespace, useRedis } from "../redis/index.ts";

describe("queue-redis: what nobody should have written", () => {
  const server = useRedis();
  const open: RedisQueue[] = [];
  const never = new AbortController().signal;
  let namespace = "";
  let queue: RedisQueue;

  const connect = (key?: string): RedisQueue => {
    const made = createRedisQueue({
      url: server().url,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      keyOf: key === undefined ? undefined : () => Buffer.from(key),
      timings: { blockMs: 20 },
    });
    open.push(made);
    return made;
  };
  beforeEach(() => {
    namespace = aNamespace();
    queue = connect("the key of the queue");
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.tasks.close();
  });

  const queueName = (): string => `${namespace}.news.writer`;
  const claim = (from = queue): Promise<readonly Claim[]> =>
    from.tasks.claim({ queues: [queueName()], consumer: "pod:1", max: 5, leaseMs: 5_000, waitMs: 0 }, never);
  const recordOf = (name: string): string => `${queueName()}:task:uid-1/${name}/1/1`;
  const letters = async (): Promise<string[]> => (await queue.deadLetters.list(namespace, { limit: 10 })).map(({ reason }) => reason);
  const nextEvent = async (): Promise<QueueEvent | undefined> => (await queue.control.events([namespace], AbortSignal.timeout(2_000)))[0];

  it("a task that is signed is executed", async () => {
    await queue.tasks.enqueue(aTask(namespace, "good"));
    expect((await claim()).map(({ task }) => task.step)).to.deep.equal(["good"]);
  });

  const ENVELOPES: Readonly<Record<string, (env: string) => string>> = {
    "that was changed": (env) => env.replace("Do bad.", "Do worse."),
    "that is no JSON": () => "{",
    "that is empty": () => "",
    "that is a list": () => "[]",
    "without a prompt": (env) => env.replace('"prompt"', '"other"'),
    "for another queue": (env) => env.replaceAll(".news.writer", ".news.lead"),
  };
  for (const [what, change] of Object.entries(ENVELOPES)) {
    it(`an envelope ${what} is a dead letter, with its verdict, and is not executed`, async () => {
      await queue.tasks.enqueue(aTask(namespace, "bad"));
      const env = String(await server().command("HGET", recordOf("bad"), "env"));
      await server().command("HSET", recordOf("bad"), "env", change(env));
      expect(await claim()).to.deep.equal([]);
      expect(await letters()).to.deep.equal(["BadEnvelope"]);
      const event = await nextEvent();
      expect(event?.type === "settled" && event.state === "dead" && event.failure.reason).to.equal("BadEnvelope");
    });
  }

  it("an envelope of somebody with another key is not executed", async () => {
    await connect("another key").tasks.enqueue(aTask(namespace, "foreign"));
    expect(await claim()).to.deep.equal([]);
    expect(await letters()).to.deep.equal(["BadEnvelope"]);
  });

  it("without keys shapes are checked all the same", async () => {
    const plain = connect();
    await plain.tasks.enqueue(aTask(namespace, "bad"));
    await server().command("HSET", recordOf("bad"), "env", '{"v":1}');
    expect(await claim(plain)).to.deep.equal([]);
    expect(await letters()).to.deep.equal(["BadEnvelope"]);
  });

  it("a task of a newer version waits for who knows it, and is no dead letter", async () => {
    const plain = connect();
    await plain.tasks.enqueue(aTask(namespace, "newer", { v: 2 as 1 }));
    expect(await claim(plain)).to.deep.equal([]);
    expect(await letters()).to.deep.equal([]);
    expect(await plain.tasks.depth(queueName())).to.deep.equal({ undelivered: 0, pending: 0, delayed: 1 });
  });

  it("an entry that belongs to no task is a letter, and holds nobody up", async () => {
    await server().command("XADD", queueName(), "*", "k", "uid-9/ghost/1/1");
    await server().command("XADD", queueName(), "*", "nonsense", "1");
    await queue.tasks.enqueue(aTask(namespace, "good"));
    expect((await claim()).map(({ task }) => task.step)).to.deep.equal(["good"]);
    expect(await letters()).to.deep.equal(["Foreign", "Foreign"]);
  });

  it("an entry that is delivered twice is executed once", async () => {
    await queue.tasks.enqueue(aTask(namespace, "good"));
    await server().command("XADD", queueName(), "*", "k", "uid-1/good/1/1");
    expect(await claim()).to.have.length(1);
    expect(await claim()).to.deep.equal([]);
  });

  it("a result that its queue's key has not signed is refused, and its task can be dispatched again", async () => {
    await queue.tasks.enqueue(aTask(namespace, "forged"));
    const [held] = await claim();
    if (!held) return expect.fail("it is there");
    expect(await connect("another key").tasks.complete(held, aResult(held.task.key))).to.equal("recorded");
    const heard = await queue.control.events([namespace], AbortSignal.timeout(300)).catch(() => []);
    expect(heard).to.deep.equal([]);
    expect(await queue.control.look([{ key: held.task.key, queue: queueName() }])).to.deep.equal([{ state: "absent" }]);
    expect(await queue.tasks.enqueue(aTask(namespace, "forged"))).to.equal("added");
    return undefined;
  });

  it("a store that is full refuses with the way out, and loses nothing that it holds", async () => {
    await queue.tasks.enqueue(aTask(namespace, "first"));
    await server().command("CONFIG", "SET", "maxmemory", "1");
    const error = await queue.tasks.enqueue(aTask(namespace, "second")).then(
      () => expect.fail("it is full"),
      (refusal: unknown) => refusal as Error,
    );
    await server().command("CONFIG", "SET", "maxmemory", "0");
    expect(error.name).to.equal("RedisRefused");
    expect(error.message).to.contain("raise maxmemory");
    expect((await claim()).map(({ task }) => task.step)).to.deep.equal(["first"]);
  });
});
