// The thread behind heartbeatThread.ts. It looks at the main thread's ticks and, once those stay away, extends the claims that it was told of. It has
// a connection of its own, made when it is first needed.
import { parentPort, workerData } from "node:worker_threads";
import { type Claim, silentLog, systemClock, type TaskQueue } from "../../plugins/sdk/index.ts";
import { type HeartbeatData, type HeartbeatMessage, monotonicMs } from "./heartbeatThread.ts";
import { isDue } from "./standIn.ts";

const { url, isCluster, timings, ticks } = workerData as HeartbeatData;
const LOOKS_PER_HEARTBEAT = 4;
const kept = new Map<string, Claim>();
let tasks: Promise<TaskQueue> | undefined;
let beatAtMs = Number.NEGATIVE_INFINITY;

async function connected(): Promise<TaskQueue> {
  const { createRedisQueue } = await import("../../plugins/queue-redis/index.ts");
  return createRedisQueue({ url, isCluster, clock: systemClock, random: Math.random, log: silentLog }).tasks;
}

async function look(): Promise<void> {
  const nowMs = monotonicMs();
  if (kept.size === 0 || !isDue({ tickedAtMs: ticks[0] ?? 0, beatAtMs, nowMs }, timings)) return;
  beatAtMs = nowMs;
  tasks ??= connected();
  const queue = await tasks;
  const extended = [...kept.values()].map(async (claim) => {
    if ((await queue.extend(claim, timings.leaseMs)) === "fenced") kept.delete(claim.token);
  });
  await Promise.allSettled(extended); // what cannot be kept now is tried with the next beat
}

parentPort?.on("message", (message: HeartbeatMessage) => {
  if ("keep" in message) kept.set(message.keep.token, message.keep as Claim);
  else kept.delete(message.drop);
});
setInterval(() => void look(), timings.heartbeatMs / LOOKS_PER_HEARTBEAT);
