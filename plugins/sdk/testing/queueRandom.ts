// One clause: a thousand operations in any order, against a model that is too simple to be wrong. The model knows a task's state and
// counters and when its lease ends or it is due; it is asked first, and the queue has to say the same. Times are far apart, so that a
// queue with a real clock agrees too: a lease is either fresh or long over.
import assert from "node:assert/strict";
import type { Claim, QueueEvent, Task } from "../index.ts";
import { type Clause, inTime, seededRandom } from "./clause.ts";
import { aFailure, anAnswer, aTask, claimNow, clause, LEASE_MS, type OpenQueue, type QueueWorld } from "./queueWorld.ts";

const OPERATIONS = 1_000;
const TASKS = 40;
const RETRIES = 2;
/** Longer than every lease and delay. */
const LONG_MS = 2 * LEASE_MS;
const DELAY_MS = LEASE_MS / 2;

interface ModelTask {
  readonly task: Task;
  state: "absent" | "queued" | "delayed" | "running" | "lapsed" | "done" | "dead" | "cancelled";
  crashes: number;
  errors: number;
  throttled: number;
  spent: number;
  isCancelled: boolean;
  claim: Claim | undefined;
}

type Choice = (model: Model) => Promise<void>;

/** What should be, beside what is. */
class Model {
  readonly open: OpenQueue;
  readonly random: () => number;
  readonly tasks: ModelTask[];
  /** Claims that were ever given: most of them are over. */
  readonly claims: Claim[] = [];
  /** Keys in the order in which they were settled. */
  readonly settled: string[] = [];
  readonly heard: QueueEvent[] = [];

  constructor(open: OpenQueue, seed: number) {
    this.open = open;
    this.random = seededRandom(seed);
    this.tasks = Array.from({ length: TASKS }, (_, i) => ({
      task: aTask(open, `t${i}`, { retries: RETRIES }),
      state: "absent",
      crashes: 0,
      errors: 0,
      throttled: 0,
      spent: 0,
      isCancelled: false,
      claim: undefined,
    }));
  }

  pick<T>(from: readonly T[]): T {
    const one = from[Math.floor(this.random() * from.length)];
    return one ?? assert.fail("nothing to pick from");
  }

  settle(task: ModelTask, state: "done" | "dead" | "cancelled"): void {
    task.state = state;
    task.claim = undefined;
    this.settled.push(task.task.key);
  }

  /** The task of a claim, while the claim is good. */
  holder(claim: Claim): ModelTask | undefined {
    return this.tasks.find((task) => task.claim?.token === claim.token && (task.state === "running" || task.state === "lapsed"));
  }
}

/** Half of them good, half long over. */
function aClaim(model: Model): Claim | undefined {
  const good = model.tasks.flatMap(({ claim }) => claim ?? []);
  if (good.length > 0 && model.random() < 0.7) return model.pick(good);
  return model.claims.length > 0 ? model.pick(model.claims) : undefined;
}

async function enqueue(model: Model): Promise<void> {
  const task = model.pick(model.tasks);
  const delayMs = model.random() < 0.3 ? DELAY_MS : 0;
  const want = task.state === "absent" ? "added" : "known";
  assert.equal(await model.open.backend.tasks.enqueue(task.task, delayMs), want);
  if (want === "added") task.state = delayMs > 0 ? "delayed" : "queued";
}

/** Takes all there is, so that what is handed out does not depend on an order that nobody promises. */
async function claim(model: Model): Promise<void> {
  const want: string[] = [];
  for (const task of model.tasks) {
    if (task.state !== "queued" && task.state !== "lapsed") continue;
    if (task.state === "lapsed") task.crashes++;
    if (task.crashes < model.open.limits.maxCrashes) want.push(task.task.key);
    else model.settle(task, "dead");
  }
  const claims = await claimNow(model.open, { max: TASKS + 1 });
  assert.deepEqual(claims.map(({ task }) => task.key).sort(), want.sort());
  for (const given of claims) {
    const task = model.tasks.find(({ task: { key } }) => key === given.task.key) ?? assert.fail("a task that nobody enqueued");
    assert.deepEqual(given.counters, { crashes: task.crashes, errors: task.errors, throttled: task.throttled });
    assert.equal(given.spent.totalTokens, task.spent);
    task.state = "running";
    task.claim = given;
    model.claims.push(given);
  }
}

async function extend(model: Model): Promise<void> {
  const given = aClaim(model);
  if (given === undefined) return;
  const task = model.holder(given);
  const want = task === undefined ? "fenced" : task.isCancelled ? "cancel" : "ok";
  assert.equal(await model.open.backend.tasks.extend(given, LEASE_MS), want);
  if (task !== undefined) task.state = "running";
}

async function complete(model: Model): Promise<void> {
  const given = aClaim(model);
  if (given === undefined) return;
  const task = model.holder(given);
  assert.equal(
    await model.open.backend.tasks.complete(given, anAnswer(given.task, given.token, 1)),
    task === undefined ? "fenced" : "recorded",
  );
  if (task === undefined) return;
  task.spent += 1;
  model.settle(task, "done");
}

