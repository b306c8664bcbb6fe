// What the queue on Redis costs, beside the same server with the same client: three trivial scripts that only add, read and set, and delete; a
// bare pipelined stream; a bare wake-up of a blocked reader.
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { type Claim, silentLog, systemClock, type Task } from "../../plugins/sdk/index.ts";
import { aTask } from "../builders/task.ts";
import { type RedisServer, startRedis } from "../redis/startRedis.ts";
import { type BenchRow, median } from "./row.ts";

const ROUNDS = 5;
const TASKS = 4_000;
const CONCURRENCY = 100;
const WAKE_UPS = 400;
/** Where the tasks of benchmarks are. */
export const QUEUE_NAMESPACE = "bench";
const QUEUE = `${QUEUE_NAMESPACE}.news.writer`;
const RESULT = "x".repeat(400);

const TRIVIAL = {
  add: "redis.call('HSET', KEYS[1], 'env', ARGV[1]) redis.call('XADD', KEYS[2], '*', 'k', KEYS[1]) return 'added'",
  readAndSet: "redis.call('HSET', KEYS[1], 'st', 'running') return redis.call('HGET', KEYS[1], 'env')",
  remove: "redis.call('DEL', KEYS[1]) return 'done'",
};

const taskOf = (n: number, round: number | string): Task =>
  aTask(QUEUE_NAMESPACE, `t${n}`, {
    key: `uid-${round}/t${n}/1/1`,
    runUID: `uid-${round}`,
    prompt: `Write about ${n}. ${"Say what you know. ".repeat(20)}`,
  });

/** `count` pieces of work, `CONCURRENCY` at a time; how many a second. */
async function rate(count: number, work: (n: number) => Promise<void>): Promise<number> {
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (next < count) await work(next++);
    }),
  );
  return (count / (performance.now() - startedMs)) * 1_000;
}

/** Takes `count` tasks, of runs of their own, through enqueue, claim and complete; how many a second. */
export function settleTasks({ tasks }: RedisQueue, count: number, round: number | string): Promise<number> {
  const request = { queues: [QUEUE], consumer: "bench:1", max: 1, leaseMs: 15_000, waitMs: 0 };
  return rate(count, async (n) => {
    await tasks.enqueue(taskOf(n, round));
    const [claim] = await tasks.claim(request, new AbortController().signal);
    if (claim) await tasks.complete(claim, resultOf(claim));
  });
}

async function queueRate(server: RedisServer, round: number | string): Promise<number> {
  const queue = createRedisQueue({ url: server.url, clock: systemClock, random: Math.random, log: silentLog });
  try {
    return await settleTasks(queue, TASKS, round);
  } finally {
    await queue.tasks.close();
  }
}

function resultOf({ task }: Claim): Parameters<ReturnType<typeof createRedisQueue>["tasks"]["complete"]>[1] {
  const usage = { inputTokens: 11, outputTokens: 7, totalTokens: 18 };
  return { key: task.key, output: RESULT, preview: RESULT, usage, toolRounds: 0, stopReason: "end", agent: "news-writer" };
}

async function trivialRate(server: RedisServer, round: number): Promise<number> {
  const redis = new Redis(server.url, { enableAutoPipelining: true, disableClientInfo: true });
  const shas = Object.fromEntries(
    await Promise.all(
      Object.entries(TRIVIAL).map(async ([name, lua]) => {
        await redis.script("LOAD", lua);
        return [name, createHash("sha1").update(lua).digest("hex")];
      }),
    ),
  ) as Record<keyof typeof TRIVIAL, string>;
  try {
    return await rate(TASKS, async (n) => {
      const key = `trivial:${round}:${n}`;
      await redis.evalsha(shas.add, 2, key, "trivial", JSON.stringify(taskOf(n, round)));
      await redis.evalsha(shas.readAndSet, 1, key);
      await redis.evalsha(shas.remove, 1, key, RESULT);
    });
  } finally {
    redis.disconnect();
  }
}

/** XADD, XREADGROUP and XACK, a hundred of each in a pipeline. */
async function streamRate(server: RedisServer, round: number): Promise<number> {
  const redis = new Redis(server.url, { disableClientInfo: true });
  const stream = `stream:${round}`;
  await redis.xgroup("CREATE", stream, "g", "0", "MKSTREAM");
  const startedMs = performance.now();
  for (let done = 0; done < TASKS; done += CONCURRENCY) {
    const adds = redis.pipeline();
    for (let i = 0; i < CONCURRENCY; i++) adds.xadd(stream, "*", "env", JSON.stringify(taskOf(done + i, round)));
    await adds.exec();
    const read = (await redis.xreadgroup("GROUP", "g", "c", "COUNT", CONCURRENCY, "STREAMS", stream, ">")) as [
      string,
      [string, string[]][],
    ][];
    const acks = redis.pipeline();
    for (const [id] of read[0]?.[1] ?? []) acks.xack(stream, "g", id);
    await acks.exec();
  }
  redis.disconnect();
  return (TASKS / (performance.now() - startedMs)) * 1_000;
}

