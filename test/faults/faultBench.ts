// The runner of faults (RELIABILITY §3): real agents, a real Redis, a scripted model, a dispatcher as the controller is one, and what they did as a
// history for the oracle. The seed decides what happens to whom: `--seed` (FAULT_SEED) repeats it, `--long` (FAULT_LONG=1) takes the long numbers.
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { expect } from "chai";
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { type QueueEvent, silentLog, systemClock, type Task } from "../../plugins/sdk/index.ts";
import { seededRandom } from "../../plugins/sdk/testing/index.ts";
import { type AgentProcess, AgentProcesses, aConfig } from "../agent/agentProcess.ts";
import { aTask } from "../builders/task.ts";
import { type ModelServer, openaiShape, sendEvents, startModelServer } from "../modelserver/index.ts";
import { aNamespace, type RedisServer, startRedis } from "../redis/index.ts";
import { type Fact, violations } from "./oracle.ts";

/** Whether the long numbers are wanted. */
export const IS_LONG = process.env["FAULT_LONG"] === "1";
/** What decides everything that is drawn. */
export const SEED = Number(process.env["FAULT_SEED"] ?? Date.now() % 100_000);
/** The real times divided by ten. */
export const TIMINGS = { leaseMs: 1_500, heartbeatMs: 500, selfFenceMs: 1_200, claimWaitMs: 200, lookMs: 500 };

const [AGENTS, SLOTS] = [4, 3];
const LOOK_EVERY_MS = 1_500;
const ANSWERED_WITHIN_MS = 30_000;
const AT_ONCE = 100;

/** One call of the model. */
export interface Call {
  readonly task: number;
  /** Which agent asks, from 0. */
  readonly agent: number;
  /** The how manieth call for this task, from 1. */
  readonly n: number;
  readonly response: ServerResponse;
}

/** What a fault is done to. */
export interface Team {
  readonly agents: AgentProcess[];
  readonly queue: string;
  readonly random: () => number;
  readonly history: Fact[];
  /** Starts the i-th anew. */
  restart(i: number): Promise<void>;
  /** One of them, by chance. */
  pick(): number;
}

/** What happens. */
export interface Scenario {
  readonly tasks: number;
  readonly faults?: number;
  readonly everyMs?: number;
  readonly slots?: number;
  readonly agents?: number;
  /** Fields of the ArkAgent. */
  readonly config?: object;
  readonly env?: (agent: number) => Readonly<Record<string, string>>;
  readonly task?: (n: number) => Partial<Task>;
  /** Answers; the usual one says `answer to <n>` after `delayMs`. */
  readonly answer?: (call: Call, team: Team) => Promise<void>;
  readonly delayMs?: number;
  readonly fault?: (team: Team) => Promise<void>;
  /** How the dispatcher reaches the queue. */
  readonly url?: string;
  readonly heard?: (events: readonly QueueEvent[]) => Promise<"forget" | "leave">;
}

/** How it ended. */
export interface Played {
  readonly namespace: string;
  readonly queue: string;
  readonly history: readonly Fact[];
  /** The last verdict of each task. */
  readonly verdicts: ReadonlyMap<number, Extract<Fact, { is: "verdict" }>>;
  /** From the last fault to the last verdict. */
  readonly settledMs: number;
  readonly logs: string;
}

/** Registers the processes that a suite of faults needs. */
export function useFaultBench(): FaultBench {
  const bench = new FaultBench();
  before(() => bench.start());
  after(() => bench.stop());
  return bench;
}

/** The processes of a suite of faults. */
export class FaultBench {
  readonly #processes = new AgentProcesses();
  #model: ModelServer | undefined;
  #redis: RedisServer | undefined;
  #answer: (call: Call) => Promise<void> = () => Promise.resolve();
  #history: Fact[] = [];
  #calls = new Map<number, number>();

