// The objects of one kind as they were last heard of.
import type { KubeObject } from "../client/index.ts";

/** Reading ends of a store. */
export interface Store<T extends KubeObject> {
  get(namespace: string | undefined, name: string): T | undefined;
  /** In no order that means anything. */
  list(): readonly T[];
  readonly size: number;
}

/** `<namespace>/<name>`; a name alone for kinds without namespaces. */
export function keyOf(object: Pick<KubeObject, "metadata">): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name ?? ""}` : (name ?? "");
}

/** One change of a store; `now` undefined: gone, `before` undefined: new. */
export interface StoreChange<T extends KubeObject> {
  readonly key: string;
  readonly before: T | undefined;
  readonly now: T | undefined;
}

/** A store that is filled by lists and changes. Versions are compared for equality alone: they are opaque. */
export class ObjectStore<T extends KubeObject> implements Store<T> {
  #objects = new Map<string, T>();

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Everything that exists: what is not among it is gone. Objects that are as they were stay the same objects. */
  replace(items: readonly T[]): StoreChange<T>[] {
    const old = this.#objects;
    this.#objects = new Map();
    const changes: StoreChange<T>[] = [];
    for (const item of items) {
      const key = keyOf(item);
      const before = old.get(key);
      const isSame = before !== undefined && versionOf(before) === versionOf(item) && before.metadata.uid === item.metadata.uid;
      this.#objects.set(key, isSame ? before : item);
      if (!isSame) changes.push({ key, before, now: item });
    }
    for (const [key, before] of old) if (!this.#objects.has(key)) changes.push({ key, before, now: undefined });
    return changes;
  }

  put(item: T): StoreChange<T> | undefined {
    const key = keyOf(item);
    const before = this.#objects.get(key);
    if (before && versionOf(before) === versionOf(item)) return undefined;
    this.#objects.set(key, item);
    return { key, before, now: item };
  }

  remove(item: T): StoreChange<T> | undefined {
    const key = keyOf(item);
    const before = this.#objects.get(key);
    if (!this.#objects.delete(key)) return undefined;
    return { key, before, now: undefined };
  }
}

const versionOf = (object: KubeObject): string | undefined => object.metadata.resourceVersion;
