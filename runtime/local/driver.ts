// A whole run in one process (B100): the engine of the cluster, its agents, and a queue in memory. This file starts them, carries events
// between them, and ends everything; it decides nothing.
import { type ArkRun, type CanonicalTeam, checkRunInput, type JsonObject, type RunSnapshot } from "../../crds/index.ts";
import { type ApprovalRequest, type ChildOrder, childInputOf, snapshotOfAgent, snapshotOfTeam } from "../../engine/index.ts";
import type { Clock, JournalEntry, JournalEvent, LlmProvider, Log, MemoryStore, QueueBackend, Task } from "../../plugins/sdk/index.ts";
import { type Agent, DEFAULT_TIMINGS, type PriceTable, startAgent, type Timings } from "../index.ts";
import { LiveRun } from "./liveRun.ts";
import type { LocalAgent, PreparedRun } from "./prepare.ts";
import type { JournalledRun, Resumable } from "./resume.ts";
import { generatedName, newRun, randomUid } from "./runRecord.ts";

/** One process needs no slow heartbeats: a cancelled task hears of it at once. */
export const LOCAL_TIMINGS: Timings = { ...DEFAULT_TIMINGS, heartbeatMs: 200 };

/** How long an ended run is listened to for what its cancelled tasks had spent. */
const LAST_WORDS_MS = 1_000;

/** What the driver uses of the world. */
export interface LocalParts {
  readonly backend: QueueBackend;
  providerFor(model: string, provider: string | undefined): Promise<{ readonly name: string; readonly provider: LlmProvider }>;
  /** The memory of an agent; undefined when it has none. */
  memoryFor(agent: LocalAgent): Promise<MemoryStore | undefined>;
  /** Told every event of the run and its children, in order. Must not throw. */
  journal(event: JournalEvent): void;
  /** A person's decision; undefined: nobody can decide now. */
  approve(
    request: ApprovalRequest,
    signal: AbortSignal,
  ): Promise<{ readonly decision: "approve" | "reject"; readonly by: string; readonly comment?: string } | undefined>;
  readonly mcp: { readonly enabled: boolean; readonly stdio: boolean };
  readonly prices: PriceTable;
  readonly timings?: Timings | undefined;
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Aborted: the run ends as Cancelled. */
  readonly signal: AbortSignal;
  readonly resume?: Resumable | undefined;
}

/** How it ended. */
export interface LocalOutcome {
  /** As a cluster would store it, status and all. */
  readonly run: ArkRun;
  readonly children: readonly ArkRun[];
  /** The result, whole. */
  readonly output: string;
  readonly outcome: "succeeded" | "failed" | "cancelled" | "timedOut" | "awaitingApproval";
}

/** Runs what was prepared, to its end or to an approval that nobody gives. Rejects only for our own faults. */
export async function runLocal(prepared: PreparedRun, parts: LocalParts): Promise<LocalOutcome> {
  const driver = new LocalDriver(prepared, parts);
  try {
    return await driver.run();
  } finally {
    await driver.close();
  }
}

/** The snapshot of what a prepared run runs. */
export function snapshotOf(prepared: PreparedRun, team: CanonicalTeam | undefined): RunSnapshot {
  const configOf = (name: string): LocalAgent["config"] | undefined => prepared.agents.get(name)?.config;
  if (team) return snapshotOfTeam(team, configOf).snapshot;
  const config = configOf(prepared.agent ?? "");
  if (!config) throw new Error(`agent "${prepared.agent}" was not prepared`);
  return snapshotOfAgent(config);
}

class LocalDriver {
  readonly #prepared: PreparedRun;
  readonly #parts: LocalParts;
  readonly #runs = new Map<string, LiveRun>();
  readonly #byName = new Map<string, LiveRun>();
  readonly #agents: Agent[] = [];
  readonly #stopping = new AbortController();
  readonly #openTasks = new Map<string, string>();
  readonly #undecided = new Set<string>();
  #asking: Promise<unknown> = Promise.resolve();
  #choices = 0;
  #seq: number;
  #settled: { resolve: () => void; reject: (error: unknown) => void } = { resolve: () => undefined, reject: () => undefined };
  #root: LiveRun | undefined;

  constructor(prepared: PreparedRun, parts: LocalParts) {
    this.#prepared = prepared;
    this.#parts = parts;
    this.#seq = parts.resume?.lastSeq ?? 0;
  }

  async run(): Promise<LocalOutcome> {
    const { signal } = this.#parts;
    const root = this.#makeRoot();
    this.#root = root;
    const ended = new Promise<void>((resolve, reject) => {
      this.#settled = { resolve, reject };
    });
    const onAbort = (): void => root.edit({ cancel: true });
    const listening = this.#listen();
    try {
      await this.#startAgents();
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      await root.start();
      await ended;
      await this.#lastWords();
      return this.#outcome(root);
    } finally {
      signal.removeEventListener("abort", onAbort);
      await this.close();
      await listening;
    }
  }

