// What dispatchers hear, by namespace. An event is handed to one caller at a time and stays until it is forgotten: after
// `redeliverMs` without that it is handed out again, so that a dispatcher that died between reading and writing loses nothing.
import type { QueueEvent, QueueLimits } from "../sdk/index.ts";
import type { Agenda, Appointment } from "./agenda.ts";
import { type Blocked, blocked } from "./blocked.ts";
import { LinkedList, type ListNode } from "./linkedList.ts";

/** An event but for its id, which the log gives. */
export type NewEvent = QueueEvent extends infer E ? (E extends QueueEvent ? Omit<E, "id"> : never) : never;

interface Entry {
  readonly order: number;
  readonly event: QueueEvent;
  readonly onForget: (() => void) | undefined;
  readonly stream: Stream;
  node: ListNode<Entry>;
  handedAtMs: number;
}

interface Stream {
  readonly fresh: LinkedList<Entry>;
  readonly handed: LinkedList<Entry>;
  readonly readers: LinkedList<Reader>;
  again: Appointment | undefined;
}

interface Reader {
  readonly namespaces: readonly string[];
  readonly call: Blocked<readonly QueueEvent[]>;
}

/** The events of all namespaces. Each operation costs O(events handed out), never O(events kept). */
export class EventLog {
  readonly #agenda: Agenda;
  readonly #limits: QueueLimits;
  readonly #nowMs: () => number;
  readonly #streams = new Map<string, Stream>();
  readonly #entries = new Map<string, Entry>();
  #order = 0;

  constructor(agenda: Agenda, limits: QueueLimits, nowMs: () => number) {
    this.#agenda = agenda;
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Adds an event and wakes whoever waits for its namespace. `onForget` is called once, when it is forgotten. */
  emit(event: NewEvent, onForget?: () => void): string {
    const order = ++this.#order;
    const id = `e${order}`;
    const stream = this.#stream(event.namespace);
    const entry: Omit<Entry, "node"> = { order, event: { ...event, id } as QueueEvent, onForget, stream, handedAtMs: 0 };
    const whole = entry as Entry;
    whole.node = stream.fresh.push(whole);
    this.#entries.set(id, whole);
    this.#serve(stream);
    return id;
  }

  /** The next events, now or when they come. */
  read(namespaces: readonly string[], signal: AbortSignal): Promise<readonly QueueEvent[]> {
    const here = this.#collect(namespaces);
    return here.length > 0 ? Promise.resolve(here) : this.#wait(namespaces, signal);
  }

  /** Ends an event: its effect is written. */
  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#remove(entry);
    entry.onForget?.();
  }

  /** Takes an event back that nobody needs any more: a newer one says more. */
  withdraw(id: string | undefined): void {
    const entry = id === undefined ? undefined : this.#entries.get(id);
    if (entry !== undefined) this.#remove(entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  close(error: Error): void {
    for (const stream of this.#streams.values()) while (stream.readers.first !== undefined) stream.readers.first.value.call.fail(error);
  }

  #wait(namespaces: readonly string[], signal: AbortSignal): Promise<readonly QueueEvent[]> {
    const places: [Stream, ListNode<Reader>][] = [];
    const call = blocked<readonly QueueEvent[]>(signal, () => {
      for (const [stream, node] of places) stream.readers.remove(node);
      for (const namespace of namespaces) this.#tidy(namespace);
    });
    for (const namespace of new Set(namespaces)) {
      const stream = this.#stream(namespace);
      places.push([stream, stream.readers.push({ namespaces, call })]);
      this.#watch(stream);
    }
    return call.promise;
  }

  #serve(stream: Stream): void {
    const reader = stream.readers.first?.value;
    if (reader !== undefined) {
      const events = this.#collect(reader.namespaces);
      if (events.length > 0) reader.call.end(events);
    }
    if (stream.readers.size > 0) this.#watch(stream);
  }

  /** What is to be handed out now, oldest first. */
  #collect(namespaces: readonly string[]): readonly QueueEvent[] {
    const taken: Entry[] = [];
    for (const namespace of namespaces) {
      const stream = this.#streams.get(namespace);
      if (stream === undefined) continue;
      while (taken.length < this.#limits.maxEvents) {
        const late = stream.handed.first?.value;
        const isLate = late !== undefined && late.handedAtMs + this.#limits.redeliverMs <= this.#nowMs();
        const entry = isLate ? stream.handed.shift() : stream.fresh.shift();
        if (entry === undefined) break;
        entry.handedAtMs = this.#nowMs();
        entry.node = stream.handed.push(entry);
        taken.push(entry);
      }
    }
    return taken.sort((a, b) => a.order - b.order).map((entry) => entry.event);
  }

  /** While somebody waits, looks again when the next event is due to come again. */
  #watch(stream: Stream): void {
    const next = stream.handed.first?.value;
    if (next === undefined || (stream.again !== undefined && stream.again.index >= 0)) return;
    stream.again = this.#agenda.after(next.handedAtMs + this.#limits.redeliverMs - this.#nowMs(), () => this.#serve(stream));
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.event.id);
    entry.node.list?.remove(entry.node);
    this.#tidy(entry.event.namespace);
  }

  #stream(namespace: string): Stream {
    let stream = this.#streams.get(namespace);
    if (stream === undefined) {
      stream = { fresh: new LinkedList(), handed: new LinkedList(), readers: new LinkedList(), again: undefined };
      this.#streams.set(namespace, stream);
    }
    return stream;
  }

  #tidy(namespace: string): void {
    const stream = this.#streams.get(namespace);
    if (stream === undefined || stream.fresh.size + stream.handed.size + stream.readers.size > 0) return;
    this.#agenda.cancel(stream.again);
    this.#streams.delete(namespace);
  }
}
