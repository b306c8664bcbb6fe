// Agents that are killed, paused and stopped at random, a Redis that dies and forgets, under load; then the oracle. The seed decides what
// happens to whom: FAULT_SEED repeats it. FAULT_LONG=1 takes the long numbers.
import { createHash } from "node:crypto";
import { expect } from "chai";
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { silentLog, systemClock, type Task } from "../../plugins/sdk/index.ts";
import { seededRandom } from "../../plugins/sdk/testing/index.ts";
import { type AgentProcess, AgentProcesses, aConfig } from "../agent/agentProcess.ts";
import { aTask } from "../builders/task.ts";
import { type ModelServer, openaiShape, sendEvents, startModelServer } from "../modelserver/index.ts";
import { aNamespace, type RedisServer, startRedis } from "../redis/index.ts";
import { type Fact, violations } from "./oracle.ts";

const IS_LONG = process.env["FAULT_LONG"] === "1";
const SEED = Number(process.env["FAULT_SEED"] ?? Date.now() % 100_000);
const AGENTS = 4;
const SLOTS = 3;
/** The real times divided by ten: a lease of 1.5 s. */
const TIMINGS = JSON.stringify({ leaseMs: 1_500, heartbeatMs: 500, selfFenceMs: 1_200, claimWaitMs: 200, lookMs: 500 });
const LOOK_EVERY_MS = 1_500;
const ANSWERED_WITHIN_MS = 30_000;

