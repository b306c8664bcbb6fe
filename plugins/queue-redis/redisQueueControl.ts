// The dispatchers' end of the queue.
import {
  linkedAbort,
  type QueueControl,
  type QueueEvent,
  type QueueName,
  type Task,
  type TaskFailure,
  type TaskKey,
  type TaskLook,
  type Waiting,
} from "../sdk/index.ts";
import { SCRIPTS } from "./generated/scripts.ts";
import { namespaceOf } from "./keys.ts";
import { callId, type QueueParts, queueKeys } from "./redisTaskQueue.ts";
import { countersOf, lookOfTombstone, resultOf, verdictOf } from "./wire.ts";

/** {@link QueueControl} on Redis Streams. */
export class RedisQueueControl implements QueueControl {
  readonly #parts: QueueParts;
  readonly #closing: AbortSignal;
  /** The last hint that was read, by inbox: a process has one. */
  readonly #hinted = new Map<string, string>();

  constructor(parts: QueueParts, closing: AbortSignal) {
    this.#parts = parts;
    this.#closing = closing;
  }

  async cancel(key: TaskKey, cause: string, queue: QueueName): Promise<"removed" | "asked" | "known"> {
    const { link, keys, limits } = this.#parts;
    return (await link.script(SCRIPTS.cancel, queueKeys(keys, queue), [key, cause, limits.tombstoneMs, callId()])) as
      | "removed"
      | "asked"
      | "known";
  }

  async look(wanted: readonly { readonly key: TaskKey; readonly queue: QueueName }[]): Promise<readonly TaskLook[]> {
    const { link, keys, limits } = this.#parts;
    if (wanted.length > limits.maxLook) throw new RangeError(`look: ${wanted.length} keys; ask for at most ${limits.maxLook} at once`);
    return Promise.all(
      wanted.map(async ({ key, queue }) => {
        const answer = (await link.script(SCRIPTS.look, queueKeys(keys, queue), [key])) as string[];
        const look = this.#lookOf(answer, queue);
        if (look) return look;
        await this.#reopen("", key, queue);
        return { state: "absent" } as const;
      }),
    );
  }

  events(namespaces: readonly string[], signal: AbortSignal): Promise<readonly QueueEvent[]> {
    return this.#whileOpen(signal, (ends) => this.#events(namespaces, ends));
  }

