// The agents' end of the queue: enqueue, claim, and the verdicts. A claim that finds nothing blocks until work is pushed to it.
import {
  type Claim,
  type ClaimRequest,
  type Clock,
  cutUtf8,
  type QueueDepth,
  type QueueLimits,
  type QueueName,
  type ReleaseCause,
  type Settled,
  type Spent,
  type Task,
  type TaskFailure,
  type TaskQueue,
  type TaskResult,
  type Waiting,
} from "../sdk/index.ts";
import type { Agenda } from "./agenda.ts";
import { type Blocked, blocked } from "./blocked.ts";
import type { EventLog } from "./eventLog.ts";
import { LinkedList, type ListNode } from "./linkedList.ts";
import { addSpent, deepFreeze, encodedCopy, NOTHING_SPENT, namespaceOf, type QueueState, recordIdOf, type TaskRecord } from "./record.ts";
import { cancelled, type TaskTable } from "./taskTable.ts";
import type { Tombstones } from "./tombstones.ts";

/** What the queue works with. */
export interface TaskQueueParts {
  readonly table: TaskTable;
  readonly agenda: Agenda;
  readonly events: EventLog;
  readonly tombstones: Tombstones;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ends the whole backend. */
  readonly close: () => void;
}

interface Claimer {
  readonly request: ClaimRequest;
  readonly call: Blocked<readonly Claim[]>;
}

/** {@link TaskQueue} in this process. */
export class MemoryTaskQueue implements TaskQueue {
  readonly #parts: TaskQueueParts;
  readonly #claimers = new Map<QueueName, LinkedList<Claimer>>();
  #turn = 0;
  #claims = 0;

  constructor(parts: TaskQueueParts) {
    this.#parts = parts;
    parts.table.onWork = (queue) => this.#serve(queue);
  }

  async enqueue(task: Task, delayMs = 0): Promise<"added" | "known" | "full"> {
    const { agenda, table, tombstones, limits } = this.#parts;
    agenda.runDue();
    if (namespaceOf(task.queue) !== task.ns)
      throw new RangeError(`task ${task.key}: queue "${task.queue}" is not of namespace "${task.ns}"`);
    const id = recordIdOf(task.queue, task.key);
    if (table.get(id) !== undefined || tombstones.get(id) !== undefined) return "known";
    const { undelivered, pending, delayed } = table.depth(task.queue);
    if (undelivered + pending + delayed >= limits.maxDepth) return "full";
    const { copy, bytes } = encodedCopy(task);
    if (bytes > limits.maxEnvelopeBytes) {
      throw new RangeError(
        `task ${task.key}: ${bytes} bytes do not fit into an envelope of ${limits.maxEnvelopeBytes}; shorten the prompt`,
      );
    }
    table.add(deepFreeze(copy), delayMs);
    return "added";
  }

