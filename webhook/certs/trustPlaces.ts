// The objects that say whom API servers trust when they call us: webhook configurations, APIServices. Only `caBundle` is written, and
// only while the object is as it was read. Objects that cert-manager fills in are not ours.
import { isConflict, isNotFound, type KubeClient, type RawObject, type Resource } from "../../controller/kit/client/index.ts";
import { readBundle } from "./readCertificates.ts";
import type { TrustPlaces, TrustPlaceView } from "./rotator.ts";
import { bundleText } from "./secretData.ts";
import { FIELD_MANAGER, unless } from "./sharedSecret.ts";

const clusterWide = (group: string, kind: string, plural: string): Resource => ({ group, version: "v1", plural, kind, namespaced: false });

/** Kinds that have a `caBundle`, and where. */
const KINDS = {
  validating: clusterWide("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
  mutating: clusterWide("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
  apiService: clusterWide("apiregistration.k8s.io", "APIService", "apiservices"),
} as const;

/** An object with a `caBundle`. */
export interface TrustPlace {
  readonly resource: Resource;
  readonly name: string;
}

/** What the objects are called that have to trust us. */
export interface TrustPlaceNames {
  /** Name of a ValidatingWebhookConfiguration and of a MutatingWebhookConfiguration; what is not there is passed over. */
  readonly configurations: string;
  readonly apiServices?: readonly string[] | undefined;
}

/** The objects of some names. */
export function trustPlacesOf({ configurations, apiServices = [] }: TrustPlaceNames): TrustPlace[] {
  return [
    { resource: KINDS.validating, name: configurations },
    { resource: KINDS.mutating, name: configurations },
    ...apiServices.map((name) => ({ resource: KINDS.apiService, name })),
  ];
}

/** The objects in a cluster. Takes `get` and `patch` of them. */
export function clusterPlaces(client: KubeClient, list: readonly TrustPlace[], signal: AbortSignal): TrustPlaces {
  return {
    async read() {
      const found = await Promise.all(
        list.map((place) =>
          client.get(place.resource, { name: place.name }, { signal }).then(
            (object) => viewsOf(place, object),
            (error: unknown) => {
              if (isNotFound(error)) return [];
              throw error;
            },
          ),
        ),
      );
      return found.flat();
    },
    async write({ version }, authorities) {
      const { place, path, resourceVersion } = version as PlaceVersion; // ours: `read` has made it
      const body = [
        { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
        { op: "add", path, value: Buffer.from(bundleText(authorities)).toString("base64") },
      ];
      const patched = client.patch(place.resource, { name: place.name }, { type: "json", body }, { fieldManager: FIELD_MANAGER, signal });
      return unless((error) => isConflict(error) || isNotFound(error), patched);
    },
  };
}

interface PlaceVersion {
  readonly place: TrustPlace;
  /** JSON pointer. */
  readonly path: string;
  readonly resourceVersion: string | undefined;
}

/** cert-manager's injector keeps the bundle of objects that carry one of these. */
const INJECTED = /^cert-manager\.io\/inject-/;

function viewsOf(place: TrustPlace, object: RawObject): TrustPlaceView[] {
  const { annotations = {}, resourceVersion } = object.metadata;
  if (Object.keys(annotations).some((name) => INJECTED.test(name))) return [];
  return bundlesOf(place, object).map(({ path, caBundle }, i) => ({
    name: `${place.resource.plural}/${place.name}[${i}]`,
    version: { place, path, resourceVersion } satisfies PlaceVersion,
    ...readBundle(caBundle),
  }));
}

function bundlesOf({ resource }: TrustPlace, object: RawObject): { path: string; caBundle: string }[] {
  if (resource === KINDS.apiService) return [{ path: "/spec/caBundle", caBundle: decoded(recordOf(object["spec"])["caBundle"]) }];
  const webhooks: unknown = object["webhooks"];
  return (Array.isArray(webhooks) ? webhooks : []).map((webhook: unknown, i) => ({
    path: `/webhooks/${i}/clientConfig/caBundle`,
    caBundle: decoded(recordOf(recordOf(webhook)["clientConfig"])["caBundle"]),
  }));
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

const decoded = (base64: unknown): string => (typeof base64 === "string" ? Buffer.from(base64, "base64").toString("utf8") : "");