  async #events(namespaces: readonly string[], ends: AbortSignal): Promise<readonly QueueEvent[]> {
    const { link, keys, limits } = this.#parts;
    for (;;) {
      const events: QueueEvent[] = [];
      const streams: { key: string; after: string }[] = [];
      let dueMs = link.timings.blockMs;
      for (const namespace of namespaces) {
        const found = [keys.events(namespace), keys.handed(namespace)];
        const answer = (await link.script(SCRIPTS.events, found, [limits.maxEvents - events.length, limits.redeliverMs])) as [
          string,
          string,
          ...(string | string[])[],
        ];
        const [after, due, ...entries] = answer;
        streams.push({ key: keys.events(namespace), after });
        if (Number(due) >= 0) dueMs = Math.min(dueMs, Number(due));
        for (let i = 0; i + 1 < entries.length; i += 2) {
          const event = await this.#eventOf(namespace, entries[i] as string, fieldsOf(entries[i + 1] as string[]));
          if (event) events.push(event);
        }
        if (events.length >= limits.maxEvents) break;
      }
      if (events.length > 0) return events;
      ends.throwIfAborted();
      await link.wait(streams, Math.min(dueMs, link.timings.lookMs), ends);
    }
  }

  async forget(events: readonly QueueEvent[]): Promise<void> {
    const { link, keys, limits } = this.#parts;
    await Promise.all(
      events.map(async ({ id, namespace, key }) => {
        const at = id.indexOf("@");
        if (at === -1) return; // no event of ours
        const [entry, queue] = [id.slice(0, at), id.slice(at + 1)];
        await link.script(SCRIPTS.forget, [...queueKeys(keys, queue), keys.handed(namespace)], [entry, key, limits.tombstoneMs]);
      }),
    );
  }

  inbox(consumer: string, namespace: string, signal: AbortSignal): Promise<readonly TaskKey[]> {
    return this.#whileOpen(signal, (ends) => this.#hints(this.#parts.keys.inbox(namespace, consumer), ends));
  }

  async #hints(inbox: string, ends: AbortSignal): Promise<readonly TaskKey[]> {
    const { link } = this.#parts;
    for (;;) {
      const [after = "0-0", ...hints] = (await link.script(SCRIPTS.hints, [inbox], [this.#hinted.get(inbox) ?? "0-0"])) as string[];
      this.#hinted.set(inbox, after);
      if (hints.length > 0) return [...new Set(hints)];
      ends.throwIfAborted();
      await link.wait([{ key: inbox, after }], link.timings.blockMs, ends);
    }
  }

  /** Waits for something until the caller or the queue ends it. */
  async #whileOpen<T>(signal: AbortSignal, wait: (ends: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const ends = linkedAbort(signal, this.#closing);
    return wait(ends.signal).finally(ends.release);
  }

  /** Undefined for a result that its agent has not signed. */
  #lookOf(
    [state = "absent", verdict = "", spent = "", mac = "", isTombstone = ""]: readonly string[],
    queue: QueueName,
  ): TaskLook | undefined {
    switch (state) {
      case "absent":
      case "queued":
      case "delayed":
      case "running":
        return { state };
    }
    if (isTombstone === "1" || verdict === "") return lookOfTombstone(state);
    if (state !== "done") return { state: state as "dead" | "cancelled" | "expired", failure: verdictOf<TaskFailure>(verdict, spent) };
    return this.#parts.signatures.isGenuine(queue, verdict, mac) ? { state, result: resultOf(verdict, spent) } : undefined;
  }

  async #eventOf(namespace: string, entry: string, fields: ReadonlyMap<string, string>): Promise<QueueEvent | undefined> {
    const of = (name: string): string => fields.get(name) ?? "";
    const queue = queueOfStream(of("q"));
    const head = { id: `${entry}@${queue}`, namespace, key: of("k"), run: of("run"), runUID: of("uid") };
    switch (of("t")) {
      case "delegated":
        return { ...head, type: "delegated", task: JSON.parse(of("task")) as Task };
      case "waiting":
        return { ...head, type: "waiting", waiting: JSON.parse(of("w")) as Waiting };
      case "settled": {
        const counters = countersOf(of("c"));
        const state = of("s");
        if (state !== "done") {
          const failure = verdictOf<TaskFailure>(of("v"), of("sp"));
          return { ...head, type: "settled", state: state as "dead" | "cancelled" | "expired", failure, counters };
        }
        if (namespaceOf(queue) === namespace && this.#parts.signatures.isGenuine(queue, of("v"), of("m"))) {
          return { ...head, type: "settled", state, result: resultOf(of("v"), of("sp")), counters };
        }
        await this.#reopen(entry, head.key, queue);
        return undefined;
      }
    }
    this.#parts.log.warn("an event that nobody knows is passed over", { namespace, entry });
    return undefined;
  }

  /** A result that nobody signed counts for nothing. */
  async #reopen(entry: string, key: TaskKey, queue: QueueName): Promise<void> {
    const { link, keys, log } = this.#parts;
    log.error("ForgedResult: a result without its queue's signature is refused; its task is to be dispatched again", { queue, task: key });
    await link.script(SCRIPTS.reopen, [...queueKeys(keys, queue), keys.handed(namespaceOf(queue))], [entry, key]);
  }
}

/** A queue's name from its stream's key, which in a cluster has the namespace in braces. */
export const queueOfStream = (key: string): QueueName => key.replace(/^\{([^}]*)\}/, "$1");

/** Names and values in turn, as Redis has them. */
export function fieldsOf(list: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] ?? "", list[i + 1] ?? "");
  return fields;
}
