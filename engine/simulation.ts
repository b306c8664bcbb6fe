// For tests: a run from beginning to end against a queue and agents in memory, with any disorder: results in any order, events twice, a
// crash before or after any action. What a driver has to do is here in its smallest form.
import type { ArkRun, JsonValue, RunSnapshot, RunStep } from "../crds/index.ts";
import type { QueueEvent, Task, TaskFailure, TaskKey, TaskLook } from "../plugins/sdk/index.ts";
import { awaitedTasks, settleLook } from "./look.ts";
import { openRun } from "./open.ts";
import { nextLookMs, plan } from "./plan.ts";
import type { RunIndex } from "./runIndex.ts";
import { type ChildView, settle, settleChild, supplyText } from "./settle.ts";
import { sha256Of } from "./text.ts";
import type { World } from "./world.ts";

/** What an agent makes of a task. */
export type Reply =
  | { readonly text: string; readonly tokens?: number; readonly costUSD?: string }
  | { readonly failure: string; readonly tokens?: number };

/** How a simulated run is disturbed. All choices come from `choose`, which yields a whole number below its argument. */
export interface Disorder {
  readonly choose: (below: number) => number;
  /** One action in so many is followed by a crash; 0: never. */
  readonly crashOneIn: number;
  /** One event in so many comes twice; 0: never. */
  readonly repeatOneIn: number;
}

/** Everything as it was asked for, once. */
export const IN_ORDER: Disorder = { choose: () => 0, crashOneIn: 0, repeatOneIn: 0 };

/** What a simulation is made of. */
export interface Scenario {
  readonly run: ArkRun;
  readonly snapshot: RunSnapshot;
  readonly reply: (task: Task) => Reply;
  readonly child?: (name: string, input: Readonly<Record<string, JsonValue>>) => Omit<ChildView, "name">;
  readonly decide?: (step: string, iteration: number, attempt: number) => "approve" | "reject" | undefined;
  readonly world?: Partial<World>;
  readonly carried?: readonly RunStep[];
}

/** Agents that are always there, and no registry. */
export const PLAIN_WORLD: World = { suspended: false, isReady: () => true, registry: () => [], rotation: 0, chance: 0 };

interface Queued {
  readonly task: Task;
  state: "queued" | "done" | "dead" | "cancelled";
  look: TaskLook;
}

/** A queue, a store and a clock, and one run in them. */
export class Simulation {
  readonly scenario: Scenario;
  readonly disorder: Disorder;
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  index: RunIndex;
  /** What the API server has. */
  stored: string;
  readonly queue = new Map<TaskKey, Queued>();
  readonly blobs = new Map<string, string>();
  readonly children = new Map<string, ChildView>();
  readonly dispatched: Task[] = [];
  /** Prompts by key: telling a task again must not change it. */
  readonly prompts = new Map<TaskKey, string>();
  readonly problems: string[] = [];
  /** Not heard yet, and heard but not forgotten: those come again after a crash. */
  events: QueueEvent[] = [];
  heard: QueueEvent[] = [];
  crashes = 0;
  #ids = 0;
  /** There is something to plan that no event announces. */
  #again = false;

  constructor(scenario: Scenario, disorder: Disorder = IN_ORDER) {
    this.scenario = scenario;
    this.disorder = disorder;
    this.stored = JSON.stringify(scenario.run);
    this.index = openRun(JSON.parse(this.stored) as ArkRun, scenario.snapshot, scenario.carried ?? []);
  }

  /** Drives the run until it ends or nothing is left to do. */
  drive(maxPasses = 2_000): RunIndex {
    for (let passes = 0; passes < maxPasses; passes++) {
      this.pass();
      if (this.index.isTerminal && this.events.length === 0) return this.index;
      if (this.#again) {
        this.#again = false; // a decision was made: the next pass reads it
        continue;
      }
      if (!this.#somethingHappens()) {
        const nextMs = nextLookMs(this.index);
        if (!Number.isFinite(nextMs)) return this.index;
        this.nowMs = Math.max(this.nowMs, nextMs);
      }
    }
    throw new Error("the run does not end");
  }

