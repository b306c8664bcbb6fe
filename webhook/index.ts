// The HTTPS server that the API server asks. Outsiders import this file only.
export { CERTIFICATE_SECRET, CLUSTER_RULES, NAMESPACE_RULES } from "./access.ts";
export { type AdmissionParts, stamp, validate } from "./admission.ts";
export {
  type CertificateKeeper,
  type CertificateLifetimes,
  fileCertificate,
  type KeeperParts,
  keepCertificate,
} from "./certs/index.ts";
export { type ClusterObjects, clusterObjects, mayApprove } from "./clusterObjects.ts";
export { CONFIGURATION_NAME, type ConfigurationOptions, type WebhookAddress, webhookConfigurations } from "./configurations.ts";
export type { OtherObjects } from "./otherObjects.ts";
export { type Answer, answerText, type Review, readReview } from "./review.ts";
export {
  ADMISSION_PATHS,
  type AdmissionPath,
  type ReviewOutcome,
  SERVER_LIMITS,
  type ServerLimits,
  type ServerParts,
  type ServingCertificate,
  startServer,
  type WebhookServer,
} from "./server.ts";
export type { Readiness, ServiceParts } from "./serviceRoutes.ts";
export { CREATED_BY, RETRY_OF, stampsOf } from "./stamps.ts";
export { VerdictCache } from "./verdictCache.ts";

/** What the server says of itself. Loaded when it is first asked for: admission does not wait for Express. */
export async function loadServiceRoutes(): Promise<typeof import("./serviceRoutes.ts").serviceRoutes> {
  return (await import("./serviceRoutes.ts")).serviceRoutes;
}
