// A real control plane for tests and for developers.

export { type ApiProxy, type ProxyScript, startApiProxy } from "./apiProxy.ts";
export {
  type ArkServer,
  type ArkServerOptions,
  arkServer,
  BUILT_SERVER,
  inForce,
  prepareArkServer,
  registerArkServer,
  startArkServer,
} from "./arkServer.ts";
export { type Authority, createAuthority, type Identity, type IdentityRequest } from "./certificates.ts";
export type { Cluster, Component, ComponentPlane, KubectlResult, Plane } from "./cluster.ts";
export { kubeconfigOf } from "./pki.ts";
export { type ClusterOptions, startCluster } from "./startCluster.ts";
export type { ProcessEnd, SupervisedProcess } from "./supervisor.ts";
