// Clauses: how tasks come in and are handed out.
import assert from "node:assert/strict";
import type { Clause } from "./clause.ts";
import { inTime, patience, rejectionOf } from "./clause.ts";
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
  noEvents,
  type QueueWorld,
  queueOf,
} from "./queueWorld.ts";

const enqueued: readonly Clause<QueueWorld>[] = [
  clause("a task comes out as it went in, with nothing counted and nothing spent", async (open) => {
    const task = aTask(open, "t1", { outputSchema: "{}", feedback: "too long", chain: ["lead", "writer"], mayDelegate: ["reader"] });
    const claim = await aClaimOf(open, task);
    assert.deepEqual(claim.task, task);
    assert.deepEqual(claim.counters, { crashes: 0, errors: 0, throttled: 0 });
    assert.equal(claim.spent.totalTokens, 0);
    assert.equal(claim.consumer, "pod-a:1");
    assert.ok(claim.token.length >= 32, "a token of 128 bits");
  }),
  clause("telling a task twice is free: it is known, and runs once", async (open) => {
    const task = aTask(open);
    assert.equal(await open.backend.tasks.enqueue(task), "added");
    assert.equal(await open.backend.tasks.enqueue({ ...task, prompt: "something else" }), "known");
    assert.equal((await claimNow(open)).length, 1);
    assert.equal(await open.backend.tasks.enqueue(task), "known");
    await claimNone(open);
  }),
  clause("a task told by many at once is added by one", async (open) => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => open.backend.tasks.enqueue(aTask(open))));
    assert.deepEqual(answers.sort(), ["added", ...Array.from({ length: 9 }, () => "known")]);
    assert.equal((await claimNow(open)).length, 1);
  }),
  clause("a settled task stays known", async (open) => {
    const task = aTask(open);
    const claim = await aClaimOf(open, task);
    await open.backend.tasks.complete(claim, anAnswer(task));
    assert.equal(await open.backend.tasks.enqueue(task), "known");
    await open.backend.control.forget([await nextSettled(open)]);
    assert.equal(await open.backend.tasks.enqueue(task), "known");
    await claimNone(open);
  }),
  clause(
    "a settled and forgotten task is remembered against late duplicates for the time of a tombstone",
    async (open) => {
      const task = aTask(open);
      await open.backend.tasks.complete(await aClaimOf(open, task), anAnswer(task));
      await open.backend.control.forget([await nextSettled(open)]);
      await open.passMs(1_500);
      assert.equal(await open.backend.tasks.enqueue(task), "known");
      await open.passMs(1_000);
      assert.equal(await open.backend.tasks.enqueue(task), "added");
    },
    { tombstoneMs: 2_000 },
  ),
  clause(
    "a queue that is full refuses the next task and changes nothing; a known one stays known",
    async (open) => {
      const { tasks } = open.backend;
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push(await tasks.enqueue(aTask(open, `t${i}`), i === 2 ? 60_000 : 0));
      assert.deepEqual(answers, ["added", "added", "added", "full"]);
      const first = await claimOne(open);
      assert.equal(await tasks.enqueue(aTask(open, "t3")), "full", "running and delayed ones take their places too");
      assert.equal((await lookAt(open, aTask(open, "t3"))).state, "absent");
      assert.equal(await tasks.enqueue(aTask(open, "t0")), "known");
      assert.equal(await tasks.enqueue(aTask(open, "t3", { queue: queueOf(open, "reader") })), "added", "another queue has its own places");
      await tasks.complete(first, anAnswer(first.task));
      assert.equal(await tasks.enqueue(aTask(open, "t3")), "added");
    },
    { maxDepth: 3 },
  ),
  clause(
    "a task whose envelope is too long is refused with its size",
    async (open) => {
      const error = await rejectionOf(open.backend.tasks.enqueue(aTask(open, "t1", { prompt: "é".repeat(2_000) })));
      assert.ok(error instanceof RangeError);
      await claimNone(open);
    },
    { maxEnvelopeBytes: 4_000 },
  ),
  clause("a task for a queue of another namespace is refused", async (open) => {
    const error = await rejectionOf(open.backend.tasks.enqueue(aTask(open, "t1", { queue: `${open.namespace}2.news.writer` })));
    assert.ok(error instanceof RangeError);
  }),
  clause("names that JavaScript knows are names like any other", async (open) => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const task = aTask(open, name, { key: name, queue: queueOf(open, name) });
      assert.equal((await lookAt(open, task)).state, "absent");
      await open.backend.tasks.complete(await aClaimOf(open, task), anAnswer(task));
      assert.equal((await lookAt(open, task)).state, "done");
    }
  }),
];

