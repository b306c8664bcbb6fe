// The Kubernetes API: who we are to it, and what can be asked of it. Outsiders import this file only.

export { type ClusterAccess, type CredentialSource, type Credentials, fixedCredentials } from "./access.ts";
export { type AccessParts, type AccessRequest, findAccess } from "./accessOf.ts";
export { connect, type KubeConnection } from "./connect.ts";
export type { ExecParts } from "./execCredentials.ts";
export {
  type ApplyOptions,
  type CallOptions,
  createKubeClient,
  type DeleteOptions,
  type KubeClient,
  type NewObject,
  type Patch,
  type WriteOptions,
} from "./kubeClient.ts";
export { KubeconfigError } from "./kubeconfig.ts";
export {
  isAlreadyExists,
  isApplyConflict,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isKubeError,
  isNotFound,
  isTooManyRequests,
  isUnauthorized,
  isUnavailable,
  isUnknownKind,
  type KubeCause,
  KubeError,
  type KubeErrorParts,
  NO_ANSWER,
} from "./kubeError.ts";
export type { KubeList, ListQuery } from "./list.ts";
export {
  type ArkObjects,
  arkResource,
  KUBERNETES,
  type KubeObject,
  type Place,
  pathOf,
  type RawObject,
  type Resource,
} from "./resource.ts";
export { type KubeTable, listTable, type TableColumn, type TableRow } from "./table.ts";
export {
  createTransport,
  type KubeAnswer,
  type KubeMethod,
  type KubeRequest,
  type KubeStream,
  type KubeTransport,
  type TransportParts,
} from "./transport.ts";
export { WATCH_EVENTS, type WatchEvent, type WatchParts, type WatchQuery, watch } from "./watch.ts";
