// One kind of object, kept at hand: a list, then every change of it. It supervises itself: whatever ends the watch, it lists anew, and
// whoever reads can ask how long ago it last heard of the API server.
import { backOffMs, type Clock, errorText, type Log } from "../../../plugins/sdk/index.ts";
import { isGone, type KubeClient, type KubeObject, type Resource } from "../client/index.ts";
import { ObjectStore, type Store, type StoreChange } from "./store.ts";

/** What an informer takes. */
export interface InformerParts<T extends KubeObject> {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** All namespaces when left out. */
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Takes objects apart before they are kept: what is left out costs no memory. */
  readonly trim?: (object: T) => T;
  /** Told of each change once the store has it. Only to remember a key: what it throws is logged and changes nothing. */
  readonly onChange?: (change: StoreChange<T>) => void;
}

/** Objects of one kind, followed until `stop`. */
export interface Informer<T extends KubeObject> extends Store<T> {
  /** True from the first whole list on; before it, absence says nothing. */
  readonly isSynced: boolean;
  /** Resolves at the first whole list; rejects with `signal.reason`. */
  synced(signal: AbortSignal): Promise<void>;
  /** When the API server was last heard of, on the clock's monotonic time. */
  readonly heardMs: number;
  stop(): Promise<void>;
}

const BACK_OFF = { firstMs: 200, maxMs: 30_000 };

/** Starts following. Nothing rejects: what goes wrong is logged and tried again, for ever. */
export function startInformer<T extends KubeObject>(resource: Resource<T>, parts: InformerParts<T>): Informer<T> {
  return new FollowingInformer(resource, parts);
}

class FollowingInformer<T extends KubeObject> implements Informer<T> {
  readonly #resource: Resource<T>;
  readonly #parts: InformerParts<T>;
  readonly #store = new ObjectStore<T>();
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  readonly #firstList: Promise<void>;
  #isSynced = false;
  #heardMs: number;

  constructor(resource: Resource<T>, parts: InformerParts<T>) {
    this.#resource = resource;
    this.#parts = parts;
    this.#heardMs = parts.clock.monotonic();
    let arrived = (): void => undefined;
    this.#firstList = new Promise((resolve) => {
      arrived = resolve;
    });
    this.#ended = this.#follow(arrived);
  }

  get size(): number {
    return this.#store.size;
  }
  get isSynced(): boolean {
    return this.#isSynced;
  }
  get heardMs(): number {
    return this.#heardMs;
  }
  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(namespace, name);
  }
  list(): readonly T[] {
    return this.#store.list();
  }

  synced(signal: AbortSignal): Promise<void> {
    if (this.#isSynced) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      void this.#firstList.then(() => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      return undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the informer is stopped"));
    await this.#ended;
  }

  async #follow(arrived: () => void): Promise<void> {
    const { clock, random, log } = this.#parts;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const from = await this.#list();
        failures = 0;
        this.#isSynced = true;
        arrived();
        await this.#watch(from);
      } catch (error) {
        if (signal.aborted) return;
        // A version that is forgotten is the normal end of a long watch: list anew at once, but spread over a second.
        if (isGone(error) && failures === 0) {
          await clock.sleep(random() * 1_000, signal).catch(() => undefined);
          continue;
        }
        failures += 1;
        const waitMs = backOffMs(BACK_OFF, failures, random);
        log.warn(`cannot follow ${this.#resource.plural}; trying again`, { error: plainText(error), waitMs: Math.round(waitMs) });
        await clock.sleep(waitMs, signal).catch(() => undefined);
      }
    }
  }

  /** The resource version of the list. */
  async #list(): Promise<string> {
    const { client, namespace, fieldSelector, labelSelector } = this.#parts;
    const { signal } = this.#stopping;
    const { items, resourceVersion } = await client.list(this.#resource, { namespace, fieldSelector, labelSelector, signal });
    this.#heard();
    for (const change of this.#store.replace(items.map((item) => this.#trimmed(item)))) this.#tell(change);
    return resourceVersion;
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client, namespace, fieldSelector, labelSelector } = this.#parts;
    const query = { namespace, fieldSelector, labelSelector, resourceVersion, signal: this.#stopping.signal, onAlive: () => this.#heard() };
    for await (const { type, object } of client.watch(this.#resource, query)) {
      if (type === "BOOKMARK") continue;
      const change = type === "DELETED" ? this.#store.remove(object) : this.#store.put(this.#trimmed(object));
      if (change) this.#tell(change);
    }
  }

  #trimmed(object: T): T {
    return this.#parts.trim?.(object) ?? object;
  }

  #heard(): void {
    this.#heardMs = this.#parts.clock.monotonic();
  }

  #tell(change: StoreChange<T>): void {
    try {
      this.#parts.onChange?.(change);
    } catch (error) {
      this.#parts.log.error(`a change of ${this.#resource.plural} was not taken note of`, { key: change.key, error: plainText(error) });
    }
  }
}

const plainText = (error: unknown): string => errorText(error, { redact: (text) => text });
