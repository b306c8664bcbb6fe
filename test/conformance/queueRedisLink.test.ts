// The way to Redis when it is bad (RELIABILITY §1.7, F4): lost replies, dead connections that nobody closed, refusals, servers that were away.
// Times are short so that a test does not wait for the real ones.
import { expect } from "chai";
import { createRedisQueue, type RedisQueue, type RedisTimings } from "../../plugins/queue-redis/index.ts";
import { type Claim, type QueueEvent, silentLog, systemClock, type TaskResult } from "../../plugins/sdk/index.ts";
import { aResult, aTask } from "../builders/task.ts";
import { aNamespace, type RedisServer, startRedis, useRedis } from "../redis/index.ts";
import { type RedisProxy, startRedisProxy } from "../redis/redisProxy.ts";

const QUICK: Partial<RedisTimings> = { blockMs: 100, commandTimeoutMs: 500, connectTimeoutMs: 500, watchdogMs: 200, lookMs: 100 };
const LEASE_MS = 3_000;
const PASSWORD = "a password that nobody sees";

describe("queue-redis on a bad way to its server", function () {
  this.timeout(30_000);
  const server = useRedis();
  const never = new AbortController().signal;
  const open: RedisQueue[] = [];
  let namespace = "";
  let proxy: RedisProxy;
  let queue: RedisQueue;

  const connect = (url: string, more: { timings?: Partial<RedisTimings>; isCluster?: boolean } = {}): RedisQueue => {
    const made = createRedisQueue({
      url,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      ...more,
      timings: { ...QUICK, ...more.timings },
    });
    open.push(made);
    return made;
  };
  beforeEach(async () => {
    namespace = aNamespace();
    proxy = await startRedisProxy(server());
    queue = connect(proxy.url);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.tasks.close();
    await proxy.close();
  });

  const queueName = (): string => `${namespace}.news.writer`;
  const claim = (
    from = queue,
    change: { max?: number; waitMs?: number; consumer?: string; leaseMs?: number } = {},
  ): Promise<readonly Claim[]> =>
    from.tasks.claim({ queues: [queueName()], consumer: "pod:1", max: 1, leaseMs: LEASE_MS, waitMs: 0, ...change }, never);
  const oneClaim = async (from = queue, change: Parameters<typeof claim>[1] = {}): Promise<Claim> => {
    const [one] = await claim(from, { waitMs: 5_000, ...change });
    if (!one) throw new Error("there should be a task to claim");
    return one;
  };
  const answerTo = (held: Claim): TaskResult => aResult(held.task.key);
  const refusalOf = async (asked: Promise<unknown>): Promise<Error & { code?: string }> =>
    asked.then(
      () => expect.fail("it should have been refused"),
      (error: unknown) => error as Error & { code?: string },
    );
  /** Asks until it is answered, as whoever is told `QueueUnavailable` does. */
  const atLast = async <T>(ask: () => Promise<T>): Promise<T> => {
    const endsMs = performance.now() + 10_000;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (performance.now() > endsMs) throw error;
      }
    }
  };

  it("replies that are lost, each with its connection, lose and double nothing", async () => {
    const count = 3;
    const heard: QueueEvent[] = [];
    for (let n = 0; n < count; n++) {
      proxy.loseReplies(1);
      await atLast(() => queue.tasks.enqueue(aTask(namespace, `t${n}`)));
      proxy.loseReplies(1);
      const held = await oneClaim();
      proxy.loseReplies(1);
      expect(await queue.tasks.extend(held, LEASE_MS)).to.equal("ok");
      proxy.loseReplies(1);
      expect(await queue.tasks.complete(held, answerTo(held))).to.equal("recorded");
    }
    while (heard.length < count) heard.push(...(await queue.control.events([namespace], AbortSignal.timeout(5_000))));
    const steps = heard.map(({ key }) => key);
    expect(new Set(steps).size).to.equal(count);
    expect(steps).to.have.length(count);
    for (const event of heard) {
      expect(event.type === "settled" && event.counters).to.deep.equal({ crashes: 0, errors: 0, throttled: 0 });
    }
  });

  it("a connection that is dead without having been closed is left after the time of one command", async () => {
    await queue.tasks.enqueue(aTask(namespace, "first"));
    proxy.freeze();
    const startedMs = performance.now();
    const error = await refusalOf(queue.tasks.enqueue(aTask(namespace, "second")));
    expect(error.name).to.equal("RedisUnavailable");
    expect(await atLast(() => queue.tasks.enqueue(aTask(namespace, "second")))).to.equal("added");
    expect(performance.now() - startedMs).to.be.lessThan(2_000);
  });

  it("a blocked read whose connection is dead ends, and what came meanwhile is taken", async () => {
    expect(await claim(queue, { waitMs: 50 })).to.deep.equal([]);
    const waiting = claim(queue, { waitMs: 60_000 }).catch(() => oneClaim());
    await systemClock.sleep(30);
    proxy.freeze();
    await connect(server().url).tasks.enqueue(aTask(namespace, "meanwhile"));
    const startedMs = performance.now();
    expect(await waiting).not.to.deep.equal([]);
    expect(performance.now() - startedMs).to.be.lessThan(3_000);
  });

  it("nobody waits for longer than a command may take when the server cannot be reached; the message names it", async () => {
    await queue.tasks.enqueue(aTask(namespace, "first"));
    proxy.isRefusing = true;
    proxy.cut();
    const startedMs = performance.now();
    const error = await refusalOf(queue.tasks.enqueue(aTask(namespace, "second")));
    expect(error.name).to.equal("RedisUnavailable");
    expect(error.message).to.match(/cannot reach Redis at 127\.0\.0\.1:\d+ .*check REDIS_URL/);
    expect(performance.now() - startedMs).to.be.lessThan(1_500);
    proxy.isRefusing = false;
    expect(await atLast(() => queue.tasks.enqueue(aTask(namespace, "second")))).to.equal("added");
  });

  it("a server that was away is not the death of everybody: after a reconnect others' lapsed leases are left alone for two heartbeats", async () => {
    const leaseMs = 600;
    await queue.tasks.enqueue(aTask(namespace, "slow"));
    const held = await oneClaim(queue, { leaseMs });
    const other = connect(proxy.url);
    expect(await claim(other)).to.deep.equal([]); // it is connected
    proxy.isRefusing = true;
    proxy.cut();
    await systemClock.sleep(leaseMs + 100);
    proxy.isRefusing = false;
    expect(await atLast(() => claim(other, { consumer: "pod:2", leaseMs }))).to.deep.equal([]);
    expect(await atLast(() => queue.tasks.extend(held, leaseMs))).to.equal("ok");
    expect(await queue.tasks.complete(held, answerTo(held))).to.equal("recorded");
    const [event] = await queue.control.events([namespace], AbortSignal.timeout(5_000));
    expect(event?.type === "settled" && event.counters.crashes).to.equal(0);
  });

  it("and after two heartbeats they are taken: their owner is dead indeed", async () => {
    const leaseMs = 600;
    await queue.tasks.enqueue(aTask(namespace, "orphan"));
    const held = await oneClaim(queue, { leaseMs });
    const other = connect(proxy.url);
    await claim(other);
    proxy.cut();
    const again = await atLast(() => oneClaim(other, { consumer: "pod:2", leaseMs }));
    expect(again.counters.crashes).to.equal(1);
    expect(await queue.tasks.complete(held, answerTo(held))).to.equal("fenced");
  });

  it("a group that is gone is made again, and nothing that waits is lost", async () => {
    await queue.tasks.enqueue(aTask(namespace, "first"));
    const held = await oneClaim();
    await queue.tasks.enqueue(aTask(namespace, "second"));
    await server().command("XGROUP", "DESTROY", queueName(), "workers");
    expect((await oneClaim()).task.step).to.equal("second");
    expect(await claim()).to.deep.equal([]); // the first one runs
    expect(await queue.tasks.complete(held, answerTo(held))).to.equal("recorded");
  });

  it("scripts that the server has forgotten are sent again", async () => {
    await queue.tasks.enqueue(aTask(namespace, "t"));
    await server().command("SCRIPT", "FLUSH");
    const held = await oneClaim();
    await server().command("SCRIPT", "FLUSH");
    expect(await queue.tasks.complete(held, answerTo(held))).to.equal("recorded");
  });

  it("whoever had a task of a server that was wiped is fenced, and the task can be told again", async () => {
    await queue.tasks.enqueue(aTask(namespace, "t"));
    const zombie = await oneClaim();
    await server().command("FLUSHALL");
    expect(await queue.control.look([{ key: zombie.task.key, queue: queueName() }])).to.deep.equal([{ state: "absent" }]);
    expect(await queue.tasks.enqueue(aTask(namespace, "t"))).to.equal("added");
    const held = await oneClaim();
    expect(await queue.tasks.extend(zombie, LEASE_MS)).to.equal("fenced");
    expect(await queue.tasks.complete(zombie, answerTo(zombie))).to.equal("fenced");
    expect(await queue.tasks.complete(held, answerTo(held))).to.equal("recorded");
  });

  it("a waiting worker is woken at once, many that wait for the same share one connection, and an aborted wait costs none", async () => {
    const patient = connect(server().url, { timings: { blockMs: 5_000, lookMs: 5_000 } });
    await claim(patient);
    const clients = async (): Promise<number> =>
      String(await server().command("CLIENT", "LIST"))
        .trim()
        .split("\n").length;
    const before = await clients();
    for (let n = 0; n < 20; n++) {
      const abort = new AbortController();
      const request = { queues: [queueName()], consumer: "pod:1", max: 1, leaseMs: LEASE_MS, waitMs: 10_000 };
      const waits = [patient.tasks.claim(request, abort.signal), patient.control.inbox("pod:1", namespace, abort.signal)];
      await systemClock.sleep(10);
      abort.abort(new Error("not any more"));
      await Promise.allSettled(waits);
    }
    const waiting = Promise.all(Array.from({ length: 20 }, () => claim(patient, { waitMs: 400 })));
    await systemClock.sleep(100);
    expect((await clients()) - before).to.be.at.most(2);
    const startedMs = performance.now();
    await queue.tasks.enqueue(aTask(namespace, "woken"));
    expect((await waiting).flat()).to.have.length(1);
    expect(performance.now() - startedMs).to.be.lessThan(1_000);
  });

  describe("refusals", () => {
    const servers: RedisServer[] = [];
    const started = async (options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> => {
      const made = await startRedis(options);
      servers.push(made);
      return made;
    };
    afterEach(async () => {
      for (const one of servers.splice(0)) await one.stop();
    });

    it("a wrong password is told with the way out, and without the password", async () => {
      const locked = await started({ password: "secret" });
      const wrong = connect(`redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${locked.port}`);
      const error = await refusalOf(wrong.tasks.enqueue(aTask(namespace, "t")));
      expect([error.name, error.code]).to.deep.equal(["RedisRefused", "auth"]);
      expect(error.message).to.contain(`127.0.0.1:${locked.port}`).and.to.contain("check the user and password in REDIS_URL");
      expect(JSON.stringify([error.message, error.stack, String(error.cause)])).not.to.contain(PASSWORD);
    });

    it("a replica is left as soon as it is the primary, without a new start", async () => {
      const [primary, replica] = [await started(), await started()];
      await replica.command("REPLICAOF", "127.0.0.1", primary.port);
      const there = connect(replica.url);
      const error = await refusalOf(there.tasks.enqueue(aTask(namespace, "t")));
      expect(error.message).to.match(/READONLY|MASTERDOWN|LOADING/);
      await replica.command("REPLICAOF", "NO", "ONE");
      expect(await atLast(() => there.tasks.enqueue(aTask(namespace, "t")))).to.equal("added");
    });

    it("a server that is full takes no new task, and verdicts, leases and cancellations all the same", async () => {
      const full = await started();
      const there = connect(full.url);
      for (const name of ["done", "failed", "released", "cancelled"]) await there.tasks.enqueue(aTask(namespace, name, { retries: 0 }));
      const held = await claim(there, { max: 3 });
      await full.command("CONFIG", "SET", "maxmemory", 1);
      expect((await refusalOf(there.tasks.enqueue(aTask(namespace, "more")))).code).to.equal("memory");
      const [done, failed, released] = held;
      if (!done || !failed || !released) return expect.fail("there are three");
      for (const one of held) expect(await there.tasks.extend(one, LEASE_MS), one.task.step).to.equal("ok");
      expect(await there.tasks.complete(done, answerTo(done))).to.equal("recorded");
      const failure = { reason: "No", message: "no", permanent: false, usage: answerTo(failed).usage };
      expect(await there.tasks.fail(failed, failure, 0)).to.equal("dead");
      expect(await there.tasks.release(released, "draining", 0)).to.equal("queued");
      const [cancelled, again] = [`uid-1/cancelled/1/1`, released.task.key];
      expect(await there.control.cancel(cancelled, "not wanted", queueName())).to.equal("removed");
      expect((await oneClaim(there)).task.key).to.equal(again);
      const events = await there.control.events([namespace], AbortSignal.timeout(5_000));
      await there.control.forget(events);
      expect(events).to.have.length(3);
      return undefined;
    });

    it("in cluster mode one reader hears several namespaces, each in its slot", async () => {
      const cluster = await started({ cluster: true });
      const there = connect(cluster.url, { isCluster: true, timings: { blockMs: 2_000 } });
      const namespaces = [namespace, aNamespace(), aNamespace()];
      const heard: string[] = [];
      const hear = async (): Promise<void> => {
        for (const event of await there.control.events(namespaces, AbortSignal.timeout(5_000))) heard.push(event.namespace);
      };
      for (const name of namespaces.toReversed()) {
        const startedMs = performance.now();
        const hearing = hear();
        await systemClock.sleep(20);
        await there.tasks.enqueue(aTask(name, "t"));
        await there.control.cancel("uid-1/t/1/1", "not wanted", `${name}.news.writer`);
        await hearing;
        expect(heard.at(-1)).to.equal(name);
        expect(performance.now() - startedMs, "woken, not looked for").to.be.lessThan(900);
      }
    });
  });
});