  /** Ends agents, timers and listeners. Twice is once. */
  async close(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await Promise.all(this.#agents.map((agent) => agent.drain(0)));
    this.#stopping.abort(new Error("the run is over"));
    for (const run of this.#runs.values()) run.close();
    await this.#parts.backend.tasks.close();
  }

  #makeRoot(): LiveRun {
    const { clock, random, resume } = this.#parts;
    const { team, agent = "", input, namespace } = this.#prepared;
    if (resume) return this.#adopt(resume.root, undefined);
    const identity = {
      name: generatedName(team?.name ?? agent, random),
      uid: randomUid(random),
      namespace,
      createdAt: new Date(clock.now()).toISOString(),
    };
    const prompt = typeof input["prompt"] === "string" ? input["prompt"] : "";
    const run = newRun(identity, team ? { team } : { agent, prompt }, input);
    return this.#add(run, snapshotOf(this.#prepared, team), undefined);
  }

  #add(run: ArkRun, snapshot: RunSnapshot, parent: LiveRun["parent"]): LiveRun {
    const live = new LiveRun(run, snapshot, parent, {
      backend: this.#parts.backend,
      clock: this.#parts.clock,
      world: (asking) => this.#world(asking),
      journal: (_, __, entry) => this.#write(entry),
      startChild: (from, order) => this.#startChild(from, order),
      cancelChild: (name) => this.#byName.get(name)?.edit({ cancel: true }),
      requestApproval: (from, request) => this.#requestApproval(from, request),
      passed: (passed) => this.#passed(passed),
      dispatched: (from, task) => this.#dispatched(from, task),
      failed: (error) => this.#settled.reject(error),
    });
    this.#runs.set(live.index.uid, live);
    this.#byName.set(live.name, live);
    return live;
  }

