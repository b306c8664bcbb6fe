// Clauses: dead letters, what goes with a run, and reports of agents.
import assert from "node:assert/strict";
import type { AgentReport } from "../index.ts";
import type { Clause } from "./clause.ts";
import {
  aClaimOf,
  aFailure,
  anAnswer,
  aTask,
  claimNone,
  claimNow,
  claimOne,
  clause,
  LEASE_MS,
  lookAt,
  nextSettled,
  type OpenQueue,
  type QueueWorld,
  queueOf,
} from "./queueWorld.ts";

/** A task that dies at once. */
async function aLetter(open: OpenQueue, name: string, role = "writer"): Promise<void> {
  const task = aTask(open, name, { queue: queueOf(open, role), role, prompt: `the prompt of ${name}` });
  assert.equal(await open.backend.tasks.fail(await aClaimOf(open, task), aFailure({ permanent: true, message: `no ${name}` }), 0), "dead");
}

const letters: readonly Clause<QueueWorld>[] = [
  clause("a dead letter holds what is needed to understand it", async (open) => {
    const before = open.nowMs();
    await open.backend.tasks.fail(await aClaimOf(open), aFailure(), 0);
    await open.passMs(50);
    await open.backend.tasks.fail(await claimOne(open, { consumer: "pod-b:1" }), aFailure({ permanent: true, message: "for good" }), 0);
    const [letter] = await open.backend.deadLetters.list(open.namespace, { limit: 10 });
    assert.ok(letter);
    const { key, queue } = aTask(open);
    assert.deepEqual([letter.key, letter.queue, letter.reason, letter.consumer], [key, queue, "Permanent", "pod-b:1"]);
    assert.match(letter.message, /for good/);
    assert.deepEqual(letter.counters, { crashes: 0, errors: 2, throttled: 0 });
    assert.ok(letter.firstAtMs >= before - 1_000 && letter.lastAtMs >= letter.firstAtMs + 50, "first and last");
    assert.deepEqual(letter.env, aTask(open));
    assert.deepEqual(await open.backend.deadLetters.read(open.namespace, letter.id), letter);
  }),
  clause("dead letters are listed oldest first, by queue, a page at a time", async (open) => {
    const { deadLetters } = open.backend;
    for (const [name, role] of [["t1"], ["t2", "reader"], ["t3"], ["t4"]] as const) await aLetter(open, name, role);
    const list = async (options: Parameters<typeof deadLetters.list>[1], namespace = open.namespace) =>
      (await deadLetters.list(namespace, options)).map(({ env }) => env?.step);
    assert.deepEqual(await list({ limit: 10 }), ["t1", "t2", "t3", "t4"]);
    assert.deepEqual(await list({ limit: 10, queue: queueOf(open) }), ["t1", "t3", "t4"]);
    assert.deepEqual(await list({ limit: 2 }), ["t1", "t2"]);
    const [, second] = await deadLetters.list(open.namespace, { limit: 2 });
    assert.ok(second);
    assert.deepEqual(await list({ limit: 1, after: second.id }), ["t3"]);
    await deadLetters.drop(open.namespace, second.id);
    assert.deepEqual(await list({ limit: 10, after: second.id }), ["t3", "t4"], "also when the last one seen was dropped");
    assert.deepEqual(await list({ limit: 10 }, `${open.namespace}2`), []);
    assert.deepEqual(await list({ limit: 10, queue: queueOf(open) }, `${open.namespace}2`), []);
  }),
  clause("a dropped letter is gone; the task stays dead", async (open) => {
    const { deadLetters } = open.backend;
    await aLetter(open, "t1");
    const [letter] = await deadLetters.list(open.namespace, { limit: 10 });
    assert.ok(letter);
    assert.equal(await deadLetters.read(`${open.namespace}2`, letter.id), undefined, "not for another namespace");
    assert.equal(await deadLetters.drop(`${open.namespace}2`, letter.id), false);
    assert.equal(await deadLetters.drop(open.namespace, letter.id), true);
    assert.equal(await deadLetters.drop(open.namespace, letter.id), false);
    assert.equal(await deadLetters.read(open.namespace, letter.id), undefined);
    assert.equal((await lookAt(open, aTask(open))).state, "dead");
  }),
  clause(
    "beyond the most letters of a queue the oldest go",
    async (open) => {
      for (let i = 0; i < 5; i++) await aLetter(open, `t${i}`);
      await aLetter(open, "other", "reader");
      const steps = (await open.backend.deadLetters.list(open.namespace, { limit: 10 })).map(({ env }) => env?.step);
      assert.deepEqual(steps, ["t2", "t3", "t4", "other"]);
    },
    { maxDeadLetters: 3 },
  ),
  clause(
    "a long prompt is cut in the letter, at a whole character",
    async (open) => {
      const task = aTask(open, "t1", { prompt: `a${"é".repeat(500)}` });
      await open.backend.tasks.fail(await aClaimOf(open, task), aFailure({ permanent: true }), 0);
      const [letter] = await open.backend.deadLetters.list(open.namespace, { limit: 10 });
      assert.equal(letter?.env?.prompt, `a${"é".repeat(49)}`);
    },
    { maxLetterPromptBytes: 100 },
  ),
  clause("a long message is cut, in the letter and in the event", async (open) => {
    await open.backend.tasks.fail(await aClaimOf(open), aFailure({ permanent: true, message: "é".repeat(5_000) }), 0);
    const event = await nextSettled(open);
    const [letter] = await open.backend.deadLetters.list(open.namespace, { limit: 10 });
    for (const message of [event.state === "dead" ? event.failure.message : "", letter?.message ?? ""]) {
      assert.ok(Buffer.byteLength(message) <= open.limits.maxMessageBytes && message.length > 100, `${message.length} characters`);
    }
  }),
];