/** From enqueue to the start of a worker that was waiting, ms each. */
async function queueWakeUps(server: RedisServer, round: number): Promise<number[]> {
  const queue = createRedisQueue({ url: server.url, clock: systemClock, random: Math.random, log: silentLog });
  const other = createRedisQueue({ url: server.url, clock: systemClock, random: Math.random, log: silentLog });
  const times: number[] = [];
  for (let n = 0; n < WAKE_UPS; n++) {
    const waiting = queue.tasks.claim(
      { queues: [QUEUE], consumer: "bench:1", max: 1, leaseMs: 15_000, waitMs: 5_000 },
      new AbortController().signal,
    );
    await systemClock.sleep(2); // it is blocked by then
    const startedMs = performance.now();
    const enqueued = other.tasks.enqueue(taskOf(n, `wake-${round}`));
    const [claim] = await waiting;
    times.push(performance.now() - startedMs);
    await enqueued;
    if (claim) await queue.tasks.complete(claim, resultOf(claim));
  }
  await queue.tasks.close();
  await other.tasks.close();
  return times;
}

async function bareWakeUps(server: RedisServer, round: number): Promise<number[]> {
  const [reader, writer] = [new Redis(server.url, { disableClientInfo: true }), new Redis(server.url, { disableClientInfo: true })];
  const stream = `wake:${round}`;
  await writer.xgroup("CREATE", stream, "g", "0", "MKSTREAM");
  const times: number[] = [];
  for (let n = 0; n < WAKE_UPS; n++) {
    const waiting = reader.xreadgroup("GROUP", "g", "c", "COUNT", 1, "BLOCK", 5_000, "STREAMS", stream, ">");
    await systemClock.sleep(2);
    const startedMs = performance.now();
    const added = writer.xadd(stream, "*", "env", JSON.stringify(taskOf(n, round)));
    await waiting;
    times.push(performance.now() - startedMs);
    await added;
  }
  reader.disconnect();
  writer.disconnect();
  return times;
}

const at = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN;

/** Rows of the queue. */
export async function queueBench(): Promise<BenchRow[]> {
  const server = await startRedis();
  try {
    const ratios: Record<"trivial" | "stream" | "p50" | "p99", number[]> = { trivial: [], stream: [], p50: [], p99: [] };
    const wakeUps: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const [bare, ours] = [await bareWakeUps(server, round), await queueWakeUps(server, round)];
      if (round === 0) continue; // until everything is compiled
      wakeUps.push(at(ours, 0.5));
      ratios.p50.push(at(ours, 0.5) / at(bare, 0.5));
      ratios.p99.push(at(ours, 0.99) / at(bare, 0.99));
    }
    const rates: number[] = [];
    await queueRate(server, "warm");
    for (let round = 0; round < ROUNDS; round++) {
      const trivial = await trivialRate(server, round);
      const ours = await queueRate(server, round);
      const stream = await streamRate(server, round);
      rates.push(ours);
      ratios.trivial.push(ours / trivial);
      ratios.stream.push(ours / stream);
    }
    const measured = `${median(rates).toFixed(0)} tasks/s, ${CONCURRENCY} at a time`;
    return [
      {
        name: "Queue: enqueue → claim → complete ÷ three trivial scripts",
        measured,
        ratio: median(ratios.trivial),
        unit: "×",
        atLeast: 0.6,
      },
      { name: "The same ÷ bare pipelined `XADD`, `XREADGROUP`, `XACK`", measured, ratio: median(ratios.stream), unit: "×", atLeast: 0.15 },
      {
        name: "Enqueue to a blocked worker's start, p50 ÷ bare wake-up",
        measured: `${median(wakeUps).toFixed(2)} ms`,
        ratio: median(ratios.p50),
        unit: "×",
        atMost: 2.5,
      },
      { name: "The same, p99", measured: `${WAKE_UPS} wake-ups, ${ROUNDS} times`, ratio: median(ratios.p99), unit: "×", atMost: 4 },
    ];
  } finally {
    await server.stop();
  }
}