  /** Plans until nothing new follows by itself. */
  rest(): void {
    do {
      this.#again = false;
      this.pass();
    } while (this.#again);
  }

  /** settle is done; plan, write, perform. */
  pass(): void {
    for (;;) {
      const actions = plan(this.index, { ...PLAIN_WORLD, ...this.scenario.world }, this.nowMs);
      for (const { sha256, text } of this.index.texts.takeUnstored()) this.blobs.set(sha256, text);
      const status = JSON.stringify(this.index.status);
      this.stored = JSON.stringify({ ...this.index.run, status: JSON.parse(status) as unknown });
      for (const action of actions) {
        if (this.#crashesNow()) return;
        this.#perform(action);
      }
      if (this.#crashesNow()) return;
      const done = new Set(this.index.takeDone().map(({ id }) => id));
      this.heard = this.heard.filter(({ id }) => !done.has(id));
      const wanted = this.index.texts.wanted();
      if (wanted.length === 0) return;
      for (const sha256 of wanted) supplyText(this.index, sha256, this.blobs.get(sha256), this.nowMs);
    }
  }

  /** The process ends and starts anew from what is stored. */
  crash(): void {
    this.crashes += 1;
    this.#again = true;
    this.events.unshift(...this.heard.splice(0));
    this.index = openRun(JSON.parse(this.stored) as ArkRun, this.scenario.snapshot);
    if (this.disorder.choose(2) === 0) this.look();
  }

  /** Looks at everything that is awaited. */
  look(): void {
    for (const { key } of awaitedTasks(this.index))
      settleLook(this.index, key, this.queue.get(key)?.look ?? { state: "absent" }, this.nowMs);
  }

  /** Makes a task settle with what its agent says. */
  work(queued: Queued): void {
    const { task } = queued;
    const reply = this.scenario.reply(task);
    const usage = { inputTokens: reply.tokens ?? 1, outputTokens: 1, totalTokens: (reply.tokens ?? 1) + 1 };
    const header = {
      namespace: task.ns,
      key: task.key,
      run: task.run,
      runUID: task.runUID,
      counters: { crashes: 0, errors: 0, throttled: 0 },
    };
    if ("failure" in reply) {
      const failure: TaskFailure = { reason: reply.failure, message: "no", permanent: true, usage };
      [queued.state, queued.look] = ["dead", { state: "dead", failure }];
      this.emit({ ...header, id: this.nextId(), type: "settled", state: "dead", failure });
      return;
    }
    const long = Buffer.byteLength(reply.text) > 8 * 1024;
    const ref = long ? { bytes: Buffer.byteLength(reply.text), sha256: sha256Of(reply.text) } : undefined;
    if (ref !== undefined) this.blobs.set(ref.sha256, reply.text);
    const answer = ref === undefined ? { output: reply.text } : { outputRef: ref };
    const cost = reply.costUSD === undefined ? {} : { costUSD: reply.costUSD };
    const result = {
      key: task.key,
      ...answer,
      preview: reply.text.slice(0, 100),
      usage,
      ...cost,
      toolRounds: 0,
      stopReason: "end" as const,
      agent: task.agent,
    };
    [queued.state, queued.look] = ["done", { state: "done", result }];
    this.emit({ ...header, id: this.nextId(), type: "settled", state: "done", result });
  }

  /** Something for the run to hear. */
  emit(event: QueueEvent): void {
    this.events.push(event);
  }

  /** Ids as a store gives them. */
  nextId(): string {
    this.#ids += 1;
    return `e${this.#ids}`;
  }

  #somethingHappens(): boolean {
    const queued = [...this.queue.values()].filter(({ state }) => state === "queued");
    const running = [...this.children.values()].filter(({ name }) => this.index.children.has(name));
    const total = queued.length + this.events.length + running.length;
    if (total === 0) return false;
    this.nowMs += 10;
    const chosen = this.disorder.choose(total);
    const task = queued[chosen];
    const event = this.events[chosen - queued.length];
    const child = running[chosen - queued.length - this.events.length];
    if (task !== undefined) this.work(task);
    else if (event !== undefined) {
      this.events.splice(chosen - queued.length, 1);
      this.heard.push(event);
      settle(this.index, event, this.nowMs);
      if (this.#happensOneIn(this.disorder.repeatOneIn)) settle(this.index, event, this.nowMs);
    } else if (child !== undefined) settleChild(this.index, child, this.nowMs);
    return true;
  }

  #perform(action: ReturnType<typeof plan>[number]): void {
    switch (action.is) {
      case "dispatch": {
        const { task } = action;
        const known = this.prompts.get(task.key);
        if (known !== undefined && known !== task.prompt) this.problems.push(`${task.key} was told with two prompts`);
        this.prompts.set(task.key, task.prompt);
        if (this.queue.has(task.key)) return;
        this.#checkOrder(task);
        this.dispatched.push(task);
        this.queue.set(task.key, { task, state: "queued", look: { state: "queued" } });
        return;
      }
      case "startChild": {
        const { name, input } = action.child;
        const view = this.scenario.child?.(name, input);
        if (view !== undefined) this.children.set(name, { name, ...view });
        return;
      }
      case "cancelTask": {
        const queued = this.queue.get(action.key);
        if (queued?.state !== "queued") return;
        const failure: TaskFailure = {
          reason: "Cancelled",
          message: action.cause,
          permanent: true,
          usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
        };
        [queued.state, queued.look] = ["cancelled", { state: "cancelled", failure }];
        const { task } = queued;
        const header = {
          namespace: task.ns,
          key: task.key,
          run: task.run,
          runUID: task.runUID,
          counters: { crashes: 0, errors: 0, throttled: 0 },
        };
        this.emit({ ...header, id: this.nextId(), type: "settled", state: "cancelled", failure });
        return;
      }
      case "requestApproval": {
        const { step, iteration, attempt } = action.request;
        const decision = this.scenario.decide?.(step, iteration, attempt);
        if (decision === undefined) return;
        const spec = { ...this.index.run.spec };
        const known = spec.approvals ?? [];
        if (known.some((each) => each.step === step && each.iteration === iteration && each.attempt === attempt)) return;
        spec.approvals = [...known, { step, iteration, attempt, decision }];
        this.index.run = { ...this.index.run, spec };
        this.stored = JSON.stringify({ ...(JSON.parse(this.stored) as ArkRun), spec });
        this.nowMs += 1;
        this.#again = true;
        return;
      }
      case "cancelChild":
      case "finish":
        return;
    }
  }

  /** I6: no step starts before its dependencies have ended. */
  #checkOrder(task: Task): void {
    const state = this.index.steps.get(task.step);
    for (const name of state?.planned?.step.dependsOn ?? []) {
      const phase = this.index.steps.get(name)?.entry.phase;
      if (phase !== "Succeeded" && phase !== "Skipped" && phase !== "Failed")
        this.problems.push(`${task.step} started before ${name} had ended`);
    }
  }

  #crashesNow(): boolean {
    if (!this.#happensOneIn(this.disorder.crashOneIn)) return false;
    this.crash();
    return true;
  }

  #happensOneIn(count: number): boolean {
    return count > 0 && this.disorder.choose(count) === 0;
  }
}