async function fail(model: Model): Promise<void> {
  const given = aClaim(model);
  if (given === undefined) return;
  const task = model.holder(given);
  const permanent = model.random() < 0.2;
  const delayMs = model.random() < 0.5 ? DELAY_MS : 0;
  const isLast = task !== undefined && (permanent || task.errors + 1 > RETRIES);
  const want = task === undefined ? "fenced" : task.isCancelled ? "cancelled" : isLast ? "dead" : "retry";
  assert.equal(await model.open.backend.tasks.fail(given, aFailure({ permanent }), delayMs), want);
  if (task === undefined) return;
  task.spent += 3;
  if (task.isCancelled) return model.settle(task, "cancelled");
  task.errors++;
  if (isLast) return model.settle(task, "dead");
  task.claim = undefined;
  task.state = delayMs > 0 ? "delayed" : "queued";
}

async function release(model: Model): Promise<void> {
  const given = aClaim(model);
  if (given === undefined) return;
  const task = model.holder(given);
  const cause = model.pick(["throttled", "draining", "surplus", "version"] as const);
  const delayMs = model.random() < 0.5 ? DELAY_MS : 0;
  const want = task === undefined ? "fenced" : task.isCancelled ? "cancelled" : "queued";
  assert.equal(await model.open.backend.tasks.release(given, cause, delayMs), want);
  if (task === undefined) return;
  if (task.isCancelled) return model.settle(task, "cancelled");
  if (cause === "throttled") task.throttled++;
  task.claim = undefined;
  task.state = delayMs > 0 ? "delayed" : "queued";
}

async function cancel(model: Model): Promise<void> {
  const task = model.pick(model.tasks);
  if (task.state === "absent") return;
  const isWaiting = task.state === "queued" || task.state === "delayed" || task.state === "lapsed";
  const want = isWaiting ? "removed" : task.state === "running" ? "asked" : "known";
  assert.equal(await model.open.backend.control.cancel(task.task.key, "not wanted", task.task.queue), want);
  if (isWaiting) model.settle(task, "cancelled");
  else if (task.state === "running") task.isCancelled = true;
}

/** Every lease ends and everything delayed is due. */
async function pass(model: Model): Promise<void> {
  await model.open.passMs(LONG_MS);
  for (const task of model.tasks) {
    if (task.state === "delayed") task.state = "queued";
    if (task.state === "running") task.state = "lapsed";
  }
  // A cancelled task whose agent died is settled by its lease or by the next claim, whichever the queue has.
  await claim(afterCancelled(model));
}

function afterCancelled(model: Model): Model {
  for (const task of model.tasks) if (task.state === "lapsed" && task.isCancelled) model.settle(task, "cancelled");
  return model;
}

async function look(model: Model): Promise<void> {
  const looks = await model.open.backend.control.look(model.tasks.map(({ task: { key, queue } }) => ({ key, queue })));
  assert.deepEqual(
    looks.map(({ state }) => state),
    model.tasks.map(({ state }) => (state === "lapsed" ? "running" : state)),
  );
}

async function depth(model: Model): Promise<void> {
  const count = (...states: ModelTask["state"][]): number => model.tasks.filter(({ state }) => states.includes(state)).length;
  const want = { undelivered: count("queued"), pending: count("running", "lapsed"), delayed: count("delayed") };
  assert.deepEqual(await model.open.backend.tasks.depth(aTask(model.open).queue), want);
}

/** Half of the events are forgotten, so that records and tombstones mix. */
async function hear(model: Model): Promise<void> {
  if (model.settled.length === model.heard.length) return;
  const events = await inTime(model.open.backend.control.events([model.open.namespace], new AbortController().signal), "an event");
  for (const event of events) {
    assert.equal(event.type, "settled");
    const task = model.tasks.find(({ task: { key } }) => key === event.key);
    assert.equal(event.type === "settled" && event.state, task?.state);
    const usage = event.type === "settled" ? (event.state === "done" ? event.result.usage : event.failure.usage) : undefined;
    assert.equal(usage?.totalTokens, task?.spent, "all deliveries together");
    model.heard.push(event);
  }
}

const CHOICES: readonly Choice[] = [
  enqueue,
  enqueue,
  enqueue,
  claim,
  claim,
  extend,
  complete,
  fail,
  fail,
  release,
  release,
  cancel,
  pass,
  look,
  depth,
  hear,
];

/** The clause of a thousand operations. */
export const queueRandomClauses: readonly Clause<QueueWorld>[] = [1, 2, 3].map((seed) =>
  clause(
    `a thousand operations in any order: each task ends once, as the rules say (seed ${seed})`,
    async (open) => {
      const model = new Model(open, seed);
      const done: string[] = [];
      for (let i = 0; i < OPERATIONS; i++) {
        const choice = model.pick(CHOICES);
        done.push(choice.name);
        try {
          await choice(model);
        } catch (error) {
          throw new Error(`operation ${i}, after ${done.slice(-8).join(", ")}`, { cause: error });
        }
      }
      while (model.heard.length < model.settled.length) await hear(model);
      assert.deepEqual(model.heard.map(({ key }) => key).sort(), [...model.settled].sort(), "one event for each task that ended");
      assert.equal(new Set(model.settled).size, model.settled.length, "no task ended twice");
      const dead = model.tasks.filter(({ state }) => state === "dead").map(({ task }) => task.key);
      const letters = await open.backend.deadLetters.list(open.namespace, { limit: 1_000 });
      assert.deepEqual(letters.map(({ key }) => key).sort(), dead.sort(), "one letter for each dead task (I5)");
    },
    { redeliverMs: 100 * OPERATIONS * LONG_MS },
  ),
);
