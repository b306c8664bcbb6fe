// The Secret that replicas share, read and written whole. Who writes names the version it has read: the second of two is told to look again.
import {
  isAlreadyExists,
  isConflict,
  isNotFound,
  KUBERNETES,
  type KubeClient,
  pathOf,
  type RawObject,
} from "../../controller/kit/client/index.ts";
import { NO_STATE } from "./certificateState.ts";
import type { SharedState } from "./rotator.ts";
import { dataOf, type SecretData, stateOf } from "./secretData.ts";

/** Who writes, in `managedFields`. */
export const FIELD_MANAGER = "ark-server-certificates";

/** Where the Secret is. */
export interface SharedSecretParts {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

const LABELS = { "app.kubernetes.io/name": "ark-server", "app.kubernetes.io/part-of": "kubectl-ark" };

/** The shared state in a Secret. Takes `get`, `create` and `update` of it. */
export function sharedSecret({ client, namespace, name, signal }: SharedSecretParts): SharedState {
  const { secrets } = KUBERNETES;
  const place = { namespace, name };
  return {
    async read() {
      try {
        const secret = await client.get(secrets, place, { signal });
        return { state: stateOf(secret["data"]), version: secret };
      } catch (error) {
        if (isNotFound(error)) return { state: NO_STATE, version: undefined };
        throw error;
      }
    },
    async write(state, { version }) {
      const found = version as RawObject | undefined; // ours: `read` has made it
      if (!found) {
        const secret = { metadata: { ...place, labels: LABELS }, type: "kubernetes.io/tls", data: dataOf(state) };
        return unless(isAlreadyExists, client.create(secrets, secret, { fieldManager: FIELD_MANAGER, signal }));
      }
      const body = { ...found, data: dataOf(state, (found["data"] ?? {}) as SecretData) };
      const query = { fieldManager: FIELD_MANAGER };
      const replaced = client.request({ method: "PUT", path: pathOf(secrets, place), query, body, signal });
      return unless((error) => isConflict(error) || isNotFound(error), replaced);
    },
  };
}

/** True when the write is done, false when somebody else was first; any other failure rejects. */
export function unless(isRefusal: (error: unknown) => boolean, write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => true,
    (error: unknown) => {
      if (isRefusal(error)) return false;
      throw error;
    },
  );
}
