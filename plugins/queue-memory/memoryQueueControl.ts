// The dispatchers' end of the queue.
import type { QueueControl, QueueEvent, QueueLimits, QueueName, TaskKey, TaskLook } from "../sdk/index.ts";
import type { Agenda } from "./agenda.ts";
import type { EventLog } from "./eventLog.ts";
import type { Inboxes } from "./inboxes.ts";
import { recordIdOf, type TaskRecord } from "./record.ts";
import { cancelled, failureOf, isFinal, type TaskTable } from "./taskTable.ts";
import type { FinalState, Tombstones } from "./tombstones.ts";

/** What it works with. */
export interface ControlParts {
  readonly table: TaskTable;
  readonly agenda: Agenda;
  readonly events: EventLog;
  readonly inboxes: Inboxes;
  readonly tombstones: Tombstones;
  readonly limits: QueueLimits;
}

/** {@link QueueControl} in this process. */
export class MemoryQueueControl implements QueueControl {
  readonly #parts: ControlParts;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  async cancel(key: TaskKey, cause: string, queue: QueueName): Promise<"removed" | "asked" | "known"> {
    const { agenda, table, tombstones } = this.#parts;
    agenda.runDue();
    const id = recordIdOf(queue, key);
    const record = table.get(id);
    if (record === undefined) {
      tombstones.add(id, "cancelled");
      return "known";
    }
    if (isFinal(record.state)) return "known";
    const isHeld = record.state === "running" && record.place === undefined;
    record.cancelCause ??= cause;
    if (isHeld) return "asked";
    table.settle(record, cancelled(record.cancelCause));
    return "removed";
  }

  async look(keys: readonly { readonly key: TaskKey; readonly queue: QueueName }[]): Promise<readonly TaskLook[]> {
    const { agenda, table, tombstones, limits } = this.#parts;
    if (keys.length > limits.maxLook) throw new RangeError(`look: ${keys.length} keys; ask for at most ${limits.maxLook} at once`);
    agenda.runDue();
    return keys.map(({ key, queue }) => {
      const id = recordIdOf(queue, key);
      const record = table.get(id);
      return record === undefined ? lookOfTombstone(tombstones.get(id)) : lookOf(record);
    });
  }

  async events(namespaces: readonly string[], signal: AbortSignal): Promise<readonly QueueEvent[]> {
    signal.throwIfAborted();
    this.#parts.agenda.runDue();
    return this.#parts.events.read(namespaces, signal);
  }

  async forget(events: readonly QueueEvent[]): Promise<void> {
    for (const event of events) this.#parts.events.forget(event.id);
  }

  async inbox(consumer: string, namespace: string, signal: AbortSignal): Promise<readonly TaskKey[]> {
    signal.throwIfAborted();
    return this.#parts.inboxes.read(namespace, consumer, signal);
  }
}

function lookOf({ state, result, failure }: TaskRecord): TaskLook {
  switch (state) {
    case "queued":
    case "delayed":
    case "running":
      return { state };
    case "done":
      return result === undefined ? lookOfTombstone(state) : { state, result };
    case "dead":
    case "cancelled":
    case "expired":
      return failure === undefined ? lookOfTombstone(state) : { state, failure };
  }
}

function lookOfTombstone(state: FinalState | undefined): TaskLook {
  switch (state) {
    case undefined:
      return { state: "absent" };
    case "done":
      return {
        state: "dead",
        failure: failureOf("OutputLost", "the task was done and its result is forgotten; ask with the next attempt"),
      };
    case "dead":
      return { state, failure: failureOf("Dead", "the task failed and is forgotten") };
    case "cancelled":
      return { state, failure: failureOf("Cancelled", "the task was cancelled") };
    case "expired":
      return { state, failure: failureOf("TimedOut", "the task's deadline had passed") };
  }
}