const claimed: readonly Clause<QueueWorld>[] = [
  clause("a claim takes at most what it asks for", async (open) => {
    for (let i = 0; i < 5; i++) await open.backend.tasks.enqueue(aTask(open, `t${i}`));
    assert.equal((await claimNow(open, { max: 3 })).length, 3);
    assert.equal((await claimNow(open, { max: 3 })).length, 2);
    await claimNone(open);
  }),
  clause("no two claims hold the same task, nor the same token", async (open) => {
    for (let i = 0; i < 6; i++) await open.backend.tasks.enqueue(aTask(open, `t${i}`));
    const claims = (await Promise.all([1, 2, 3].map((i) => claimNow(open, { max: 2, consumer: `pod-${i}:1` })))).flat();
    assert.equal(new Set(claims.map(({ task }) => task.key)).size, 6);
    assert.equal(new Set(claims.map(({ token }) => token)).size, 6);
  }),
  clause("a claim of several queues serves them all", async (open) => {
    const queues = ["writer", "reader", "editor"].map((role) => queueOf(open, role));
    for (const queue of queues) for (let i = 0; i < 4; i++) await open.backend.tasks.enqueue(aTask(open, `t${i}`, { queue }));
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) seen.push((await claimOne(open, { queues })).task.queue);
    assert.equal(new Set(seen).size, 3, "none of them starves beside another");
  }),
  clause("a claim sees its own queues only", async (open) => {
    await open.backend.tasks.enqueue(aTask(open));
    await claimNone(open, { queues: [queueOf(open, "reader"), `${open.namespace}2.news.writer`, `${open.namespace}.news`] });
  }),
  clause("whoever waits is given a task as soon as it is there", async (open) => {
    const waiting = open.backend.tasks.claim(
      { queues: [queueOf(open)], consumer: "pod-a:1", max: 1, leaseMs: LEASE_MS, waitMs: 60_000 },
      patience(),
    );
    await open.backend.tasks.enqueue(aTask(open));
    assert.equal((await inTime(waiting, "the task"))[0]?.task.key, aTask(open).key);
  }),
  clause("many who wait get each a task of their own", async (open) => {
    const request = { queues: [queueOf(open, "reader"), queueOf(open)], max: 1, leaseMs: LEASE_MS, waitMs: 60_000 };
    const waiting = [1, 2, 3].map((i) => open.backend.tasks.claim({ ...request, consumer: `pod-${i}:1` }, patience()));
    for (let i = 0; i < 3; i++) await open.backend.tasks.enqueue(aTask(open, `t${i}`));
    const claims = (await inTime(Promise.all(waiting), "three tasks")).flat();
    assert.equal(new Set(claims.map(({ task }) => task.key)).size, 3);
  }),
  clause("a wait without work ends empty when its time is over", async (open) => {
    const waiting = open.backend.tasks.claim(
      { queues: [queueOf(open)], consumer: "pod-a:1", max: 1, leaseMs: LEASE_MS, waitMs: 500 },
      patience(),
    );
    await open.passMs(501);
    assert.deepEqual(await inTime(waiting, "the end of the wait"), []);
    await open.backend.tasks.enqueue(aTask(open));
    assert.equal((await claimNow(open)).length, 1, "nobody holds what came later");
  }),
  clause("an aborted claim rejects with the signal's reason and holds nothing", async (open) => {
    const reason = new Error("stop");
    const abort = new AbortController();
    const request = { queues: [queueOf(open)], consumer: "pod-a:1", max: 1, leaseMs: 60_000, waitMs: 60_000 };
    const waiting = rejectionOf(open.backend.tasks.claim(request, abort.signal));
    abort.abort(reason);
    assert.equal(await inTime(waiting, "an aborted claim"), reason);
    assert.equal(await rejectionOf(open.backend.tasks.claim(request, abort.signal)), reason, "aborted before it began");
    await open.backend.tasks.enqueue(aTask(open));
    assert.equal((await claimOne(open, { consumer: "pod-b:1" })).counters.crashes, 0);
  }),
  clause("a delayed task is handed out when it is due, and not before", async (open) => {
    await open.backend.tasks.enqueue(aTask(open), 1_000);
    assert.equal((await lookAt(open, aTask(open))).state, "delayed");
    await open.passMs(500);
    await claimNone(open);
    await open.passMs(600);
    await claimOne(open);
  }),
  clause("whoever waits is given a delayed task when it is due", async (open) => {
    await open.backend.tasks.enqueue(aTask(open), 500);
    const waiting = open.backend.tasks.claim(
      { queues: [queueOf(open)], consumer: "pod-a:1", max: 1, leaseMs: LEASE_MS, waitMs: 60_000 },
      patience(),
    );
    await open.passMs(510);
    assert.equal((await inTime(waiting, "the delayed task")).length, 1);
  }),
  clause("the depth says where the tasks of a queue are", async (open) => {
    const { tasks } = open.backend;
    assert.deepEqual(await tasks.depth(queueOf(open)), { undelivered: 0, pending: 0, delayed: 0 });
    for (let i = 0; i < 4; i++) await tasks.enqueue(aTask(open, `t${i}`));
    await tasks.enqueue(aTask(open, "later"), 60_000);
    const claims = await claimNow(open, { max: 3 });
    assert.deepEqual(await tasks.depth(queueOf(open)), { undelivered: 1, pending: 3, delayed: 1 });
    const [first, second, third] = claims;
    if (first) await tasks.complete(first, anAnswer(first.task));
    if (second) await tasks.fail(second, aFailure(), 60_000);
    if (third) await tasks.release(third, "draining", 0);
    assert.deepEqual(await tasks.depth(queueOf(open)), { undelivered: 2, pending: 0, delayed: 2 });
    assert.deepEqual(await tasks.depth(queueOf(open, "reader")), { undelivered: 0, pending: 0, delayed: 0 });
  }),
];

