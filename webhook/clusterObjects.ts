// Other objects for reviews, from a real cluster: informers for teams and settings, one GET where it matters.

import { arkResource, isNotFound, type KubeClient } from "../controller/kit/client/index.ts";
import { type Informer, startInformer } from "../controller/kit/informer/index.ts";
import { type ArkSettings, type ArkTeam, GROUP } from "../crds/index.ts";
import type { Clock, Log } from "../plugins/sdk/index.ts";
import type { OtherObjects } from "./otherObjects.ts";
import type { Review } from "./review.ts";

/** What it takes to know of other objects. */
export interface ClusterParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** Objects of the cluster, kept at hand until `stop`. */
export interface ClusterObjects extends OtherObjects {
  /** Whether the first lists have come. Reviews do not wait for it: without a store they ask the API server. */
  readonly isSynced: boolean;
  /** Milliseconds since the API server was last heard of by the informer that has waited longest. */
  ageMs(): number;
  /** Begins to follow. Until then every question is a live one. */
  start(): void;
  stop(): Promise<void>;
}

/** Nothing that rules read: what stands here is most of an object's size. */
function trimmed<T extends ArkTeam | ArkSettings>(object: T): T {
  const { managedFields: _dropped, ...metadata } = object.metadata as T["metadata"] & { managedFields?: unknown };
  const { status: _status, ...rest } = object as T & { status?: unknown };
  return { ...rest, metadata } as T;
}

/** Teams and settings of all namespaces, followed from `start` on. */
export function clusterObjects(parts: ClusterParts): ClusterObjects {
  let followed: { readonly ArkTeam: Informer<ArkTeam>; readonly ArkSettings: Informer<ArkSettings> } | undefined;
  const all = (): readonly Informer<ArkTeam | ArkSettings>[] => (followed ? [followed.ArkTeam, followed.ArkSettings] : []);
  return {
    stored: (kind, namespace, name) => followed?.[kind].get(namespace, name),
    async live(kind, namespace, name, signal) {
      try {
        return await parts.client.get(arkResource(kind), { namespace, name }, { signal });
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    get isSynced() {
      return followed !== undefined && all().every((informer) => informer.isSynced);
    },
    ageMs: () => parts.clock.monotonic() - Math.min(...all().map((informer) => informer.heardMs), parts.clock.monotonic()),
    start() {
      followed ??= {
        ArkTeam: startInformer(arkResource("ArkTeam"), { ...parts, trim: trimmed }),
        ArkSettings: startInformer(arkResource("ArkSettings"), { ...parts, trim: trimmed }),
      };
    },
    async stop() {
      await Promise.all(all().map((informer) => informer.stop()));
    },
  };
}

/** Whether the asking user may `approve` the run that a review is about (SPEC §2.3). @throws KubeError when the API server cannot say */
export async function mayApprove(client: KubeClient, { user, namespace, name }: Review, signal: AbortSignal): Promise<boolean> {
  const { text } = await client.request({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    isRepeatable: true, // it changes nothing
    signal,
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user: user.username,
        uid: user.uid,
        groups: user.groups,
        extra: user.extra,
        resourceAttributes: { namespace, verb: "approve", group: GROUP, resource: "arkruns", ...(name !== "" && { name }) },
      },
    },
  });
  const answer = JSON.parse(text) as { status?: { allowed?: unknown } };
  return answer.status?.allowed === true;
}
