// What the queue knows of one task, from enqueue to tombstone.
import {
  addDecimals,
  addUsage,
  type Counters,
  NO_USAGE,
  type QueueName,
  type Spent,
  type Task,
  type TaskFailure,
  type TaskResult,
  type Waiting,
} from "../sdk/index.ts";
import type { Appointment } from "./agenda.ts";
import { LinkedList, type ListNode } from "./linkedList.ts";
import type { FinalState } from "./tombstones.ts";

/** The record. `state` and where the record stands (`place`, `appointment`) change together, in `taskTable.ts` alone. */
export interface TaskRecord {
  readonly id: string;
  readonly namespace: string;
  readonly queue: QueueState;
  /** The envelope; without its texts once it is settled. */
  task: Task;
  readonly firstAtMs: number;
  state: "queued" | "delayed" | "running" | FinalState;
  /** Of the current claim; undefined when nobody holds it. */
  token: string | undefined;
  consumer: string;
  counters: Counters;
  spent: Spent;
  /** Somebody wants it stopped, and why. */
  cancelCause: string | undefined;
  /** Where it waits for a worker: among those never delivered, or those whose lease is over. */
  place: ListNode<TaskRecord> | undefined;
  /** When it is due (delayed) or its lease ends (running). */
  appointment: Appointment | undefined;
  readonly waiting: WaitingState;
  /** Of `delegated` and `settled`, so that they go with the run. */
  readonly eventIds: string[];
  result: TaskResult | undefined;
  failure: TaskFailure | undefined;
}

/** What was last said of a task that stands still. */
export interface WaitingState {
  said: Waiting | undefined;
  saidAtMs: number;
  eventId: string | undefined;
  /** Said too soon after the last; it will be told later. */
  later: Appointment | undefined;
}

/** One queue. Pending tasks are those running, dead leases included. */
export interface QueueState {
  readonly name: QueueName;
  readonly ready: LinkedList<TaskRecord>;
  readonly lapsed: LinkedList<TaskRecord>;
  running: number;
  delayed: number;
}

/** A queue without tasks. */
export function emptyQueue(name: QueueName): QueueState {
  return { name, ready: new LinkedList(), lapsed: new LinkedList(), running: 0, delayed: 0 };
}

/** The name under which a task is known. Two queues never share one. */
export function recordIdOf(queue: QueueName, key: string): string {
  return `${queue}\n${key}`;
}

/** The part of a queue's name that no dot can be in. */
export function namespaceOf(queue: QueueName): string {
  const dot = queue.indexOf(".");
  return dot < 0 ? queue : queue.slice(0, dot);
}

/** Nothing spent. */
export const NOTHING_SPENT: Spent = { usage: NO_USAGE };

/** Both together; the sum of unknown prices stays unknown. */
export function addSpent(a: Spent, b: Spent): Spent {
  const costUSD = addDecimals(a.costUSD, b.costUSD);
  return { usage: addUsage(a.usage, b.usage), ...(costUSD === undefined ? {} : { costUSD }) };
}

/** A task without the texts that only its worker needs. */
export function headerOf(task: Task): Omit<Task, "prompt" | "outputSchema" | "feedback" | "system"> {
  const { prompt: _prompt, outputSchema: _schema, feedback: _feedback, system: _system, ...header } = task;
  return header;
}

/** What would have travelled: a copy that shares nothing with the caller's, with undefined fields left out, as a store gives it back. */
export function encodedCopy<T>(value: T): { readonly copy: T; readonly bytes: number } {
  const text = JSON.stringify(value);
  return { copy: JSON.parse(text) as T, bytes: Buffer.byteLength(text, "utf8") };
}

/** Makes a value that several deliveries share unchangeable, down to its leaves. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
