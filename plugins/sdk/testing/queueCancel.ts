// Clauses: cancelling a task, wherever it is.
import assert from "node:assert/strict";
import type { Task } from "../index.ts";
import type { Clause } from "./clause.ts";
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
  used,
} from "./queueWorld.ts";

const PASSED_MS = LEASE_MS + 1;

function cancel({ backend }: OpenQueue, { key, queue }: Pick<Task, "key" | "queue">, cause = "the run was cancelled"): Promise<string> {
  return backend.control.cancel(key, cause, queue);
}

/** The task is settled as cancelled, once, with its cause, and leaves no dead letter. */
async function isCancelled(open: OpenQueue, task: Task, tokens = 0): Promise<void> {
  const event = await nextSettled(open);
  assert.equal(event.key, task.key);
  const failure = event.state === "cancelled" ? event.failure : assert.fail(`it is ${event.state}`);
  assert.equal(failure.reason, "Cancelled");
  assert.equal(failure.message, "the run was cancelled");
  assert.equal(failure.usage.totalTokens, tokens);
  assert.deepEqual(await lookAt(open, task), { state: "cancelled", failure });
  assert.deepEqual(await open.backend.deadLetters.list(open.namespace, { limit: 10 }), []);
  assert.equal(await open.backend.tasks.enqueue(task), "known");
  await open.passMs(PASSED_MS);
  await claimNone(open);
  await noEvents(open);
}

/** Clauses about cancel. */
export const queueCancelClauses: readonly Clause<QueueWorld>[] = [
  clause("a queued task is removed and settled", async (open) => {
    await open.backend.tasks.enqueue(aTask(open));
    assert.equal(await cancel(open, aTask(open)), "removed");
    await isCancelled(open, aTask(open));
  }),
  clause("a delayed task is removed and settled", async (open) => {
    await open.backend.tasks.enqueue(aTask(open), 500);
    assert.equal(await cancel(open, aTask(open)), "removed");
    await isCancelled(open, aTask(open));
  }),
  clause("a task that waits for its next try is removed, and what it spent is told", async (open) => {
    await open.backend.tasks.fail(await aClaimOf(open), aFailure(), 500);
    assert.equal(await cancel(open, aTask(open)), "removed");
    await isCancelled(open, aTask(open), 3);
  }),
  clause("a running task is told at its next heartbeat, and settles by handing itself back", async (open) => {
    const claim = await aClaimOf(open);
    assert.equal(await cancel(open, claim.task), "asked");
    assert.equal((await lookAt(open, claim.task)).state, "running");
    assert.equal(await open.backend.tasks.extend(claim, LEASE_MS), "cancel");
    assert.equal(await open.backend.tasks.extend(claim, LEASE_MS), "cancel", "told until it has heard");
    assert.equal(await open.backend.tasks.release(claim, "draining", 500, { usage: used(9) }), "cancelled");
    await isCancelled(open, claim.task, 9);
  }),
  clause("a running task that fails after it was cancelled is cancelled, with what it spent", async (open) => {
    const claim = await aClaimOf(open);
    await cancel(open, claim.task);
    assert.equal(await open.backend.tasks.fail(claim, aFailure({ permanent: true }), 0), "cancelled");
    await isCancelled(open, claim.task, 3);
  }),
  clause("a throttled task that was cancelled does not come again", async (open) => {
    const claim = await aClaimOf(open);
    await cancel(open, claim.task);
    assert.equal(await open.backend.tasks.release(claim, "throttled", 0), "cancelled");
    await isCancelled(open, claim.task);
  }),
  clause("a running task that was done before it heard is done", async (open) => {
    const claim = await aClaimOf(open);
    await cancel(open, claim.task);
    assert.equal(await open.backend.tasks.complete(claim, anAnswer(claim.task)), "recorded");
    assert.equal((await nextSettled(open)).state, "done");
    assert.equal(await cancel(open, claim.task), "known");
  }),
  clause("asking twice is asking once", async (open) => {
    const claim = await aClaimOf(open);
    assert.equal(await cancel(open, claim.task), "asked");
    assert.equal(await cancel(open, claim.task, "again"), "asked");
    await open.backend.tasks.release(claim, "draining", 0);
    await isCancelled(open, claim.task);
  }),
  clause("a running task whose lease is over is settled at once, and its owner is fenced", async (open) => {
    const claim = await aClaimOf(open);
    await open.passMs(PASSED_MS);
    assert.equal(await cancel(open, claim.task), "removed");
    assert.equal(await open.backend.tasks.extend(claim, LEASE_MS), "fenced");
    assert.equal(await open.backend.tasks.complete(claim, anAnswer(claim.task)), "fenced");
    await isCancelled(open, claim.task);
  }),
  clause("a cancelled task whose agent died is settled by the next claim, and not handed out", async (open) => {
    const claim = await aClaimOf(open);
    assert.equal(await cancel(open, claim.task), "asked");
    await open.passMs(PASSED_MS);
    await claimNone(open, { consumer: "pod-b:1" });
    await isCancelled(open, claim.task);
  }),
  clause("a cancelled task whose agent died is settled by cancelling again", async (open) => {
    const claim = await aClaimOf(open);
    await cancel(open, claim.task);
    await open.passMs(PASSED_MS);
    const answer = await cancel(open, claim.task);
    assert.ok(answer === "removed" || answer === "known", answer);
    await isCancelled(open, claim.task);
  }),
  clause("an unknown task leaves a tombstone: told too late, it does not run", async (open) => {
    assert.equal(await cancel(open, aTask(open)), "known");
    assert.equal(await open.backend.tasks.enqueue(aTask(open)), "known");
    await claimNone(open);
    assert.equal((await lookAt(open, aTask(open))).state, "cancelled");
    await noEvents(open);
  }),
  clause("a settled task stays as it is", async (open) => {
    const claim = await aClaimOf(open);
    await open.backend.tasks.complete(claim, anAnswer(claim.task));
    assert.equal(await cancel(open, claim.task), "known");
    assert.equal((await nextSettled(open)).state, "done");
    await noEvents(open);
    assert.equal((await lookAt(open, claim.task)).state, "done");
  }),
  clause("cancelling one task leaves the others alone", async (open) => {
    await open.backend.tasks.enqueue(aTask(open, "t1"));
    await open.backend.tasks.enqueue(aTask(open, "t2"));
    await open.backend.tasks.enqueue(aTask(open, "t3"));
    await cancel(open, aTask(open, "t2"));
    assert.deepEqual([(await claimOne(open)).task.step, (await claimOne(open)).task.step].sort(), ["t1", "t3"]);
    await claimNone(open);
  }),
  clause("a cancelled task gives its place back", async (open) => {
    await open.backend.tasks.enqueue(aTask(open, "t1"));
    await open.backend.tasks.enqueue(aTask(open, "t2"), 60_000);
    await cancel(open, aTask(open, "t1"));
    await cancel(open, aTask(open, "t2"));
    assert.deepEqual(await open.backend.tasks.depth(aTask(open).queue), { undelivered: 0, pending: 0, delayed: 0 });
  }),
];
