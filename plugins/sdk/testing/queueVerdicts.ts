// Clauses: leases, and the ways in which a delivery ends.
import assert from "node:assert/strict";
import type { Claim, ReleaseCause } from "../index.ts";
import { type Clause, inTime, patience } from "./clause.ts";
import {
  aClaimOf,
  aFailure,
  anAnswer,
  aTask,
  claimNone,
  claimOne,
  clause,
  LEASE_MS,
  lookAt,
  nextSettled,
  noEvents,
  type OpenQueue,
  type QueueWorld,
  queueOf,
  used,
} from "./queueWorld.ts";

const PASSED_MS = LEASE_MS + 1;

/** Every way to use a claim. */
const USES: Readonly<Record<string, (open: OpenQueue, claim: Claim) => Promise<string>>> = {
  extend: ({ backend }, claim) => backend.tasks.extend(claim, LEASE_MS),
  "extend that says it waits": ({ backend }, claim) => backend.tasks.extend(claim, LEASE_MS, { reason: "Throttled", sinceMs: 1 }),
  complete: ({ backend }, claim) => backend.tasks.complete(claim, anAnswer(claim.task, "too late")),
  fail: ({ backend }, claim) => backend.tasks.fail(claim, aFailure(), 0),
  "fail for good": ({ backend }, claim) => backend.tasks.fail(claim, aFailure({ permanent: true }), 0),
  "release as throttled": ({ backend }, claim) => backend.tasks.release(claim, "throttled", 0),
  "release when draining": ({ backend }, claim) => backend.tasks.release(claim, "draining", 0),
};

/** How a claim may have ended. */
const ENDS: Readonly<Record<string, (open: OpenQueue, claim: Claim) => Promise<unknown>>> = {
  "it was completed": ({ backend }, claim) => backend.tasks.complete(claim, anAnswer(claim.task)),
  "it failed and will come back": ({ backend }, claim) => backend.tasks.fail(claim, aFailure(), 60_000),
  "it failed for good": ({ backend }, claim) => backend.tasks.fail(claim, aFailure({ permanent: true }), 0),
  "it was given back": ({ backend }, claim) => backend.tasks.release(claim, "draining", 60_000),
};