  async claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]> {
    signal.throwIfAborted();
    if (request.max < 1) throw new RangeError(`claim: max is ${request.max}; ask for at least one task`);
    this.#parts.agenda.runDue();
    const claims = this.#take(request);
    return claims.length > 0 || request.waitMs <= 0 ? claims : this.#wait(request, signal);
  }

  async extend(claim: Claim, leaseMs: number, waiting?: Waiting): Promise<"ok" | "fenced" | "cancel" | "stop"> {
    const record = this.#held(claim);
    if (record === undefined) return "fenced";
    this.#parts.table.keep(record, leaseMs);
    if (waiting !== undefined) this.#say(record, waiting);
    return record.cancelCause === undefined ? "ok" : "cancel";
  }

  async complete(claim: Claim, result: TaskResult): Promise<Settled> {
    const record = this.#held(claim);
    if (record === undefined) return "fenced";
    this.#parts.table.settle(record, { state: "done", result: encodedCopy(result).copy });
    return "recorded";
  }

  async fail(claim: Claim, failure: TaskFailure, delayMs: number): Promise<Settled> {
    const record = this.#held(claim);
    if (record === undefined) return "fenced";
    const { table } = this.#parts;
    const copy = encodedCopy(failure).copy;
    if (record.cancelCause !== undefined) {
      table.settle(record, cancelled(record.cancelCause, copy));
      return "cancelled";
    }
    record.counters = { ...record.counters, errors: record.counters.errors + 1 };
    if (failure.permanent || record.counters.errors > record.task.retries) {
      table.settle(record, { state: "dead", letter: failure.permanent ? "Permanent" : "RetriesExhausted", failure: copy });
      return "dead";
    }
    record.spent = addSpent(record.spent, copy);
    table.giveBack(record, delayMs);
    return "retry";
  }

  async release(claim: Claim, cause: ReleaseCause, delayMs: number, spent: Spent = NOTHING_SPENT): Promise<Settled> {
    const record = this.#held(claim);
    if (record === undefined) return "fenced";
    record.spent = addSpent(record.spent, spent);
    if (record.cancelCause !== undefined) {
      this.#parts.table.settle(record, cancelled(record.cancelCause));
      return "cancelled";
    }
    if (cause === "throttled") record.counters = { ...record.counters, throttled: record.counters.throttled + 1 };
    this.#parts.table.giveBack(record, delayMs);
    return "queued";
  }

  async depth(queue: QueueName): Promise<QueueDepth> {
    this.#parts.agenda.runDue();
    return this.#parts.table.depth(queue);
  }

  async close(): Promise<void> {
    const error = new Error("the queue is closed");
    for (const claimers of this.#claimers.values()) while (claimers.first !== undefined) claimers.first.value.call.fail(error);
    this.#parts.close();
  }

  /** The record of a claim, while the claim is good. */
  #held(claim: Claim): TaskRecord | undefined {
    this.#parts.agenda.runDue();
    const record = this.#parts.table.get(recordIdOf(claim.task.queue, claim.task.key));
    return record?.token !== undefined && record.token === claim.token ? record : undefined;
  }

  /** One task of each queue in turn until `max`: no queue of a shared agent starves beside another. */
  #take(request: ClaimRequest): readonly Claim[] {
    const { queues, max, consumer, leaseMs } = request;
    const claims: Claim[] = [];
    const start = this.#turn++;
    for (let i = 0, misses = 0; claims.length < max && misses < queues.length; i++) {
      const queue = this.#parts.table.queue(queues[(start + i) % queues.length] ?? "");
      const token = this.#token();
      const record = queue && this.#parts.table.take(queue, token, consumer, leaseMs);
      if (record === undefined) {
        misses++;
        continue;
      }
      misses = 0;
      claims.push({ task: record.task, token, consumer, counters: record.counters, spent: record.spent.usage });
    }
    return claims;
  }

  #wait(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]> {
    const timeout = new AbortController();
    const places: [LinkedList<Claimer>, ListNode<Claimer>][] = [];
    const call = blocked<readonly Claim[]>(signal, () => {
      timeout.abort();
      for (const [claimers, node] of places) claimers.remove(node);
      for (const name of request.queues) if (this.#claimers.get(name)?.size === 0) this.#claimers.delete(name);
    });
    for (const name of new Set(request.queues)) {
      let claimers = this.#claimers.get(name);
      if (claimers === undefined) this.#claimers.set(name, (claimers = new LinkedList()));
      places.push([claimers, claimers.push({ request, call })]);
    }
    // A sleeping agent is what keeps a program alive, so this is a sleep and no appointment.
    this.#parts.clock.sleep(request.waitMs, timeout.signal).then(
      () => call.end([]),
      () => {},
    );
    return call.promise;
  }

  /** Pushes what a queue has to those who wait for it. */
  #serve(queue: QueueState): void {
    for (
      let claimer = this.#first(queue);
      claimer !== undefined && queue.ready.size + queue.lapsed.size > 0;
      claimer = this.#first(queue)
    ) {
      const claims = this.#take(claimer.request);
      if (claims.length > 0) claimer.call.end(claims);
    }
  }

  #first(queue: QueueState): Claimer | undefined {
    return this.#claimers.get(queue.name)?.first?.value;
  }

  /** Tells the dispatcher that a task stands still or goes on: only changes, and at most each `waitingEveryMs`. */
  #say(record: TaskRecord, told: Waiting): void {
    const { agenda, events, limits, clock } = this.#parts;
    const { waiting } = record;
    agenda.cancel(waiting.later);
    waiting.later = undefined;
    if (waiting.said?.reason === told.reason && waiting.said?.message === told.message) return;
    const soonestMs = waiting.saidAtMs + limits.waitingEveryMs;
    if (soonestMs > clock.monotonic()) {
      waiting.later = agenda.after(soonestMs - clock.monotonic(), () => this.#say(record, told));
      return;
    }
    waiting.said = told;
    waiting.saidAtMs = clock.monotonic();
    events.withdraw(waiting.eventId);
    const { task } = record;
    const message = told.message === undefined ? undefined : cutUtf8(told.message, limits.maxMessageBytes);
    const event = { type: "waiting", namespace: record.namespace, key: task.key, run: task.run, runUID: task.runUID } as const;
    waiting.eventId = events.emit({ ...event, waiting: { ...told, ...(message === undefined ? {} : { message }) } });
  }

  /** 128 random bits, and a number: a `random` that is fixed in a test must not make two claims alike. */
  #token(): string {
    const word = (): string =>
      Math.floor(this.#parts.random() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, "0");
    return `${word()}${word()}${word()}${word()}-${++this.#claims}`;
  }
}