const runs: readonly Clause<QueueWorld>[] = [
  clause("everything of a run goes with it, and nothing of another", async (open) => {
    const { tasks, blobs, deadLetters } = open.backend;
    const other = aTask(open, "t9", { runUID: "uid-2", key: "uid-2/t9/1/1" });
    await aLetter(open, "t1");
    const held = await aClaimOf(open, aTask(open, "t2"));
    await tasks.enqueue(aTask(open, "t3"));
    await tasks.enqueue(aTask(open, "t4"), 500);
    await tasks.enqueue(other);
    await blobs.drop(open.namespace, "uid-1");
    assert.deepEqual(await deadLetters.list(open.namespace, { limit: 10 }), []);
    assert.equal(await tasks.extend(held, LEASE_MS), "fenced");
    assert.equal(await tasks.complete(held, anAnswer(held.task)), "fenced");
    await open.passMs(LEASE_MS + 1);
    assert.deepEqual(
      (await claimNow(open)).map(({ task }) => task.key),
      [other.key],
    );
    for (const name of ["t1", "t2", "t3", "t4"]) assert.equal(await tasks.enqueue(aTask(open, name)), "known");
    await claimNone(open);
  }),
  clause("a run that is dropped twice, or was never there, is gone", async (open) => {
    await open.backend.blobs.drop(open.namespace, "uid-1");
    await open.backend.blobs.drop(open.namespace, "uid-1");
  }),
];

function aReport(pod: string, change: Partial<AgentReport> = {}): AgentReport {
  return { pod, ready: true, mcp: [], plugins: [], freeSlots: 2, atMs: 1, ...change };
}

const reports: readonly Clause<QueueWorld>[] = [
  clause("reports of agents are listed by pod, the last of each", async (open) => {
    const { agents } = open.backend;
    assert.deepEqual(await agents.list(open.namespace, "writer"), []);
    await agents.report(open.namespace, "writer", aReport("pod-b"));
    await agents.report(open.namespace, "writer", aReport("pod-a", { ready: false }));
    await agents.report(open.namespace, "writer", aReport("pod-b", { freeSlots: 1 }));
    assert.deepEqual(await agents.list(open.namespace, "writer"), [aReport("pod-a", { ready: false }), aReport("pod-b", { freeSlots: 1 })]);
    assert.deepEqual(await agents.list(open.namespace, "reader"), []);
    assert.deepEqual(await agents.list(`${open.namespace}2`, "writer"), []);
  }),
  clause(
    "a report that is too old does not count",
    async (open) => {
      const { agents } = open.backend;
      await agents.report(open.namespace, "writer", aReport("pod-a"));
      await open.passMs(600);
      await agents.report(open.namespace, "writer", aReport("pod-b"));
      await open.passMs(600);
      assert.deepEqual(
        (await agents.list(open.namespace, "writer")).map(({ pod }) => pod),
        ["pod-b"],
      );
    },
    { reportMs: 1_000 },
  ),
];

/** Clauses about dead letters, dropping a run, and reports. */
export const queueLetterClauses: readonly Clause<QueueWorld>[] = [...letters, ...runs, ...reports];