const leases: readonly Clause<QueueWorld>[] = [
  clause("a task is nobody else's while its lease lasts", async (open) => {
    await aClaimOf(open);
    await open.passMs(LEASE_MS / 2);
    await claimNone(open, { consumer: "pod-b:1" });
    assert.equal((await lookAt(open, aTask(open))).state, "running");
  }),
  clause("a lease that is extended does not end", async (open) => {
    const claim = await aClaimOf(open);
    for (let i = 0; i < 4; i++) {
      await open.passMs(LEASE_MS / 2);
      assert.equal(await open.backend.tasks.extend(claim, LEASE_MS), "ok");
      await claimNone(open, { consumer: "pod-b:1" });
    }
    assert.equal(await open.backend.tasks.complete(claim, anAnswer(claim.task)), "recorded");
  }),
  clause("a task whose lease is over goes to somebody else, and the delivery counts as a crash", async (open) => {
    const late = await aClaimOf(open);
    await open.passMs(PASSED_MS);
    const owner = await claimOne(open, { consumer: "pod-b:1" });
    assert.equal(owner.task.key, late.task.key);
    assert.notEqual(owner.token, late.token);
    assert.deepEqual(owner.counters, { crashes: 1, errors: 0, throttled: 0 });
  }),
  clause("whoever waits is given a task whose lease ends", async (open) => {
    await aClaimOf(open);
    const request = { queues: [queueOf(open)], consumer: "pod-b:1", max: 1, leaseMs: LEASE_MS, waitMs: 60_000 };
    const waiting = open.backend.tasks.claim(request, patience());
    await open.passMs(PASSED_MS);
    assert.equal((await inTime(waiting, "the task of the dead"))[0]?.counters.crashes, 1);
  }),
  ...Object.entries(USES).map(([use, tell]) =>
    clause(`after the lease has passed to another, ${use} answers "fenced" and changes nothing`, async (open) => {
      const late = await aClaimOf(open);
      await open.passMs(PASSED_MS);
      const owner = await claimOne(open, { consumer: "pod-b:1" });
      assert.equal(await tell(open, late), "fenced");
      await noEvents(open);
      assert.deepEqual(await open.backend.tasks.depth(owner.task.queue), { undelivered: 0, pending: 1, delayed: 0 });
      assert.equal(await open.backend.tasks.complete(owner, anAnswer(owner.task, "in time")), "recorded");
      const event = await nextSettled(open);
      assert.equal(event.state === "done" && event.result.output, "in time");
      assert.deepEqual(event.counters, { crashes: 1, errors: 0, throttled: 0 });
    }),
  ),
  clause("the same pod that claims its own task again is another owner", async (open) => {
    const late = await aClaimOf(open);
    await open.passMs(PASSED_MS);
    await claimOne(open);
    assert.equal(await open.backend.tasks.complete(late, anAnswer(late.task)), "fenced");
  }),
  clause("a lease that is over, but that nobody has taken, can be extended", async (open) => {
    const claim = await aClaimOf(open);
    await open.passMs(PASSED_MS);
    assert.equal(await open.backend.tasks.extend(claim, LEASE_MS), "ok");
    await claimNone(open, { consumer: "pod-b:1" });
    assert.equal(await open.backend.tasks.complete(claim, anAnswer(claim.task)), "recorded");
  }),
  clause("a result that comes after the lease, but before anybody took the task, is recorded", async (open) => {
    const claim = await aClaimOf(open);
    await open.passMs(PASSED_MS);
    assert.equal(await open.backend.tasks.complete(claim, anAnswer(claim.task)), "recorded");
    await claimNone(open, { consumer: "pod-b:1" });
  }),
  clause("a token that was never given is fenced", async (open) => {
    const claim = await aClaimOf(open);
    const forged = { ...claim, token: "0".repeat(claim.token.length) };
    for (const [use, tell] of Object.entries(USES)) assert.equal(await tell(open, forged), "fenced", use);
    const other = { ...claim, task: aTask(open, "another") };
    for (const [use, tell] of Object.entries(USES)) assert.equal(await tell(open, other), "fenced", use);
    assert.equal(await open.backend.tasks.extend(claim, LEASE_MS), "ok");
  }),
  clause("a task that kills its agents three times is poison: a dead letter, no fourth delivery (P16)", async (open) => {
    await aClaimOf(open);
    for (const crashes of [1, 2]) {
      await open.passMs(PASSED_MS);
      assert.equal((await claimOne(open)).counters.crashes, crashes);
    }
    await open.passMs(PASSED_MS);
    await claimNone(open);
    const event = await nextSettled(open);
    assert.equal(event.state, "dead");
    assert.equal(event.state === "dead" && event.failure.reason, "Poison");
    assert.deepEqual(event.counters, { crashes: 3, errors: 0, throttled: 0 });
    const [letter] = await open.backend.deadLetters.list(open.namespace, { limit: 10 });
    assert.equal(letter?.reason, "Poison");
    assert.deepEqual(letter?.counters, event.counters);
  }),
  clause("a task that kills its agents does not hold up the others (P16)", async (open) => {
    await aClaimOf(open);
    await open.passMs(PASSED_MS);
    await open.backend.tasks.enqueue(aTask(open, "t2"));
    const claims = [await claimOne(open), await claimOne(open)];
    assert.deepEqual(claims.map(({ task }) => task.step).sort(), ["t1", "t2"]);
  }),
];

