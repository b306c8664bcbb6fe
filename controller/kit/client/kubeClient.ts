// The Kubernetes API as the product uses it. Objects are raw JSON both ways: a typed serializer would drop the fields it does not know.
import { type KubeList, type ListQuery, list, parseRecord } from "./list.ts";
import { type KubeObject, type Place, pathOf, type RawObject, type Resource } from "./resource.ts";
import type { KubeAnswer, KubeRequest } from "./transport.ts";
import { type WatchEvent, type WatchParts, type WatchQuery, watch } from "./watch.ts";

/** Options of every request for one object. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of everything that writes. */
export interface WriteOptions extends CallOptions {
  /** Who writes, in `managedFields`. */
  readonly fieldManager?: string;
  /** Admission and validation run, nothing is kept. */
  readonly dryRun?: boolean;
  /** What becomes of fields that the kind does not have: the API server warns unless told. */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
  /** `status`, `scale`. */
  readonly subresource?: string;
}

/** Options of an apply. */
export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes fields from other managers; without it, theirs are a conflict. */
  readonly force?: boolean;
}

/** A change of an object. */
export type Patch =
  /** RFC 7386: an object laid over the object, null removes. */
  | { readonly type: "merge"; readonly body: object }
  /** RFC 6902: operations in order, all or none. Begin with a `test` or a `replace` of the resource version when it matters. */
  | { readonly type: "json"; readonly body: readonly object[] }
  /** As merge, with lists merged by key; only for Kubernetes' own kinds. */
  | { readonly type: "strategic"; readonly body: object };

/** Options of a delete. */
export interface DeleteOptions extends CallOptions {
  /** What becomes of the objects it owns. */
  readonly propagation?: "Background" | "Foreground" | "Orphan";
  /** Only this very object, not one that has its name by now. */
  readonly uid?: string;
  /** Only in this state. */
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

/**
 * One API server. Everything that is no success rejects with a KubeError: ask `isNotFound`, `isConflict` and their like. Aborted requests
 * reject with `signal.reason`. 429 and 503 are waited for when the API server says how long and a second time does no harm.
 */
export interface KubeClient {
  get<T extends KubeObject = RawObject>(resource: Resource<T>, place: Place, options?: CallOptions): Promise<T>;
  /** All pages. */
  list<T extends KubeObject = RawObject>(resource: Resource<T>, query?: ListQuery): Promise<KubeList<T>>;
  /** Changes without end; see {@link watch}. */
  watch<T extends KubeObject = RawObject>(resource: Resource<T>, query: WatchQuery): AsyncGenerator<WatchEvent<T>, never>;
  /** Of `metadata.name`, or of a name made from `generateName`. */
  create<T extends KubeObject = RawObject>(resource: Resource<T>, object: NewObject, options?: WriteOptions): Promise<T>;
  /** Server-side apply: what the object says is ours, what we said before and say no more goes. */
  apply<T extends KubeObject = RawObject>(resource: Resource<T>, object: NewObject, options: ApplyOptions): Promise<T>;
  patch<T extends KubeObject = RawObject>(resource: Resource<T>, place: Place, patch: Patch, options?: WriteOptions): Promise<T>;
  /** Resolves when it is accepted; finalizers may keep the object for a while. */
  delete(resource: Resource<KubeObject>, place: Place, options?: DeleteOptions): Promise<void>;
  /** Anything else: discovery, other subresources, PUT. */
  request(request: KubeRequest): Promise<KubeAnswer>;
}

/** An object to write: the API server fills in the rest, the kind and version too. */
export interface NewObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Partial<KubeObject["metadata"]>;
}

const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;
const APPLY_TYPE = "application/apply-patch+yaml"; // of which JSON is a part

/** The client of a transport. */
export function createKubeClient(parts: WatchParts): KubeClient {
  const { transport } = parts;
  const exchange = async <T extends KubeObject>(request: KubeRequest): Promise<T> => {
    const { text } = await transport.send(request);
    return parseRecord(text, `${request.method} ${request.path}`) as unknown as T; // the API server has checked it
  };
  return {
    get: (resource, place, { signal } = {}) => exchange({ method: "GET", path: pathOf(resource, named(place)), signal }),
    list: (resource, query) => list(transport, resource, query),
    watch: (resource, query) => watch(resource, query, parts),
    create(resource, object, options = {}) {
      const { namespace } = object.metadata;
      const body = complete(resource, object);
      return exchange({
        method: "POST",
        path: pathOf(resource, { namespace: inNamespace(resource, namespace) }),
        body,
        ...writing(options),
      });
    },
    apply(resource, object, options) {
      const { name, namespace } = object.metadata;
      const { query, signal } = writing(options);
      return exchange({
        method: "PATCH",
        path: pathOf(resource, named({ namespace, name, subresource: options.subresource })),
        query: { ...query, force: options.force },
        body: complete(resource, object),
        contentType: APPLY_TYPE,
        isRepeatable: true,
        signal,
      });
    },
    patch(resource, place, { type, body }, options = {}) {
      const path = pathOf(resource, named({ ...place, subresource: options.subresource ?? place.subresource }));
      // Laid over a second time an object is the same; operations are not bound to be.
      return exchange({ method: "PATCH", path, body, contentType: PATCH_TYPES[type], isRepeatable: type !== "json", ...writing(options) });
    },
    async delete(resource, place, { propagation, uid, resourceVersion, gracePeriodSeconds, dryRun, signal } = {}) {
      const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: propagation,
        preconditions,
        gracePeriodSeconds,
        dryRun: dryRun ? ["All"] : undefined,
      };
      await transport.send({ method: "DELETE", path: pathOf(resource, named(place)), body, signal });
    },
    request: (request) => transport.send(request),
  };
}

/** A place with a name. Without one a delete would be of the whole collection. */
function named<P extends Place>(place: P): P {
  if (!place.name) throw new TypeError("an object without a name");
  return place;
}

function inNamespace({ namespaced, kind }: Resource<KubeObject>, namespace: string | undefined): string | undefined {
  if (namespaced && !namespace) throw new TypeError(`a ${kind} without a namespace`);
  return namespace;
}

const complete = ({ group, version, kind }: Resource<KubeObject>, object: NewObject): NewObject => ({
  apiVersion: group === "" ? version : `${group}/${version}`,
  kind,
  ...object,
});

const writing = ({ fieldManager, dryRun, fieldValidation, signal }: WriteOptions): Pick<KubeRequest, "query" | "signal"> => ({
  query: { fieldManager, fieldValidation, dryRun: dryRun ? "All" : undefined },
  signal,
});
