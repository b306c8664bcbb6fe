// What one agent process costs: tasks a second with a model that answers at once, beside the same calls without a queue; how exactly its limit is
// used; its start, and its memory when idle.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createRedisQueue } from "../../plugins/queue-redis/index.ts";
import { silentLog, systemClock, type Task } from "../../plugins/sdk/index.ts";
import { AgentProcesses, aConfig } from "../agent/agentProcess.ts";
import { aTask } from "../builders/task.ts";
import { openaiShape, sendEvents, startModelServer } from "../modelserver/index.ts";
import { aNamespace, startRedis } from "../redis/startRedis.ts";
import { type BenchRow, median } from "./row.ts";

const TASKS = 1_500;
/** Before anything is measured: what lives long is compiled by then, on both sides. */
const WARM = 600;
const MODEL_CLIENT = fileURLToPath(new URL("modelClient.ts", import.meta.url));
const SLOW_TASKS = 300;
const SLOW_MS = 50;
const LIMIT = 5;

/** Rows of an agent process. */
export async function agentBench(): Promise<BenchRow[]> {
  const server = await startRedis();
  const processes = new AgentProcesses();
  let delayMs = 0;
  const model = await startModelServer(async (_request, response) => {
    if (delayMs > 0) await systemClock.sleep(delayMs);
    sendEvents(response, openaiShape.events({ text: ["done"] }));
  });
  const queue = createRedisQueue({ url: server.url, clock: systemClock, random: Math.random, log: silentLog });
  const env = { REDIS_URL: server.url, OPENAI_BASE_URL: `${model.url}/v1` };
  try {
    /** Tasks a second from the first claim on: they lie there when the agent starts. */
    const rate = async (count: number, slots: number): Promise<number> => {
      const namespace = aNamespace();
      const config = aConfig(namespace, "writer", { limits: { maxConcurrentTasks: slots } });
      const agent = await processes.start({ config, env });
      await run(namespace, delayMs === 0 ? WARM : LIMIT * 10, "warm");
      const perSecond = await run(namespace, count, "run");
      agent.kill("SIGKILL");
      await agent.ended;
      return perSecond;
    };
    const run = async (namespace: string, count: number, name: string): Promise<number> => {
      const startedMs = performance.now();
      await Promise.all(Array.from({ length: count }, (_, n) => queue.tasks.enqueue(taskOf(namespace, `${name}-${n}`))));
      for (let left = count; left > 0; ) {
        const events = await queue.control.events([namespace], AbortSignal.timeout(60_000));
        left -= events.filter(({ type }) => type === "settled").length;
        await queue.control.forget(events);
      }
      return (count / (performance.now() - startedMs)) * 1_000;
    };
    const bare = async (): Promise<number> => {
      const args = ["--import", "tsx", MODEL_CLIENT, `${model.url}/v1`, String(TASKS), String(WARM), String(LIMIT)];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { PATH: process.env["PATH"] ?? "" } });
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await new Promise((resolve) => child.once("close", resolve));
      return Number(said);
    };
    const ratios: number[] = [];
    const rates: number[] = [];
    for (let round = 0; round < 3; round++) {
      const [base, ours] = [await bare(), await rate(TASKS, LIMIT)];
      rates.push(ours);
      ratios.push(ours / base);
    }
    delayMs = SLOW_MS;
    const slow = await rate(SLOW_TASKS, LIMIT);
    const nothing: number[] = [];
    const ready: number[] = [];
    const idle: number[] = [];
    const idleBase: number[] = [];
    for (let round = 0; round < 7; round++) {
      nothing.push(await timeOf(["-e", "0"]));
      const startedMs = performance.now();
      const agent = await processes.start({ config: aConfig(aNamespace(), "writer"), env });
      ready.push(performance.now() - startedMs);
      if (round < 3) {
        await systemClock.sleep(1_000);
        idle.push(residentKiB(agent.pid));
        idleBase.push(await idleNodeKiB());
      }
      agent.kill("SIGKILL");
      await agent.ended;
    }
    return [
      {
        name: "One agent, model over HTTP that answers at once ÷ the same client in a process without a queue",
        measured: `${median(rates).toFixed(0)} tasks/s, ${LIMIT} at a time`,
        ratio: median(ratios),
        unit: "×",
        atLeast: 0.4,
      },
      {
        name: `One agent, model of ${SLOW_MS} ms, limit of ${LIMIT}: tasks/s of 100 that are possible`,
        measured: `${SLOW_TASKS} tasks`,
        ratio: slow,
        unit: "/s",
        atLeast: 95,
      },
      {
        name: "`ark-agent`, start to ready",
        measured: `${median(ready).toFixed(0)} ms ÷ ${median(nothing).toFixed(0)} ms of \`node -e 0\``,
        ratio: median(ready) / median(nothing),
        unit: "×",
        atMost: 3,
      },
      {
        name: "`ark-agent`, idle memory",
        measured: `${(median(idle) / 1_024).toFixed(0)} MiB ÷ ${(median(idleBase) / 1_024).toFixed(0)} MiB of an idle Node process`,
        ratio: median(idle) / median(idleBase),
        unit: "×",
        atMost: 2.5,
      },
    ];
  } finally {
    await processes.stop();
    await queue.tasks.close();
    await model.close();
    await server.stop();
  }
}

/** A run of one step. */
const taskOf = (namespace: string, name: string): Task =>
  aTask(namespace, name, { key: `uid-${name}/a/1/1`, run: name, runUID: `uid-${name}` });

const residentKiB = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

async function idleNodeKiB(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], {
    stdio: "ignore",
    env: { PATH: process.env["PATH"] ?? "" },
  });
  await systemClock.sleep(500);
  const kib = residentKiB(child.pid ?? 0);
  child.kill("SIGKILL");
  return kib;
}

async function timeOf(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: "ignore", env: { PATH: process.env["PATH"] ?? "" } });
  await new Promise((resolve) => child.once("exit", resolve));
  return performance.now() - startedMs;
}