const deadlines: readonly Clause<QueueWorld>[] = [
  clause("a task whose deadline has passed is not handed out but expires, without a dead letter", async (open) => {
    const task = aTask(open, "t1", { deadlineMs: open.nowMs() + 500 });
    await open.backend.tasks.enqueue(task);
    await open.passMs(600);
    await claimNone(open);
    const event = await nextSettled(open);
    assert.equal(event.state, "expired");
    assert.equal(event.state === "expired" && event.failure.reason, "TimedOut");
    assert.equal((await lookAt(open, task)).state, "expired");
    assert.deepEqual(await open.backend.deadLetters.list(open.namespace, { limit: 10 }), []);
  }),
  clause("a task that comes back after its deadline expires", async (open) => {
    const claim = await aClaimOf(open, aTask(open, "t1", { deadlineMs: open.nowMs() + 500 }));
    assert.equal(await open.backend.tasks.fail(claim, aFailure(), 600), "retry");
    await open.passMs(700);
    await claimNone(open);
    const event = await nextSettled(open);
    assert.equal(event.state, "expired");
    assert.equal(event.state === "expired" && event.failure.usage.totalTokens, 3, "what it spent is told");
  }),
  clause("a task whose agent died expires when its deadline has passed meanwhile", async (open) => {
    await aClaimOf(open, aTask(open, "t1", { deadlineMs: open.nowMs() + 500 }));
    await open.passMs(LEASE_MS + 1);
    await claimNone(open);
    assert.equal((await nextSettled(open)).state, "expired");
  }),
  clause("before its deadline a task is handed out as any other", async (open) => {
    await aClaimOf(open, aTask(open, "t1", { deadlineMs: open.nowMs() + 60_000 }));
    await noEvents(open);
  }),
];

/** Clauses about enqueue, claim, depth and deadlines. */
export const queueDeliveryClauses: readonly Clause<QueueWorld>[] = [...enqueued, ...claimed, ...deadlines];
