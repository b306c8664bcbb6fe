// Clauses: what a dispatcher hears and sees.
import assert from "node:assert/strict";
import type { QueueEvent } from "../index.ts";
import { type Clause, inTime, patience, rejectionOf } from "./clause.ts";
import {
  aClaimOf,
  aFailure,
  anAnswer,
  aTask,
  claimOne,
  clause,
  LEASE_MS,
  lookAt,
  nextEvents,
  nextSettled,
  noEvents,
  type OpenQueue,
  type QueueWorld,
  queueOf,
} from "./queueWorld.ts";

async function settleOne(open: OpenQueue, name: string): Promise<void> {
  const claim = await aClaimOf(open, aTask(open, name));
  await open.backend.tasks.complete(claim, anAnswer(claim.task));
}

const events: readonly Clause<QueueWorld>[] = [
  clause("whoever waits for events is given one as soon as it is there", async (open) => {
    const waiting = open.backend.control.events([open.namespace], patience());
    await settleOne(open, "t1");
    assert.equal((await inTime(waiting, "the event"))[0]?.key, aTask(open).key);
  }),
  clause("events come in the order in which they happened, and each goes to one caller", async (open) => {
    for (let i = 0; i < 5; i++) await settleOne(open, `t${i}`);
    const keys = (await nextEvents(open, 5)).map(({ key }) => key);
    assert.deepEqual(
      keys,
      [0, 1, 2, 3, 4].map((i) => aTask(open, `t${i}`).key),
    );
    await noEvents(open);
  }),
  clause("only events of the namespaces asked for come", async (open) => {
    await settleOne(open, "t1");
    const abort = new AbortController();
    const reason = new Error("stop");
    const foreign = rejectionOf(open.backend.control.events([`${open.namespace}2`], abort.signal));
    await open.passMs(10);
    abort.abort(reason);
    assert.equal(await inTime(foreign, "an aborted wait"), reason);
    assert.equal(await rejectionOf(open.backend.control.events([open.namespace], abort.signal)), reason, "aborted before it began");
    await nextSettled(open);
  }),
  clause("an aborted wait takes no event along", async (open) => {
    const abort = new AbortController();
    const waiting = rejectionOf(open.backend.control.events([open.namespace], abort.signal));
    abort.abort(new Error("stop"));
    await inTime(waiting, "an aborted wait");
    await settleOne(open, "t1");
    await nextSettled(open);
  }),
  clause(
    "an event that is not forgotten comes again; a forgotten one never does",
    async (open) => {
      await settleOne(open, "t1");
      await settleOne(open, "t2");
      const [first, second] = await nextEvents(open, 2);
      assert.ok(first && second);
      await open.backend.control.forget([second]);
      await noEvents(open);
      await open.passMs(open.limits.redeliverMs);
      assert.deepEqual(await nextEvents(open), [first]);
      await open.backend.control.forget([first]);
      await open.passMs(open.limits.redeliverMs);
      await noEvents(open);
    },
    { redeliverMs: 1_000 },
  ),
  clause(
    "whoever waits is given an event that comes again",
    async (open) => {
      await settleOne(open, "t1");
      await nextSettled(open);
      const waiting = open.backend.control.events([open.namespace], patience());
      await open.passMs(open.limits.redeliverMs + 10);
      assert.equal((await inTime(waiting, "the event again")).length, 1);
    },
    { redeliverMs: 1_000 },
  ),
  clause("forgetting twice, or what nobody knows, is harmless", async (open) => {
    await settleOne(open, "t1");
    const event = await nextSettled(open);
    await open.backend.control.forget([event]);
    await open.backend.control.forget([event, { ...event, id: "999999999-0" }]);
    await open.backend.control.forget([]);
    assert.equal(await open.backend.tasks.enqueue(aTask(open)), "known");
  }),
  clause("a forgotten result is gone: whoever needs it asks with the next attempt", async (open) => {
    await settleOne(open, "t1");
    await open.backend.control.forget([await nextSettled(open)]);
    const look = await lookAt(open, aTask(open));
    assert.equal(look.state === "dead" && look.failure.reason, "OutputLost");
  }),
  clause("more events than fit into one answer come with the next", async (open) => {
    const count = open.limits.maxEvents + 5;
    for (let i = 0; i < count; i++) await settleOne(open, `t${i}`);
    const first = await inTime(open.backend.control.events([open.namespace], patience()), "events");
    assert.ok(first.length <= open.limits.maxEvents, `${first.length} at once`);
    await nextEvents(open, count - first.length);
  }),
];

