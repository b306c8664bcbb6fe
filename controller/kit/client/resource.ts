// What the API server keeps, by the names it has in URLs. Ours are a loop over crds/kinds.ts.
import {
  type ArkAgent,
  type ArkBudget,
  type ArkEvent,
  type ArkMemory,
  type ArkNotify,
  type ArkRegistry,
  type ArkRun,
  type ArkService,
  type ArkSettings,
  type ArkTeam,
  GROUP,
  KINDS,
  type KindName,
  type ObjectMeta,
  VERSION,
} from "../../../crds/index.ts";

/** What every object has, whatever its kind. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** An object with all the fields that the API server sent, known to us or not. */
export interface RawObject extends KubeObject {
  readonly [field: string]: unknown;
}

/** A kind as URLs have it. `T` is the shape of its objects: the API server has checked them, so nobody here does again. */
export interface Resource<T extends KubeObject = RawObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: it carries the type. */
  readonly shape?: T;
}

/** Our objects by their kind. */
export interface ArkObjects {
  readonly ArkAgent: ArkAgent;
  readonly ArkTeam: ArkTeam;
  readonly ArkRun: ArkRun;
  readonly ArkEvent: ArkEvent;
  readonly ArkSettings: ArkSettings;
  readonly ArkMemory: ArkMemory;
  readonly ArkService: ArkService;
  readonly ArkNotify: ArkNotify;
  readonly ArkRegistry: ArkRegistry;
  readonly ArkBudget: ArkBudget;
}

/** The resource of a kind of ours. */
export function arkResource<K extends KindName>(kind: K): Resource<ArkObjects[K]> {
  const known = KINDS.find((candidate) => candidate.kind === kind);
  if (!known) throw new Error(`${kind} is no kind of ours`);
  return { group: GROUP, version: VERSION, plural: known.plural, kind, namespaced: true };
}

const namespaced = (group: string, version: string, kind: string, plural: string): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});
const clusterWide = (group: string, version: string, kind: string, plural: string): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced: false,
});

/** Kubernetes' own resources that we use. */
export const KUBERNETES = {
  configMaps: namespaced("", "v1", "ConfigMap", "configmaps"),
  customResourceDefinitions: clusterWide("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"),
  deployments: namespaced("apps", "v1", "Deployment", "deployments"),
  events: namespaced("events.k8s.io", "v1", "Event", "events"),
  leases: namespaced("coordination.k8s.io", "v1", "Lease", "leases"),
  namespaces: clusterWide("", "v1", "Namespace", "namespaces"),
  pods: namespaced("", "v1", "Pod", "pods"),
  secrets: namespaced("", "v1", "Secret", "secrets"),
  serviceAccounts: namespaced("", "v1", "ServiceAccount", "serviceaccounts"),
  services: namespaced("", "v1", "Service", "services"),
} as const satisfies Readonly<Record<string, Resource>>;

/** Where an object, a list of them (no `name`) or a subresource is. */
export interface Place {
  /** Left out, a namespaced list is of all namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** Would change which path it is: nothing, and what URLs take for folders. */
const NO_SEGMENT = /^\.{0,2}$/;

/** The URL path of something of a resource. @throws TypeError for an object of a namespaced kind without its namespace, and for names that are none */
export function pathOf({ group, version, plural, namespaced: hasNamespace, kind }: Resource<KubeObject>, place: Place = {}): string {
  const { namespace, name, subresource } = place;
  if (hasNamespace && name !== undefined && !namespace) throw new TypeError(`${kind} "${name}" has no namespace`);
  if (name !== undefined && NO_SEGMENT.test(name)) throw new TypeError(`"${name}" is no name of a ${kind}`);
  if (namespace !== undefined && namespace !== "" && NO_SEGMENT.test(namespace)) throw new TypeError(`"${namespace}" is no namespace`);
  const parts = group === "" ? ["api", version] : ["apis", group, version];
  if (hasNamespace && namespace) parts.push("namespaces", namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(...subresource.split("/"));
  return `/${parts.map(encodeURIComponent).join("/")}`;
}
