// Hints for waiting parents: "your child is settled". A hint may be lost, so whoever waits looks as well; it is never lost here.
import type { TaskKey } from "../sdk/index.ts";
import { type Blocked, blocked } from "./blocked.ts";

interface Inbox {
  readonly keys: Set<TaskKey>;
  readonly readers: Set<Blocked<readonly TaskKey[]>>;
}

/** Hints by namespace and consumer. */
export class Inboxes {
  readonly #inboxes = new Map<string, Inbox>();

  /** Tells `consumer` that `key` is settled. */
  hint(namespace: string, consumer: string, key: TaskKey): void {
    const inbox = this.#inbox(namespace, consumer);
    inbox.keys.add(key);
    const [reader] = inbox.readers;
    reader?.end(this.#take(namespace, consumer));
  }

  /** Drops a hint that nobody fetched: the task is gone. */
  drop(namespace: string, consumer: string, key: TaskKey): void {
    this.#inboxes.get(idOf(namespace, consumer))?.keys.delete(key);
    this.#tidy(namespace, consumer);
  }

  /** The hints since the last call, now or when one comes. */
  read(namespace: string, consumer: string, signal: AbortSignal): Promise<readonly TaskKey[]> {
    const inbox = this.#inbox(namespace, consumer);
    if (inbox.keys.size > 0) return Promise.resolve(this.#take(namespace, consumer));
    const call = blocked<readonly TaskKey[]>(signal, () => {
      inbox.readers.delete(call);
      this.#tidy(namespace, consumer);
    });
    inbox.readers.add(call);
    return call.promise;
  }

  close(error: Error): void {
    for (const inbox of this.#inboxes.values()) for (const reader of inbox.readers) reader.fail(error);
  }

  get size(): number {
    return this.#inboxes.size;
  }

  #take(namespace: string, consumer: string): readonly TaskKey[] {
    const { keys } = this.#inbox(namespace, consumer);
    const taken = [...keys];
    keys.clear();
    this.#tidy(namespace, consumer);
    return taken;
  }

  #inbox(namespace: string, consumer: string): Inbox {
    const id = idOf(namespace, consumer);
    let inbox = this.#inboxes.get(id);
    if (inbox === undefined) this.#inboxes.set(id, (inbox = { keys: new Set(), readers: new Set() }));
    return inbox;
  }

  #tidy(namespace: string, consumer: string): void {
    const inbox = this.#inboxes.get(idOf(namespace, consumer));
    if (inbox !== undefined && inbox.keys.size + inbox.readers.size === 0) this.#inboxes.delete(idOf(namespace, consumer));
  }
}

function idOf(namespace: string, consumer: string): string {
  return `${namespace}\n${consumer}`;
}