const delegation: readonly Clause<QueueWorld>[] = [
  clause("a task with a parent is told to the dispatcher, without its texts", async (open) => {
    const task = aTask(open, "t1~0123abcd~1", {
      kind: "delegate",
      parent: "uid-1/t0/1/1",
      depth: 1,
      feedback: "no",
      system: "be",
      outputSchema: "{}",
    });
    await open.backend.tasks.enqueue(task);
    await open.backend.tasks.enqueue(task);
    const [event] = await nextEvents(open);
    const { prompt: _p, feedback: _f, system: _s, outputSchema: _o, ...header } = task;
    assert.equal(event?.type, "delegated");
    assert.deepEqual(event?.type === "delegated" && event.task, header);
    assert.deepEqual([event?.key, event?.run, event?.runUID, event?.namespace], [task.key, task.run, task.runUID, open.namespace]);
  }),
  clause("a task without a parent is its dispatcher's own: nothing is told", async (open) => {
    await open.backend.tasks.enqueue(aTask(open));
    await noEvents(open);
  }),
  clause("a waiting parent is told when its child is settled, in whatever way", async (open) => {
    const { control, tasks } = open.backend;
    const child = (name: string) => aTask(open, name, { kind: "delegate", parent: "uid-1/t0/1/1", inbox: "pod-p:1" });
    const waiting = control.inbox("pod-p:1", open.namespace, patience());
    const claim = await aClaimOf(open, child("c1"));
    await tasks.complete(claim, anAnswer(claim.task));
    assert.deepEqual(await inTime(waiting, "the hint"), [child("c1").key]);
    await tasks.fail(await aClaimOf(open, child("c2")), aFailure({ permanent: true }), 0);
    await tasks.enqueue(child("c3"));
    await control.cancel(child("c3").key, "not wanted", child("c3").queue);
    const hints: string[] = [];
    while (hints.length < 2) hints.push(...(await inTime(control.inbox("pod-p:1", open.namespace, patience()), "two hints")));
    assert.deepEqual(hints.sort(), [child("c2").key, child("c3").key]);
  }),
  clause("hints are their consumer's alone, and an aborted wait rejects with the signal's reason", async (open) => {
    const { control } = open.backend;
    const claim = await aClaimOf(open, aTask(open, "c1", { parent: "uid-1/t0/1/1", inbox: "pod-p:1" }));
    await open.backend.tasks.complete(claim, anAnswer(claim.task));
    const abort = new AbortController();
    const reason = new Error("stop");
    const others = [
      control.inbox("pod-q:1", open.namespace, abort.signal),
      control.inbox("pod-p:1", `${open.namespace}2`, abort.signal),
    ].map(rejectionOf);
    await open.passMs(10);
    abort.abort(reason);
    assert.deepEqual(await inTime(Promise.all(others), "aborted waits"), [reason, reason]);
    assert.equal(await rejectionOf(control.inbox("pod-p:1", open.namespace, abort.signal)), reason);
    assert.equal((await inTime(control.inbox("pod-p:1", open.namespace, patience()), "the hint")).length, 1);
  }),
  clause("a delegated result stays for its parent, also when the dispatcher has forgotten it", async (open) => {
    const task = aTask(open, "c1", { kind: "subtask", parent: "uid-1/t0/1/1" });
    await open.backend.tasks.complete(await aClaimOf(open, task), anAnswer(task, "for my parent"));
    const told = await nextEvents(open, 2);
    await open.backend.control.forget(told);
    assert.deepEqual(await lookAt(open, task), { state: "done", result: anAnswer(task, "for my parent") });
    assert.equal(await open.backend.tasks.enqueue(task), "known");
    await open.backend.blobs.drop(open.namespace, task.runUID);
    assert.notEqual((await lookAt(open, task)).state, "done");
    assert.equal(await open.backend.tasks.enqueue(task), "known", "a tombstone stays");
  }),
];