  /** A run that a journal tells of goes on where it stood. */
  #adopt({ run, snapshot, texts }: JournalledRun, parent: LiveRun["parent"]): LiveRun {
    const live = this.#add(run, snapshot, parent);
    for (const text of texts) void this.#parts.backend.blobs.put(live.index.namespace, live.index.uid, text);
    return live;
  }

  #world({ index }: LiveRun): ReturnType<ConstructorParameters<typeof LiveRun>[3]["world"]> {
    const depths = new Map<string, number>();
    for (const agent of this.#openTasks.values()) depths.set(agent, (depths.get(agent) ?? 0) + 1);
    return {
      suspended: index.snapshot.team?.suspend === true,
      isReady: () => true,
      registry: (ref) =>
        [...this.#prepared.agents.values()]
          .filter(
            ({ config, registryRef }) =>
              config.capabilities.length > 0 && (ref === undefined || registryRef === undefined || registryRef === ref),
          )
          .map(({ config }) => ({
            agent: config.agent,
            capabilities: config.capabilities,
            limits: config.limits,
            depth: depths.get(config.agent) ?? 0,
          })),
      rotation: this.#choices,
      chance: this.#parts.random(),
    };
  }

  #dispatched({ index }: LiveRun, task: Task): void {
    this.#openTasks.set(task.key, task.agent);
    if (index.steps.get(task.step)?.planned?.work.is === "lookup") this.#choices += 1;
  }

  async #startAgents(): Promise<void> {
    const { backend, clock, random, log, mcp, prices, redact, timings = LOCAL_TIMINGS } = this.#parts;
    const { objects, namespace, agents } = this.#prepared;
    for (const [name, agent] of agents) {
      const started = await startAgent(agent.config, {
        backend,
        clock,
        random,
        mcp,
        prices,
        timings,
        redact,
        log: log.with({ agent: name }),
        consumer: `local:${name}`,
        replicas: agent.replicas,
        egress: { allowLoopback: true },
        providerFor: (model, provider) => this.#parts.providerFor(model, provider),
        memory: await this.#parts.memoryFor(agent),
        readFile: async (path) => objects.secretFile(namespace, path),
        journal: (_, __, entry) => this.#write(entry),
      });
      this.#agents.push(started);
    }
  }

  /** Events of the queue to the runs that they are for. */
  async #listen(): Promise<void> {
    const { backend, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      while (!signal.aborted) {
        for (const event of await backend.control.events([this.#prepared.namespace], signal)) {
          if (event.type === "settled") this.#openTasks.delete(event.key);
          const run = this.#runs.get(event.runUID);
          if (run) run.hear(event);
          else await backend.control.forget([event]);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      log.error("the queue's events cannot be heard any more", { error });
      this.#settled.reject(error);
    }
  }

  #startChild(parent: LiveRun, order: ChildOrder): void {
    const known = this.#byName.get(order.name);
    if (known) return parent.hearChild(known);
    const link = { run: parent, step: order.step };
    const before = this.#parts.resume?.byName.get(order.name);
    const child = before ? this.#adopt(before, link) : this.#newChild(parent, order, link);
    if (child) child.start().catch((error: unknown) => this.#settled.reject(error));
  }

  #newChild(parent: LiveRun, order: ChildOrder, link: NonNullable<LiveRun["parent"]>): LiveRun | undefined {
    const { clock, random } = this.#parts;
    const team = this.#prepared.teams.get(order.team);
    if (!team) {
      parent.refuseChild(order.name, "TeamNotFound", `team "${order.team}" does not exist`);
      return undefined;
    }
    const input = childInputOf(team.inputs, order.input);
    const faults = checkRunInput(team, input);
    if (faults.length > 0) {
      parent.refuseChild(order.name, "InvalidInput", faults.map(({ path, message }) => `${path}: ${message}`).join("; "));
      return undefined;
    }
    const maxTokens =
      order.maxTokens === 0 ? team.maxTokens : team.maxTokens === 0 ? order.maxTokens : Math.min(team.maxTokens, order.maxTokens);
    const run = newRun(
      {
        name: order.name,
        uid: randomUid(random),
        namespace: this.#prepared.namespace,
        createdAt: new Date(clock.now()).toISOString(),
        parent: { name: parent.name, uid: parent.index.uid },
      },
      { team },
      input,
    );
    return this.#add(run, snapshotOf(this.#prepared, { ...team, maxTokens }), link);
  }

  /** People are asked one question at a time. */
  #requestApproval(run: LiveRun, request: ApprovalRequest): void {
    const id = `${run.name}/${request.step}/${request.iteration}/${request.attempt}`;
    this.#undecided.add(id);
    this.#asking = this.#asking.then(async () => {
      const decided = await this.#parts.approve(request, this.#stopping.signal);
      if (!decided) return this.#passed(run);
      this.#undecided.delete(id);
      const { step, iteration, attempt } = request;
      const approval = { step, iteration, attempt, ...decided, at: new Date(this.#parts.clock.now()).toISOString() };
      run.edit({ approvals: [...(run.index.run.spec.approvals ?? []), approval] });
      return undefined;
    });
    this.#asking.catch((error: unknown) => this.#settled.reject(error));
  }

  #passed(run: LiveRun): void {
    if (run.index.isTerminal) {
      run.parent?.run.hearChild(run);
      for (const id of this.#undecided) if (id.startsWith(`${run.name}/`)) this.#undecided.delete(id);
    }
    if (this.#root?.index.isTerminal === true) return this.#settled.resolve();
    if (this.#undecided.size === 0) return;
    // Asked, and nobody answers: the run stops here once nothing of it is under way.
    void this.#asking
      .catch(() => undefined)
      .then(() => {
        const isIdle = [...this.#runs.values()].every(
          ({ index }) => index.isTerminal || (index.flights.size === 0 && index.status.phase !== "Pending"),
        );
        if (this.#undecided.size > 0 && isIdle) this.#settled.resolve();
      });
  }

  /** An ended run hears what its cancelled tasks had spent. */
  async #lastWords(): Promise<void> {
    const isSilent = (): boolean => [...this.#runs.values()].every(({ index }) => !index.isTerminal || index.flights.size === 0);
    if (isSilent()) return;
    const { clock } = this.#parts;
    await Promise.all(this.#agents.map((agent) => agent.drain(0)));
    const endMs = clock.monotonic() + LAST_WORDS_MS;
    while (!isSilent() && clock.monotonic() < endMs) await clock.sleep(10);
  }

  #write(entry: JournalEntry): void {
    this.#seq += 1;
    this.#parts.journal({ seq: this.#seq, ...entry });
  }

  #outcome(root: LiveRun): LocalOutcome {
    const { status } = root.index;
    const reason = status.conditions?.find(({ type }) => type === "Ready")?.reason;
    const children = [...this.#runs.values()].filter((run) => run !== root).map(recordOf);
    const outcome = (): LocalOutcome["outcome"] => {
      switch (status.phase) {
        case "Succeeded":
          return "succeeded";
        case "Cancelled":
          return "cancelled";
        case "Failed":
          return reason === "TimedOut" ? "timedOut" : "failed";
        default:
          return "awaitingApproval";
      }
    };
    return { run: recordOf(root), children, output: root.output, outcome: outcome() };
  }
}

/** The record as it would be stored: nothing of it is shared with the engine any more. */
function recordOf({ index }: LiveRun): ArkRun {
  const record = { ...index.run, status: index.status } as unknown as JsonObject;
  return structuredClone(record) as unknown as ArkRun;
}
