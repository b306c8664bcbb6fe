// The records and where each of them stands (RELIABILITY §1.5). Every way of a task from one state to another is here, once: it moves
// the record, its place, its appointment and the counts of its queue together. Who may ask for it is decided by the callers.
import {
  cutUtf8,
  type DeadLetter,
  type QueueDepth,
  type QueueLimits,
  type QueueName,
  type Task,
  type TaskFailure,
  type TaskResult,
} from "../sdk/index.ts";
import type { Agenda } from "./agenda.ts";
import type { EventLog } from "./eventLog.ts";
import type { Inboxes } from "./inboxes.ts";
import type { Letters } from "./letters.ts";
import { addSpent, emptyQueue, headerOf, NOTHING_SPENT, namespaceOf, type QueueState, recordIdOf, type TaskRecord } from "./record.ts";
import { runIdOf } from "./runs.ts";
import type { FinalState, Tombstones } from "./tombstones.ts";

/** What the table works with. */
export interface TableParts {
  readonly agenda: Agenda;
  readonly events: EventLog;
  readonly inboxes: Inboxes;
  readonly letters: Letters;
  readonly tombstones: Tombstones;
  readonly limits: QueueLimits;
  readonly nowMs: () => number;
}

/** How a task ends. */
export type Ending =
  | { readonly state: "done"; readonly result: TaskResult }
  | { readonly state: "dead"; readonly letter: DeadLetter["reason"]; readonly failure: TaskFailure }
  | { readonly state: "cancelled" | "expired"; readonly failure: TaskFailure };

/** The records of all queues. All operations are O(1) or O(log n). */
export class TaskTable {
  readonly #parts: TableParts;
  readonly #records = new Map<string, TaskRecord>();
  readonly #queues = new Map<QueueName, QueueState>();
  readonly #runs = new Map<string, Set<TaskRecord>>();
  /** Called when a queue has something to deliver. */
  onWork: (queue: QueueState) => void = () => {};

  constructor(parts: TableParts) {
    this.#parts = parts;
  }

  get(id: string): TaskRecord | undefined {
    return this.#records.get(id);
  }

  get size(): number {
    return this.#records.size;
  }

  queue(name: QueueName): QueueState | undefined {
    return this.#queues.get(name);
  }

  depth(name: QueueName): QueueDepth {
    const queue = this.#queues.get(name);
    if (queue === undefined) return { undelivered: 0, pending: 0, delayed: 0 };
    return { undelivered: queue.ready.size, pending: queue.running, delayed: queue.delayed };
  }