/** The waiting states that were told, by reason. */
function reasonsOf(told: readonly QueueEvent[]): (string | undefined)[] {
  return told.map((event) => (event.type === "waiting" ? event.waiting.reason : event.type));
}

const waiting: readonly Clause<QueueWorld>[] = [
  clause("a task that stands still says so, with its reason and since when", async (open) => {
    const claim = await aClaimOf(open);
    const state = { reason: "Throttled", sinceMs: 1_700_000_000_000, message: "status 429" } as const;
    assert.equal(await open.backend.tasks.extend(claim, LEASE_MS, state), "ok");
    const [event] = await nextEvents(open);
    assert.deepEqual(event?.type === "waiting" && event.waiting, state);
    assert.equal(event?.key, claim.task.key);
  }),
  clause(
    "a task says at most one waiting state in a while, and the last one is not lost",
    async (open) => {
      const claim = await aClaimOf(open);
      const say = (reason?: "Throttled" | "ModelUnavailable") => open.backend.tasks.extend(claim, 60_000, { reason, sinceMs: 1 });
      await say("Throttled");
      assert.deepEqual(reasonsOf(await nextEvents(open)), ["Throttled"]);
      await say("ModelUnavailable");
      await say();
      await noEvents(open);
      await open.passMs(open.limits.waitingEveryMs + 10);
      await say();
      assert.deepEqual(reasonsOf(await nextEvents(open)), [undefined]);
      await noEvents(open);
    },
    { waitingEveryMs: 1_000 },
  ),
  clause(
    "a waiting state that goes on is told once",
    async (open) => {
      const claim = await aClaimOf(open);
      for (let i = 0; i < 4; i++) {
        await open.backend.tasks.extend(claim, 60_000, { reason: "Throttled", sinceMs: 1 });
        await open.passMs(open.limits.waitingEveryMs);
      }
      assert.deepEqual(reasonsOf(await nextEvents(open)), ["Throttled"]);
      await noEvents(open);
    },
    { waitingEveryMs: 1_000 },
  ),
  clause(
    "after a task is settled nothing more is said of its waiting",
    async (open) => {
      const claim = await aClaimOf(open);
      await open.backend.tasks.extend(claim, 60_000, { reason: "Throttled", sinceMs: 1 });
      await nextEvents(open);
      await open.backend.tasks.extend(claim, 60_000, { reason: "ModelUnavailable", sinceMs: 1 });
      await open.backend.tasks.complete(claim, anAnswer(claim.task));
      await nextSettled(open);
      await open.passMs(open.limits.waitingEveryMs + 10);
      await noEvents(open);
    },
    { waitingEveryMs: 1_000 },
  ),
];

const looks: readonly Clause<QueueWorld>[] = [
  clause("a look tells each task's state, in order", async (open) => {
    const { tasks, control } = open.backend;
    const keyed = (name: string) => aTask(open, name);
    await tasks.complete(await aClaimOf(open, keyed("done")), anAnswer(keyed("done")));
    await tasks.fail(await aClaimOf(open, keyed("dead")), aFailure({ permanent: true }), 0);
    await aClaimOf(open, keyed("running"));
    await tasks.enqueue(keyed("queued"));
    await tasks.enqueue(keyed("delayed"), 60_000);
    const names = ["queued", "absent", "done", "delayed", "dead", "running", "queued"];
    const states = await control.look(names.map(keyed).map(({ key, queue }) => ({ key, queue })));
    assert.deepEqual(
      states.map(({ state }) => state),
      names,
    );
    assert.deepEqual(await control.look([]), []);
  }),
  clause("more keys than a look may have are refused", async (open) => {
    const keys = Array.from({ length: open.limits.maxLook + 1 }, (_, i) => ({ key: `uid-1/t${i}/1/1`, queue: queueOf(open) }));
    assert.ok((await rejectionOf(open.backend.control.look(keys))) instanceof RangeError);
    assert.equal((await open.backend.control.look(keys.slice(1))).length, open.limits.maxLook);
  }),
  clause("a look changes nothing", async (open) => {
    await open.backend.tasks.enqueue(aTask(open));
    await lookAt(open, aTask(open));
    await claimOne(open);
  }),
];

/** Clauses about events, hints, waiting states and look. */
export const queueEventClauses: readonly Clause<QueueWorld>[] = [...events, ...delegation, ...waiting, ...looks];
