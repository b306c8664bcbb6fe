// Claims tasks and sees each to its end: one owner per claim, settled exactly once on every path.
import { setMaxListeners } from "node:events";
import { type Claim, linkedAbort, type Settled, type Spent, type TaskQueue } from "../plugins/sdk/index.ts";
import { type Attempted, type AttemptParts, attempt } from "./attempt.ts";
import { type Ending, TaskEnded } from "./ending.ts";
import { redactedEntry, taskJournal } from "./journal.ts";
import type { Leases } from "./lease.ts";
import { Presence } from "./presence.ts";
import type { Slots } from "./slots.ts";
import { startTaskClock } from "./taskClock.ts";
import { backOffMs } from "./timings.ts";
import { messageOf, type Verdict } from "./verdict.ts";

/** Waits between two tries of telling the queue a verdict. */
const SETTLE_BACK_OFF = { minMs: 500, maxMs: 5_000 };
/** Tries of telling a verdict: about half a minute, twice the lease. Then the lease decides. */
const MAX_SETTLE_TRIES = 10;
/** The same while draining: the process is about to go. */
const MAX_DRAINING_TRIES = 2;

/** Whatever still runs for a settled task is nobody's any more. Made once: it is nobody's error either. */
const OVER = new TaskEnded("fenced");

/** What a worker has beside what its attempts need. */
export interface WorkerParts extends AttemptParts {
  readonly slots: Slots;
  readonly leases: Leases;
  /** Aborted when running tasks are to be handed back. */
  readonly handBack: AbortSignal;
  /** Counts the tasks that wait without a slot for a model or a limit. */
  readonly parking: { count: number };
}

/** From claim to verdict, holding one slot that was taken before and is given back. Never rejects. */
export async function execute(claim: Claim, parts: WorkerParts): Promise<Settled> {
  const { agent, slots, leases, handBack, parking } = parts;
  const { task } = claim;
  const redact = agent.redact ?? ((text: string) => text);
  const log = agent.log.with({ run: task.run, step: task.step, task: task.key });
  const ended = linkedAbort(handBack);
  const end = (ending: Ending): void => ended.abort(new TaskEnded(ending));
  const lease = leases.keep(claim, (error) => ended.abort(error));
  const taskClock = startTaskClock(task.limits.timeoutMs, agent.clock, () => end("timeout"));
  const stopDeadline = task.deadlineMs > 0 ? agent.clock.after(task.deadlineMs - agent.clock.now(), () => end("deadline")) : undefined;
  const { signal } = ended;
  setMaxListeners(0, signal); // each of up to 64 parallel calls listens to it; that is no leak
  const presence = new Presence(slots, taskClock, signal);
  const journal = taskJournal({
    task,
    write: (entry) => agent.journal(task.ns, task.runUID, redactedEntry(entry, redact)),
    clock: agent.clock,
    random: agent.random,
    journalTextMs: agent.timings.journalTextMs,
  });
  const parked = async <T>(wait: () => Promise<T>): Promise<T> => {
    parking.count++;
    try {
      return await presence.idle(wait);
    } finally {
      parking.count--;
    }
  };
  let attempted: Attempted | undefined;
  let settled: Settled = "fenced";
  try {
    attempted = await attempt({ claim, lease, presence, signal, journal, log, parked }, parts);
    taskClock.stop();
    presence.end(); // the work is done: whoever waits for the slot need not wait for the queue to hear of it
    settled = await settle(claim, attempted.verdict, attempted.spent, parts);
    logVerdict(log, attempted.verdict, settled);
    return settled;
  } catch (error) {
    log.error("the verdict of a task could not be told; its lease will run out", { error: messageOf(error) });
    return "fenced";
  } finally {
    taskClock.stop();
    stopDeadline?.();
    lease.stop();
    ended.abort(OVER);
    ended.release();
    presence.end();
    await attempted?.end(settled === "recorded" || settled === "dead" || settled === "cancelled");
  }
}

/** Tells the queue, again when it cannot be reached: telling twice is once. */
async function settle(claim: Claim, verdict: Verdict, spent: Spent, parts: WorkerParts): Promise<Settled> {
  const { agent, handBack } = parts;
  for (let n = 1; ; n++) {
    try {
      return await tell(agent.backend.tasks, claim, verdict, spent, () =>
        backOffMs(claim.counters.errors + 1, agent.timings.errorBackOff, agent.random),
      );
    } catch (error) {
      // Whoever drains us may have closed the queue already; the lease settles it then.
      if (n >= (handBack.aborted ? MAX_DRAINING_TRIES : MAX_SETTLE_TRIES)) throw error;
      agent.log.warn("the queue did not take a verdict; trying again", { task: claim.task.key, error: messageOf(error) });
      await agent.clock.sleep(backOffMs(n, SETTLE_BACK_OFF, agent.random));
    }
  }
}

function tell(queue: TaskQueue, claim: Claim, verdict: Verdict, spent: Spent, errorDelayMs: () => number): Promise<Settled> {
  switch (verdict.is) {
    case "done":
      return queue.complete(claim, verdict.result);
    case "failed": // counts against the user's `retries`
      return queue.fail(claim, verdict.failure, verdict.failure.permanent ? 0 : errorDelayMs());
    case "givenBack": // nobody's failure
      return queue.release(claim, verdict.cause, verdict.delayMs, spent);
    case "lost":
      return Promise.resolve("fenced");
  }
}

function logVerdict(log: WorkerParts["agent"]["log"], verdict: Verdict, settled: Settled): void {
  switch (verdict.is) {
    case "done":
      log.info("task done", { settled, tokens: verdict.result.usage.totalTokens });
      return;
    case "failed":
      log.warn("task failed", { settled, reason: verdict.failure.reason, error: verdict.failure.message });
      return;
    case "givenBack":
      log.info("task handed back", { settled, cause: verdict.cause, delayMs: verdict.delayMs });
      return;
    case "lost":
      log.warn("task lost to another worker", { settled });
  }
}