describe(`faults of agents and Redis (FAULT_SEED=${SEED})`, function () {
  this.timeout(600_000);
  const processes = new AgentProcesses();
  let model: ModelServer;
  let redis: RedisServer;
  let queue: RedisQueue;
  let history: Fact[] = [];
  let delayMs = 20;

  before(async () => {
    redis = await startRedis();
    queue = createRedisQueue({ url: redis.url, clock: systemClock, random: Math.random, log: silentLog });
    model = await startModelServer(async (request, response) => {
      const task = /task-(\d+)-end/.exec(JSON.stringify(request.body))?.[1] ?? "?";
      history.push({ is: "call", task });
      await systemClock.sleep(delayMs);
      if (!response.destroyed) sendEvents(response, openaiShape.events({ text: [`answer to ${task}`] }));
    });
  });
  after(async () => {
    await processes.stop();
    await queue.tasks.close();
    await model.close();
    await redis.stop();
  });

  const taskOf = (namespace: string, n: number): Task => aTask(namespace, `t${n}`, { prompt: `task-${n}-end` });

  /** A dispatcher as the controller is one: it remembers what it awaits, hears events, and looks for what was lost. */
  async function dispatch(namespace: string, count: number, signal: AbortSignal): Promise<void> {
    const open = new Map(Array.from({ length: count }, (_, n) => [`uid-1/t${n}/1/1`, n]));
    const tell = async (n: number): Promise<void> => {
      for (;;) {
        const told = await queue.tasks.enqueue(taskOf(namespace, n)).catch(() => "again");
        if (told === "added" || told === "known") return;
        await systemClock.sleep(100);
      }
    };
    for (let n = 0; n < count; n++) history.push({ is: "submit", task: String(n) });
    const telling = (async () => {
      for (let n = 0; n < count; n += 100) await Promise.all(Array.from({ length: Math.min(100, count - n) }, (_, i) => tell(n + i)));
    })();
    let lookedMs = performance.now();
    while (open.size > 0) {
      signal.throwIfAborted();
      const rest = AbortSignal.any([signal, AbortSignal.timeout(500)]);
      const events = await queue.control.events([namespace], rest).catch(() => []);
      for (const event of events) {
        if (event.type !== "settled") continue;
        const task = /\/t(\d+)\//.exec(event.key)?.[1] ?? "?";
        const output =
          event.state === "done"
            ? createHash("sha256")
                .update(event.result.output ?? "")
                .digest("hex")
            : undefined;
        history.push({ is: "verdict", task, id: event.id, state: event.state, output, counters: event.counters });
        open.delete(event.key);
      }
      await queue.control.forget(events).catch(() => undefined);
      if (performance.now() - lookedMs < LOOK_EVERY_MS) continue;
      lookedMs = performance.now();
      await telling;
      for (const keys of chunks([...open.keys()], 100)) {
        const looks = await queue.control.look(keys.map((key) => ({ key, queue: `${namespace}.news.writer` }))).catch(() => []);
        for (const [i, look] of looks.entries()) if (look.state === "absent") await tell(open.get(keys[i] ?? "") ?? 0);
      }
    }
    await telling;
  }

  interface Scenario {
    readonly tasks: number;
    readonly faults: number;
    readonly everyMs: number;
    readonly slots?: number;
    readonly agents?: number;
    readonly delayMs?: number;
    readonly fault: (team: AgentProcess[], restart: (i: number) => Promise<void>, random: () => number) => Promise<void>;
  }

  async function play({ tasks, faults, everyMs, slots = SLOTS, agents = AGENTS, delayMs: modelMs = 60, fault }: Scenario): Promise<void> {
    history = [];
    delayMs = modelMs;
    const random = seededRandom(SEED);
    const namespace = aNamespace();
    const config = aConfig(namespace, "writer", { limits: { maxConcurrentTasks: slots } });
    const start = (): Promise<AgentProcess> =>
      processes.start({
        config,
        env: { REDIS_URL: redis.url, OPENAI_BASE_URL: `${model.url}/v1`, ARK_TIMINGS: TIMINGS, ARK_GRACE_SECONDS: "1" },
      });
    const team = await Promise.all(Array.from({ length: agents }, start));
    const restart = async (i: number): Promise<void> => {
      team[i] = await start();
    };
    const late = new AbortController();
    const work = dispatch(namespace, tasks, late.signal);
    for (let n = 0; n < faults; n++) {
      await systemClock.sleep(everyMs * (0.5 + random()));
      await fault(team, restart, random);
    }
    const lastMs = performance.now();
    const cancel = systemClock.after(ANSWERED_WITHIN_MS, () => late.abort(new Error("not everything was answered in time")));
    await work.catch(() => undefined);
    cancel();
    const answered = history.filter((fact) => fact.is === "verdict").length;
    expect(answered, "verdicts").to.be.at.least(tasks);
    for (const agent of team) agent.kill("SIGKILL");
    await Promise.all(team.map((agent) => agent.ended));
    expect(violations(history, { slots }).slice(0, 5)).to.deep.equal([]);
    expect(performance.now() - lastMs).to.be.lessThan(ANSWERED_WITHIN_MS);
  }

  const pick = (random: () => number, team: readonly AgentProcess[]): number => Math.floor(random() * team.length);

  it("F1a: kill -9 of agents loses no task and records none twice", () =>
    play({
      tasks: 3_000,
      faults: IS_LONG ? 1_000 : 60,
      everyMs: 250,
      async fault(team, restart, random) {
        const i = pick(random, team);
        history.push({ is: "fault", kind: "kill" });
        team[i]?.kill("SIGKILL");
        await team[i]?.ended;
        await restart(i);
      },
    }));

  it("F1a: one agent with 300 tasks in flight is killed and started again: nothing is lost", () =>
    play({
      tasks: 300,
      faults: 1,
      everyMs: 1_500,
      slots: 300,
      agents: 1,
      delayMs: 3_000,
      async fault(team, restart) {
        history.push({ is: "fault", kind: "kill" });
        team[0]?.kill("SIGKILL");
        await team[0]?.ended;
        delayMs = 20;
        await restart(0);
      },
    }));

  it("F1d: agents that are paused beyond their lease come back fenced: no result counts twice", () =>
    play({
      tasks: 1_500,
      faults: IS_LONG ? 200 : 12,
      everyMs: 300,
      delayMs: 100,
      async fault(team, _restart, random) {
        const i = pick(random, team);
        history.push({ is: "fault", kind: "pause" });
        team[i]?.kill("SIGSTOP");
        await systemClock.sleep(1_500 + random() * 1_500);
        team[i]?.kill("SIGCONT");
      },
    }));

  it("F3a: Redis that is killed comes back with what it had, and nothing is lost", () =>
    play({
      tasks: 1_500,
      faults: IS_LONG ? 50 : 3,
      everyMs: 800,
      async fault() {
        history.push({ is: "fault", kind: "restart" }, { is: "fault", kind: "wipe" }); // its last second may be gone
        await redis.kill();
        await redis.start();
      },
    }));

  it("F3b: Redis that forgets everything costs executions, and no task", () =>
    play({
      tasks: 1_500,
      faults: IS_LONG ? 20 : 2,
      everyMs: 800,
      async fault() {
        history.push({ is: "fault", kind: "wipe" });
        await redis.command("FLUSHALL");
      },
    }));

  it("F4f: a server that has forgotten the scripts is told them again", () =>
    play({
      tasks: 500,
      faults: 5,
      everyMs: 100,
      async fault() {
        await redis.command("SCRIPT", "FLUSH");
      },
    }));
});

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