  /** A new record, waiting for a worker, or for its time. */
  add(task: Task, delayMs: number): void {
    const record: TaskRecord = {
      id: recordIdOf(task.queue, task.key),
      namespace: namespaceOf(task.queue),
      queue: this.#queues.get(task.queue) ?? emptyQueue(task.queue),
      task,
      firstAtMs: this.#parts.nowMs(),
      state: "queued",
      token: undefined,
      consumer: "",
      counters: { crashes: 0, errors: 0, throttled: 0 },
      spent: NOTHING_SPENT,
      cancelCause: undefined,
      place: undefined,
      appointment: undefined,
      waiting: { said: undefined, saidAtMs: Number.NEGATIVE_INFINITY, eventId: undefined, later: undefined },
      eventIds: [],
      result: undefined,
      failure: undefined,
    };
    if (task.parent !== undefined) {
      const event = { type: "delegated", namespace: record.namespace, key: task.key, run: task.run, runUID: task.runUID } as const;
      record.eventIds.push(this.#parts.events.emit({ ...event, task: headerOf(task) }));
    }
    this.#queues.set(task.queue, record.queue);
    this.#records.set(record.id, record);
    const runId = runIdOf(record.namespace, task.runUID);
    const ofRun = this.#runs.get(runId);
    if (ofRun === undefined) this.#runs.set(runId, new Set([record]));
    else ofRun.add(record);
    this.#park(record, delayMs);
  }

  /** The next task of a queue that may run, now held under `token`. What may not run any more is settled on the way. */
  take(queue: QueueState, token: string, consumer: string, leaseMs: number): TaskRecord | undefined {
    for (;;) {
      const lapsed = queue.lapsed.first?.value;
      const record = lapsed ?? queue.ready.first?.value;
      if (record === undefined) return undefined;
      if (this.#mayRun(record, lapsed !== undefined)) {
        this.#lift(record);
        record.state = "running";
        record.token = token;
        record.consumer = consumer;
        queue.running++;
        this.keep(record, leaseMs);
        return record;
      }
    }
  }

  /** The lease of a running task from now on. When it ends, the task may be taken by somebody else. */
  keep(record: TaskRecord, leaseMs: number): void {
    const { agenda } = this.#parts;
    if (record.place !== undefined) {
      record.queue.lapsed.remove(record.place);
      record.place = undefined;
    }
    if (record.appointment !== undefined && record.appointment.index >= 0) return agenda.move(record.appointment, leaseMs);
    record.appointment = agenda.after(leaseMs, () => this.#lapse(record));
  }

  /** Back among the waiting, held by nobody. */
  giveBack(record: TaskRecord, delayMs: number): void {
    this.#lift(record);
    this.quiet(record);
    record.token = undefined;
    this.#park(record, delayMs);
  }

  /** The end: letter, event and hint are one fact. */
  settle(record: TaskRecord, ending: Ending): void {
    const { events, inboxes, letters, limits, nowMs } = this.#parts;
    this.#lift(record);
    this.quiet(record);
    const { task, counters } = record;
    record.state = ending.state;
    record.token = undefined;
    record.task = { ...headerOf(task), prompt: "" };
    const head = { namespace: record.namespace, key: task.key, run: task.run, runUID: task.runUID, type: "settled", counters } as const;
    if (ending.state === "done") {
      record.result = { ...ending.result, ...addSpent(record.spent, ending.result) };
      record.eventIds.push(events.emit({ ...head, state: "done", result: record.result }, () => this.#forgotten(record)));
    } else {
      const message = cutUtf8(ending.failure.message, limits.maxMessageBytes);
      record.failure = { ...ending.failure, message, ...addSpent(record.spent, ending.failure) };
      if (ending.state === "dead") {
        const own = ending.letter === "Poison" ? message : cutUtf8(`${ending.failure.reason}: ${message}`, limits.maxMessageBytes);
        const { firstAtMs, consumer } = record;
        const letter = {
          key: task.key,
          queue: task.queue,
          reason: ending.letter,
          message: own,
          counters,
          firstAtMs,
          lastAtMs: nowMs(),
          consumer,
        };
        letters.add({ ...letter, env: task }, runIdOf(record.namespace, task.runUID));
      }
      const event = { ...head, state: ending.state, failure: record.failure };
      record.eventIds.push(events.emit(event, () => this.#forgotten(record)));
    }
    if (task.inbox !== undefined) inboxes.hint(record.namespace, task.inbox, task.key);
    this.#tidy(record.queue);
  }

  /** Ends what a waiting task still has to say. */
  quiet(record: TaskRecord): void {
    const { agenda, events } = this.#parts;
    agenda.cancel(record.waiting.later);
    events.withdraw(record.waiting.eventId);
    record.waiting.later = undefined;
    record.waiting.eventId = undefined;
    record.waiting.said = undefined;
  }

  /** Everything of a run goes; tombstones stay. Whoever holds a claim of it is fenced. */
  dropRun(runId: string): void {
    for (const record of this.#runs.get(runId) ?? []) {
      this.#lift(record);
      this.quiet(record);
      for (const id of record.eventIds) this.#parts.events.withdraw(id);
      this.#bury(record, isFinal(record.state) ? record.state : "cancelled");
      this.#tidy(record.queue);
    }
  }

  /** Whether a task that is about to be delivered may run; settles it otherwise. */
  #mayRun(record: TaskRecord, isLapsed: boolean): boolean {
    const { limits, nowMs } = this.#parts;
    const { deadlineMs } = record.task;
    if (record.cancelCause !== undefined) {
      this.settle(record, cancelled(record.cancelCause));
    } else if (deadlineMs > 0 && deadlineMs <= nowMs()) {
      const failure = failureOf("TimedOut", "the task's deadline passed before an agent could take it up");
      this.settle(record, { state: "expired", failure });
    } else {
      if (!isLapsed) return true;
      record.counters = { ...record.counters, crashes: record.counters.crashes + 1 };
      if (record.counters.crashes < limits.maxCrashes) return true;
      const message = `${record.counters.crashes} deliveries ended without a verdict, the last at "${record.consumer}"; the agent died or hung each time`;
      this.settle(record, { state: "dead", letter: "Poison", failure: failureOf("Poison", message) });
    }
    return false;
  }

  #lapse(record: TaskRecord): void {
    if (record.cancelCause !== undefined) return this.settle(record, cancelled(record.cancelCause));
    record.place = record.queue.lapsed.push(record);
    this.onWork(record.queue);
  }

  #park(record: TaskRecord, delayMs: number): void {
    const { queue } = record;
    if (delayMs > 0) {
      record.state = "delayed";
      queue.delayed++;
      record.appointment = this.#parts.agenda.after(delayMs, () => {
        this.#lift(record);
        this.#park(record, 0);
      });
      return;
    }
    record.state = "queued";
    record.place = queue.ready.push(record);
    this.onWork(queue);
  }

  /** Takes a record from where it stands, whatever that is. */
  #lift(record: TaskRecord): void {
    if (record.state === "running") record.queue.running--;
    if (record.state === "delayed") record.queue.delayed--;
    record.place?.list?.remove(record.place);
    record.place = undefined;
    this.#parts.agenda.cancel(record.appointment);
    record.appointment = undefined;
  }

  /** The dispatcher has written the effect. A delegated result stays for its parent, which may ask again, until the run is dropped. */
  #forgotten(record: TaskRecord): void {
    if (record.task.parent === undefined && isFinal(record.state)) this.#bury(record, record.state);
  }

  #bury(record: TaskRecord, state: FinalState): void {
    if (!this.#records.delete(record.id)) return;
    const runId = runIdOf(record.namespace, record.task.runUID);
    const ofRun = this.#runs.get(runId);
    ofRun?.delete(record);
    if (ofRun?.size === 0) this.#runs.delete(runId);
    if (record.task.inbox !== undefined) this.#parts.inboxes.drop(record.namespace, record.task.inbox, record.task.key);
    record.state = state;
    this.#parts.tombstones.add(record.id, state);
  }

  #tidy(queue: QueueState): void {
    if (queue.ready.size + queue.running + queue.delayed === 0 && this.#queues.get(queue.name) === queue) this.#queues.delete(queue.name);
  }
}

/** Whether a task has ended. */
export function isFinal(state: TaskRecord["state"]): state is FinalState {
  return state === "done" || state === "dead" || state === "cancelled" || state === "expired";
}

/** The end of a task that somebody wanted stopped. */
export function cancelled(cause: string, failure: TaskFailure = failureOf("Cancelled", cause)): Ending {
  return { state: "cancelled", failure: { ...failure, reason: "Cancelled", message: cause, permanent: true } };
}

/** A failure that the queue itself finds; it costs no tokens. */
export function failureOf(reason: string, message: string): TaskFailure {
  return { reason, message, permanent: true, usage: NOTHING_SPENT.usage };
}