  get redis(): RedisServer {
    if (!this.#redis) throw new Error("the server is there from `before` on");
    return this.#redis;
  }

  get model(): ModelServer {
    if (!this.#model) throw new Error("the model is there from `before` on");
    return this.#model;
  }

  async start(): Promise<void> {
    this.#redis = await startRedis();
    this.#model = await startModelServer(async ({ body, path }, response) => {
      const text = JSON.stringify(body);
      const task = Number(/task-(\d+)-end/.exec(text)?.[1] ?? -1);
      const agent = Number(/^\/agent-(\d+)\//.exec(path)?.[1] ?? -1);
      const n = (this.#calls.get(task) ?? 0) + 1;
      this.#calls.set(task, n);
      // A turn after a tool's answer goes on with an execution that has begun.
      if (!text.includes('"role":"tool"')) this.#history.push({ is: "call", task: String(task) });
      await this.#answer({ task, agent, n, response });
    });
  }

  async stop(): Promise<void> {
    await this.#processes.stop();
    await this.#model?.close();
    await this.#redis?.stop();
  }

  /** Plays a scenario to its end, and asks the oracle. @throws AssertionError for what should not have happened */
  async play(scenario: Scenario): Promise<Played> {
    const { tasks, faults = 0, everyMs = 0, slots = SLOTS, agents = AGENTS, delayMs = 60, url = this.redis.url } = scenario;
    const history: Fact[] = [];
    [this.#history, this.#calls] = [history, new Map()];
    const random = seededRandom(SEED);
    const namespace = aNamespace();
    const queue = `${namespace}.news.writer`;
    const config = aConfig(namespace, "writer", { limits: { maxConcurrentTasks: slots }, ...scenario.config });
    const start = (i: number): Promise<AgentProcess> =>
      this.#processes.start({
        config,
        env: {
          REDIS_URL: url,
          OPENAI_BASE_URL: `${this.model.url}/agent-${i}/v1`,
          ARK_TIMINGS: JSON.stringify(TIMINGS),
          ARK_GRACE_SECONDS: "1",
          ...scenario.env?.(i),
        },
      });
    const team: Team = {
      agents: await Promise.all(Array.from({ length: agents }, (_, i) => start(i))),
      queue,
      random,
      history,
      restart: async (i) => {
        team.agents[i] = await start(i);
      },
      pick: () => Math.floor(random() * agents),
    };
    this.#answer = (call) => scenario.answer?.(call, team) ?? answerTo(call, delayMs);
    const everybody = [...team.agents];
    const client = createRedisQueue({ url, clock: systemClock, random: Math.random, log: silentLog });
    const late = new AbortController();
    try {
      const work = this.#dispatch(client, namespace, scenario, history, late.signal);
      for (let n = 0; n < faults; n++) {
        await systemClock.sleep(everyMs * (0.5 + random()));
        await scenario.fault?.(team);
        everybody.push(...team.agents);
      }
      const lastMs = performance.now();
      const cancel = systemClock.after(ANSWERED_WITHIN_MS, () => late.abort(new Error("not everything was answered in time")));
      await work.catch(() => undefined);
      cancel();
      const settledMs = performance.now() - lastMs;
      for (const agent of team.agents) agent.kill("SIGKILL");
      await Promise.all(team.agents.map((agent) => agent.ended));
      for (const { key, reason } of await client.deadLetters.list(namespace, { limit: 1_000 }))
        history.push({ is: "letter", task: numberOf(key), reason });
      const verdicts = new Map(history.flatMap((fact) => (fact.is === "verdict" ? [[Number(fact.task), fact] as const] : [])));
      expect(verdicts.size, "tasks that were answered").to.equal(tasks);
      expect(violations(history, { slots }).slice(0, 5)).to.deep.equal([]);
      const logs = [...new Set(everybody)].map(({ text }) => text).join("");
      expect(logs, "a fault of the program").not.to.match(/a fault of the program|unhandled/i);
      return { namespace, queue, history, verdicts, settledMs, logs };
    } finally {
      await client.tasks.close();
    }
  }

  /** As the controller does it: it remembers what it awaits, hears events, and looks for what was lost. */
  async #dispatch(
    client: RedisQueue,
    namespace: string,
    { tasks, task = () => ({}), heard }: Scenario,
    history: Fact[],
    signal: AbortSignal,
  ): Promise<void> {
    const all = Array.from({ length: tasks }, (_, n) => aTask(namespace, `t${n}`, { prompt: `task-${n}-end`, ...task(n) }));
    const open = new Map(all.map((one) => [one.key, one]));
    const tell = async (one: Task): Promise<void> => {
      for (;;) {
        const told = await client.tasks.enqueue(one).catch(() => "again");
        if (told === "added" || told === "known") return;
        await systemClock.sleep(100, signal);
      }
    };
    for (const { key } of all) history.push({ is: "submit", task: numberOf(key) });
    const telling = (async () => {
      for (const some of chunks(all, AT_ONCE)) await Promise.all(some.map(tell));
    })();
    telling.catch(() => undefined);
    let lookedMs = performance.now();
    while (open.size > 0) {
      signal.throwIfAborted();
      const rest = AbortSignal.any([signal, AbortSignal.timeout(500)]);
      const events = await client.control.events([namespace], rest).catch(() => []);
      for (const event of events) {
        if (event.type !== "settled") continue;
        history.push(verdictOf(event));
        open.delete(event.key);
      }
      if ((await heard?.(events)) !== "leave") await client.control.forget(events).catch(() => undefined);
      if (performance.now() - lookedMs < LOOK_EVERY_MS) continue;
      lookedMs = performance.now();
      await telling;
      for (const some of chunks([...open.values()], AT_ONCE)) {
        const looks = await client.control.look(some.map(({ key, queue }) => ({ key, queue }))).catch(() => []);
        for (const [i, look] of looks.entries()) if (look.state === "absent" && some[i]) await tell(some[i]);
      }
    }
    await telling;
  }
}

/** `answer to <n>` after a time. */
export async function answerTo({ task, response }: Call, delayMs: number): Promise<void> {
  await systemClock.sleep(delayMs);
  if (!response.destroyed) sendEvents(response, openaiShape.events({ text: [`answer to ${task}`] }));
}

function verdictOf(event: Extract<QueueEvent, { type: "settled" }>): Fact {
  const isDone = event.state === "done";
  return {
    is: "verdict",
    task: numberOf(event.key),
    id: event.id,
    state: event.state,
    output: isDone ? sha256(event.result.output ?? event.result.outputRef?.sha256 ?? "") : undefined,
    reason: isDone ? undefined : event.failure.reason,
    counters: event.counters,
  };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const numberOf = (key: string): string => /\/t(\d+)\//.exec(key)?.[1] ?? "?";

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
