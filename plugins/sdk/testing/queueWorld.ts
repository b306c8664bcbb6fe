// Where the clauses of a queue are tried out, and the words in which they are written.
import assert from "node:assert/strict";
import type {
  Claim,
  ClaimRequest,
  QueueBackend,
  QueueEvent,
  QueueLimits,
  QueueName,
  Task,
  TaskFailure,
  TaskLook,
  TaskResult,
  Usage,
} from "../index.ts";
import { type Clause, inTime, patience } from "./clause.ts";

/** An empty queue with a namespace of its own. */
export interface OpenQueue {
  readonly backend: QueueBackend;
  readonly namespace: string;
  readonly limits: QueueLimits;
  /** The time of the queue now, in ms since the epoch: deadlines are told in it. */
  nowMs(): number;
  /** Moves the queue's time, or lets it pass. */
  passMs(ms: number): Promise<void>;
  close?(): Promise<void>;
}

/** Makes queues; `limits` are smaller ones than usual, so that a clause need not wait an hour or fill ten thousand places. */
export interface QueueWorld {
  open(limits?: Partial<QueueLimits>): Promise<OpenQueue>;
}

/** The leases of the clauses: short, so that a queue with a real clock can be tried too. */
export const LEASE_MS = 1_000;

/** A clause that gets an empty queue of its own, and sees it closed. */
export function clause(name: string, check: (queue: OpenQueue) => Promise<void>, limits: Partial<QueueLimits> = {}): Clause<QueueWorld> {
  return {
    name,
    async check(world) {
      const open = await world.open(limits);
      try {
        await check(open);
      } finally {
        await open.backend.tasks.close();
        await open.close?.();
      }
    },
  };
}

/** The queue of a role of team "news". */
export function queueOf({ namespace }: OpenQueue, role = "writer"): QueueName {
  return `${namespace}.news.${role}`;
}

/** A task that nothing is special about; `name` is its step. */
export function aTask(open: OpenQueue, name = "t1", change: Partial<Task> = {}): Task {
  return {
    v: 1,
    key: `uid-1/${name}/1/1`,
    kind: "step",
    queue: queueOf(open),
    ns: open.namespace,
    team: "news",
    role: "writer",
    agent: "news-writer",
    run: "news-1",
    runUID: "uid-1",
    step: name,
    iteration: 1,
    attempt: 1,
    prompt: `Write ${name}: Grüße, 你好`,
    limits: { timeoutMs: 60_000, maxTokensPerCall: 1_000, runMaxTokens: 0, maxToolRounds: 50 },
    retries: 3,
    deadlineMs: 0,
    depth: 0,
    chain: ["writer"],
    mayDelegate: [],
    dispatchedAtMs: 1,
    ...change,
  };
}

/** Tokens, all of them output. */
export function used(totalTokens: number): Usage {
  return { inputTokens: 0, outputTokens: totalTokens, totalTokens };
}

/** An answer to a task. */
export function anAnswer(task: Pick<Task, "key">, output = "done", tokens = 7): TaskResult {
  return { key: task.key, output, preview: output, usage: used(tokens), toolRounds: 0, stopReason: "end", agent: "news-writer" };
}

/** A task's own no. */
export function aFailure(change: Partial<TaskFailure> = {}): TaskFailure {
  return { reason: "TaskTimedOut", message: "it took too long", permanent: false, usage: used(3), ...change };
}

/** Takes what there is now, and waits for nothing. */
export function claimNow(open: OpenQueue, change: Partial<ClaimRequest> = {}): Promise<readonly Claim[]> {
  const request = { queues: [queueOf(open)], consumer: "pod-a:1", max: 10, leaseMs: LEASE_MS, waitMs: 0, ...change };
  return inTime(open.backend.tasks.claim(request, patience()), "a claim that does not wait");
}

/** Takes one task that is there, or is about to be. */
export async function claimOne(open: OpenQueue, change: Partial<ClaimRequest> = {}): Promise<Claim> {
  const [claim] = await claimNow(open, { max: 1, waitMs: 8_000, ...change });
  return claim ?? assert.fail("there should be a task to claim");
}

/** Nothing can be claimed now. */
export async function claimNone(open: OpenQueue, change: Partial<ClaimRequest> = {}): Promise<void> {
  assert.deepEqual(
    (await claimNow(open, change)).map(({ task }) => task.key),
    [],
  );
}

/** Puts a task in, and takes it out. */
export async function aClaimOf(open: OpenQueue, task: Task = aTask(open)): Promise<Claim> {
  assert.equal(await open.backend.tasks.enqueue(task), "added");
  return claimOne(open, { queues: [task.queue] });
}

/** The state of one task. */
export async function lookAt(open: OpenQueue, { key, queue }: Pick<Task, "key" | "queue">): Promise<TaskLook> {
  const [look] = await open.backend.control.look([{ key, queue }]);
  return look ?? assert.fail("every key gets an answer");
}

/** The next `count` events, in order. */
export async function nextEvents(open: OpenQueue, count = 1): Promise<QueueEvent[]> {
  const events: QueueEvent[] = [];
  const signal = patience();
  while (events.length < count)
    events.push(...(await inTime(open.backend.control.events([open.namespace], signal), `event ${events.length + 1} of ${count}`)));
  assert.equal(events.length, count, `one event too many: ${JSON.stringify(events.at(-1))}`);
  return events;
}

/** The next event, which is that a task is settled. */
export async function nextSettled(open: OpenQueue): Promise<Extract<QueueEvent, { type: "settled" }>> {
  const [event] = await nextEvents(open);
  return event?.type === "settled" ? event : assert.fail(`it should have been settled: ${JSON.stringify(event)}`);
}

/** No event is waiting. */
export async function noEvents(open: OpenQueue): Promise<void> {
  const abort = new AbortController();
  const events = open.backend.control.events([open.namespace], abort.signal).catch(() => []);
  await open.passMs(10);
  abort.abort();
  assert.deepEqual(await inTime(events, "an aborted wait for events"), []);
}
