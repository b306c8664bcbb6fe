// A small world for an agent: the queue in memory, a clock that the test moves, a model that says what the test wants.
import type { AgentConfig, RoleSnapshot } from "../../crds/index.ts";
import { createMemoryQueue, type MemoryQueue } from "../../plugins/queue-memory/index.ts";
import {
  type CompleteOptions,
  type JournalEntry,
  type LlmProvider,
  type LlmRequest,
  type LlmResponse,
  type Log,
  type MemoryStore,
  queueNameOf,
  silentLog,
  systemClock,
  type Task,
  type TaskLook,
  taskKeyOf,
} from "../../plugins/sdk/index.ts";
import { type FakeClock, fakeClock } from "../../plugins/sdk/testing/fakeClock.ts";
import { type Agent, type AgentParts, BUILT_IN_PRICES, DEFAULT_TIMINGS, startAgent } from "../../runtime/index.ts";

/** What the model answers: a text, or parts of an answer. May throw. */
export type Reply = string | Partial<LlmResponse>;
export type Model = (request: LlmRequest, options: CompleteOptions) => Reply | Promise<Reply>;

/** A provider around a function. Usage is 10 in, 5 out unless the reply says otherwise. */
export function aProvider(model: Model): LlmProvider {
  return {
    async complete(request, options) {
      const reply = await model(request, options);
      const part = typeof reply === "string" ? { text: reply } : reply;
      const toolCalls = part.toolCalls ?? [];
      return {
        text: "",
        toolCalls,
        usage: { inputTokens: 10, outputTokens: 5 },
        stopReason: toolCalls.length > 0 ? "tool" : "end",
        ...part,
      };
    },
  };
}

/** An agent's configuration that is valid; a case changes its point. */
export function aConfig(change: Partial<AgentConfig> = {}): AgentConfig {
  return {
    v: 1,
    namespace: "test",
    agent: "demo-lead",
    model: "mock",
    prompt: { inline: "You lead." },
    before: [],
    after: [],
    limits: { maxTokensPerCall: 1_000, maxConcurrentTasks: 2, timeoutSeconds: 120, maxDailyTokens: 0, retries: 3 },
    tools: [],
    mcpServers: [],
    capabilities: [],
    probe: { type: "ping", intervalSeconds: 30 },
    queues: [{ name: queueNameOf("test", "demo", "lead"), team: "demo", role: "lead" }],
    ...change,
  };
}

/** A task of the role `lead`. */
export function aTask(change: Partial<Task> = {}): Task {
  const task = {
    v: 1 as const,
    kind: "step" as const,
    queue: queueNameOf("test", change.team ?? "demo", change.role ?? "lead"),
    ns: "test",
    team: "demo",
    role: "lead",
    agent: "demo-lead",
    run: "demo-1",
    runUID: "uid-1",
    step: "first",
    iteration: 1,
    attempt: 1,
    prompt: "do it",
    limits: { timeoutMs: 120_000, maxTokensPerCall: 1_000, runMaxTokens: 0, maxToolRounds: 50 },
    retries: 3,
    deadlineMs: 0,
    depth: 0,
    chain: ["lead"],
    mayDelegate: [],
    dispatchedAtMs: 0,
    ...change,
  };
  return { ...task, key: change.key ?? taskKeyOf(task.runUID, task.step, task.iteration, task.attempt) };
}

/** A role of the run's snapshot, served by `demo-<role>`. */
export function aRoleSnapshot(role: string, change: Partial<RoleSnapshot> = {}): RoleSnapshot {
  return {
    role,
    agent: `demo-${role}`,
    queue: queueNameOf("test", "demo", role),
    model: "mock",
    prompt: `You are ${role}.`,
    before: [],
    after: [],
    limits: { maxTokensPerCall: 1_000, maxConcurrentTasks: 2, timeoutSeconds: 60, maxDailyTokens: 0, retries: 1 },
    canDelegate: [],
    ...change,
  };
}

/** The world. */
export interface AgentWorld {
  readonly queue: MemoryQueue;
  readonly clock: FakeClock;
  readonly journal: JournalEntry[];
  readonly warnings: string[];
  start(model: Model, config?: Partial<AgentConfig>, change?: Partial<AgentParts>): Promise<Agent>;
  /** Stores a snapshot as a blob; its digest. */
  snapshot(roles: readonly RoleSnapshot[], team?: object): Promise<string>;
  add(change?: Partial<Task>): Promise<Task>;
  look(task: Pick<Task, "key" | "queue">): Promise<TaskLook>;
  /** Ends all agents and the queue. */
  end(): Promise<void>;
}

/** A world whose time stands still until the test moves it. With `realTime` it is the machine's: for real servers. */
export function anAgentWorld(options: { readonly memory?: MemoryStore; readonly realTime?: boolean } = {}): AgentWorld {
  const clock = fakeClock();
  const used = options.realTime === true ? systemClock : clock;
  let seed = 1;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const queue = createMemoryQueue({ clock: used, random });
  const journal: JournalEntry[] = [];
  const warnings: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`),
    error: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`),
    with: () => log,
  };
  const agents: Agent[] = [];
  return {
    queue,
    clock,
    journal,
    warnings,
    async start(model, config = {}, change = {}) {
      const agent = await startAgent(aConfig(config), {
        backend: queue,
        providerFor: () => Promise.resolve({ name: "mock", provider: aProvider(model) }),
        memory: options.memory,
        readFile: (path) => Promise.reject(new Error(`no file ${path}`)),
        consumer: `${config.agent ?? "demo-lead"}:${agents.length}`,
        journal: (_ns, _uid, entry) => void journal.push(entry),
        egress: { allowLoopback: true },
        mcp: { enabled: true, stdio: true },
        prices: { ...BUILT_IN_PRICES, mock: { input: "1", output: "2" } },
        timings: DEFAULT_TIMINGS,
        clock: used,
        random,
        log,
        ...change,
      });
      agents.push(agent);
      return agent;
    },
    snapshot: (roles, team) => queue.blobs.put("test", "uid-1", JSON.stringify({ v: 1, ...(team === undefined ? {} : { team }), roles })),
    async add(change = {}) {
      const task = aTask({ dispatchedAtMs: used.now(), ...change });
      await queue.tasks.enqueue(task);
      return task;
    },
    async look({ key, queue: name }) {
      const [look] = await queue.control.look([{ key, queue: name }]);
      if (look === undefined) throw new Error("the queue answered nothing");
      return look;
    },
    async end() {
      const drained = Promise.all(agents.map((agent) => agent.drain(0)));
      await clock.settle();
      await drained;
      await queue.tasks.close();
    },
  };
}