const verdicts: readonly Clause<QueueWorld>[] = [
  clause("a result is recorded, told and found", async (open) => {
    const claim = await aClaimOf(open);
    assert.equal(await open.backend.tasks.complete(claim, anAnswer(claim.task, "the answer")), "recorded");
    const { key, run, runUID } = claim.task;
    const { id, ...event } = await nextSettled(open);
    assert.ok(id);
    const counters = { crashes: 0, errors: 0, throttled: 0 };
    const result = anAnswer(claim.task, "the answer");
    assert.deepEqual(event, { type: "settled", namespace: open.namespace, key, run, runUID, state: "done", result, counters });
    assert.deepEqual(await lookAt(open, claim.task), { state: "done", result });
  }),
  ...Object.entries(ENDS).flatMap(([end, finish]) =>
    Object.entries(USES).map(([use, tell]) =>
      clause(`when ${end}, ${use} answers "fenced" and changes nothing: a verdict counts once`, async (open) => {
        const claim = await aClaimOf(open);
        await finish(open, claim);
        const before = [await lookAt(open, claim.task), await open.backend.tasks.depth(claim.task.queue)];
        assert.equal(await tell(open, claim), "fenced");
        assert.deepEqual([await lookAt(open, claim.task), await open.backend.tasks.depth(claim.task.queue)], before);
      }),
    ),
  ),
  clause("a task that says no comes back after the delay, with the error counted", async (open) => {
    const claim = await aClaimOf(open);
    assert.equal(await open.backend.tasks.fail(claim, aFailure(), 500), "retry");
    await claimNone(open);
    await open.passMs(510);
    const again = await claimOne(open);
    assert.deepEqual(again.counters, { crashes: 0, errors: 1, throttled: 0 });
    assert.deepEqual(again.task, claim.task);
    await noEvents(open);
  }),
  clause("a task that says no more often than its retries is a dead letter", async (open) => {
    const task = aTask(open, "t1", { retries: 2 });
    await open.backend.tasks.enqueue(task);
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await open.backend.tasks.fail(await claimOne(open), aFailure({ message: `no ${i}` }), 0));
    assert.deepEqual(answers, ["retry", "retry", "dead"]);
    await claimNone(open);
    const event = await nextSettled(open);
    assert.equal(event.state, "dead");
    assert.equal(event.state === "dead" && event.failure.reason, "TaskTimedOut", "the step says what the task said");
    assert.equal(event.state === "dead" && event.failure.message, "no 2");
    assert.deepEqual(event.counters, { crashes: 0, errors: 3, throttled: 0 });
    const [letter] = await open.backend.deadLetters.list(open.namespace, { limit: 10 });
    assert.equal(letter?.reason, "RetriesExhausted");
    assert.match(letter?.message ?? "", /no 2/);
  }),
  clause("with no retries the first no is the last", async (open) => {
    const claim = await aClaimOf(open, aTask(open, "t1", { retries: 0 }));
    assert.equal(await open.backend.tasks.fail(claim, aFailure(), 0), "dead");
  }),
  clause("what asking again cannot help is a dead letter at once (B72)", async (open) => {
    const claim = await aClaimOf(open);
    assert.equal(await open.backend.tasks.fail(claim, aFailure({ permanent: true, reason: "BudgetExceeded" }), 500), "dead");
    const event = await nextSettled(open);
    assert.equal(event.state === "dead" && event.failure.reason, "BudgetExceeded");
    assert.equal((await open.backend.deadLetters.list(open.namespace, { limit: 10 }))[0]?.reason, "Permanent");
  }),
  ...(["draining", "surplus", "version"] satisfies ReleaseCause[]).map((cause) =>
    clause(`a task given back (${cause}) comes again with nothing counted (P14)`, async (open) => {
      const claim = await aClaimOf(open);
      assert.equal(await open.backend.tasks.release(claim, cause, 0), "queued");
      assert.equal((await lookAt(open, claim.task)).state, "queued");
      assert.deepEqual((await claimOne(open)).counters, { crashes: 0, errors: 0, throttled: 0 });
    }),
  ),
  clause("a task given back for later comes when it is due", async (open) => {
    assert.equal(await open.backend.tasks.release(await aClaimOf(open), "version", 500), "queued");
    assert.equal((await lookAt(open, aTask(open))).state, "delayed");
    await claimNone(open);
    await open.passMs(510);
    await claimOne(open);
  }),
  clause("throttling is counted and never ends a task (P15)", async (open) => {
    let claim = await aClaimOf(open, aTask(open, "t1", { retries: 0 }));
    for (let i = 1; i <= 12; i++) {
      assert.equal(await open.backend.tasks.release(claim, "throttled", 20), "queued");
      await open.passMs(30);
      claim = await claimOne(open);
      assert.deepEqual(claim.counters, { crashes: 0, errors: 0, throttled: i });
    }
    assert.equal(await open.backend.tasks.complete(claim, anAnswer(claim.task)), "recorded");
  }),
  clause("the counters keep apart what they count", async (open) => {
    const { tasks } = open.backend;
    await tasks.release(await aClaimOf(open), "throttled", 0);
    await tasks.fail(await claimOne(open), aFailure(), 0);
    await claimOne(open);
    await open.passMs(PASSED_MS);
    await tasks.release(await claimOne(open), "draining", 0);
    const claim = await claimOne(open);
    assert.deepEqual(claim.counters, { crashes: 1, errors: 1, throttled: 1 });
    await tasks.complete(claim, anAnswer(claim.task));
    assert.deepEqual((await nextSettled(open)).counters, { crashes: 1, errors: 1, throttled: 1 });
  }),
  clause("a result tells what all deliveries spent together (I7)", async (open) => {
    const { tasks } = open.backend;
    await tasks.fail(await aClaimOf(open), aFailure({ usage: { inputTokens: 10, outputTokens: 1, totalTokens: 11 }, costUSD: "0.1" }), 0);
    const second = await claimOne(open);
    assert.equal(second.spent.totalTokens, 11);
    await tasks.release(second, "draining", 0, { usage: used(5), costUSD: "0.02" });
    const third = await claimOne(open);
    assert.equal(third.spent.totalTokens, 16);
    await tasks.release(third, "throttled", 0);
    const last = await claimOne(open);
    await tasks.complete(last, { ...anAnswer(last.task, "done", 7), costUSD: "0.2" });
    const event = await nextSettled(open);
    const result = event.state === "done" ? event.result : assert.fail("it is done");
    assert.deepEqual(result.usage, { inputTokens: 10, outputTokens: 13, totalTokens: 23 });
    assert.equal(result.costUSD, "0.32");
    assert.deepEqual(await lookAt(open, last.task), { state: "done", result });
  }),
  clause("a dead task tells what all deliveries spent together (I7)", async (open) => {
    const { tasks } = open.backend;
    await tasks.fail(await aClaimOf(open, aTask(open, "t1", { retries: 1 })), aFailure({ costUSD: "0.1" }), 0);
    await tasks.fail(await claimOne(open), aFailure({ costUSD: "0.2" }), 0);
    const event = await nextSettled(open);
    assert.equal(event.state === "dead" && event.failure.usage.totalTokens, 6);
    assert.equal(event.state === "dead" && event.failure.costUSD, "0.3");
  }),
  clause("poison tells what its deliveries with a verdict spent (I7)", async (open) => {
    await open.backend.tasks.fail(await aClaimOf(open), aFailure(), 0);
    for (let i = 0; i < 3; i++) {
      await claimOne(open);
      await open.passMs(PASSED_MS);
    }
    await claimNone(open);
    const event = await nextSettled(open);
    assert.equal(event.state === "dead" && event.failure.usage.totalTokens, 3);
  }),
];

/** Clauses about extend, complete, fail and release. */
export const queueVerdictClauses: readonly Clause<QueueWorld>[] = [...leases, ...verdicts];
