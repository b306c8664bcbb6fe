// What ark-server may do in a cluster, as the code needs it: the roles in manifests/rbac are made of this, and tests run under them.

import type { PolicyRule } from "../controller/kit/index.ts";
import { GROUP } from "../crds/index.ts";
import { CONFIGURATION_NAME } from "./configurations.ts";

/** Name of the Secret that holds the certificate of our own, in the server's namespace. */
export const CERTIFICATE_SECRET = "ark-webhook-certs";

/** In the whole cluster. */
export const CLUSTER_RULES: readonly PolicyRule[] = [
  // clusterObjects: what refusals may rest on
  { apiGroups: [GROUP], resources: ["arkteams", "arksettings"], verbs: ["get", "list", "watch"] },
  // mayApprove
  { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
  // the keeper of certificates: `caBundle` of our own two objects
  {
    apiGroups: ["admissionregistration.k8s.io"],
    resources: ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    resourceNames: [CONFIGURATION_NAME],
    verbs: ["get", "list", "watch", "patch"],
  },
];

/** In the server's own namespace: its certificate. A `create` cannot be bound to a name. */
export const NAMESPACE_RULES: readonly PolicyRule[] = [
  { apiGroups: [""], resources: ["secrets"], resourceNames: [CERTIFICATE_SECRET], verbs: ["get", "list", "watch", "update"] },
  { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
];
