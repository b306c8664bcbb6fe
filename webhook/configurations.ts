// The objects that tell the API server to ask us. Our group only, never for deletes or status, and only for changes that rules speak of
// (B20), so that an outage of ours stays ours (P6).
import { GROUP, KINDS, VERSION } from "../crds/index.ts";
import type { AdmissionPath } from "./server.ts";
import { CREATED_BY, RETRY_OF } from "./stamps.ts";

/** Name of both configurations: the emergency command deletes them by it. */
export const CONFIGURATION_NAME = "ark-admission";

/** Where the API server finds us. */
export type WebhookAddress =
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } }
  /** `https://127.0.0.1:8443`: for a server outside of the cluster. */
  | { readonly url: string };

/** What configurations are made of. */
export interface ConfigurationOptions {
  readonly address: WebhookAddress;
  /** Namespaces whose objects are never looked at. */
  readonly excludedNamespaces: readonly string[];
  /** PEM; left out, the server fills it in. */
  readonly caBundle?: string | undefined;
}

/** RELIABILITY §5, `webhookTimeout`. */
const TIMEOUT_SECONDS = 5;

/** Metadata that nobody but admission may write. */
const STAMPS = [`annotations[?"${CREATED_BY}"]`, `labels[?"${RETRY_OF}"]`];

/** B20: creation, a changed spec; an object without one is the schema's to refuse. */
const SPEC_CHANGED = "!has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec";
const STAMP_CHANGED = STAMPS.map((stamp) => `object.metadata.?${stamp}.orValue("") != oldObject.metadata.?${stamp}.orValue("")`).join(
  " || ",
);

/** The two configurations, as `kubectl apply` takes them. */
export function webhookConfigurations(options: ConfigurationOptions): object[] {
  const plurals = KINDS.map((kind) => kind.plural);
  return [
    configuration("Validating", [webhook({ ...options, name: "validate", path: "/admission/validate", plurals, changed: SPEC_CHANGED })]),
    configuration("Mutating", [
      {
        ...webhook({
          ...options,
          name: "stamp",
          path: "/admission/stamp",
          plurals: ["arkruns"],
          changed: `${SPEC_CHANGED} || ${STAMP_CHANGED}`,
        }),
        reinvocationPolicy: "Never",
      },
    ]),
  ];
}

function configuration(kind: "Validating" | "Mutating", webhooks: object[]): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: CONFIGURATION_NAME, labels: { "app.kubernetes.io/name": "ark-server", "app.kubernetes.io/part-of": "kubectl-ark" } },
    webhooks,
  };
}

interface WebhookOptions extends ConfigurationOptions {
  readonly name: string;
  readonly path: AdmissionPath;
  readonly plurals: readonly string[];
  readonly changed: string;
}

function webhook({ name, path, plurals, changed, address, excludedNamespaces, caBundle }: WebhookOptions): object {
  return {
    name: `${name}.${GROUP}`,
    clientConfig: {
      ...("url" in address ? { url: `${address.url}${path}` } : { service: { ...address.service, path } }),
      ...(caBundle !== undefined && { caBundle: Buffer.from(caBundle).toString("base64") }),
    },
    rules: [{ apiGroups: [GROUP], apiVersions: [VERSION], operations: ["CREATE", "UPDATE"], resources: plurals, scope: "Namespaced" }],
    matchConditions: [{ name: "changes-what-rules-speak-of", expression: `request.operation == "CREATE" || ${changed}` }],
    ...(excludedNamespaces.length > 0 && {
      namespaceSelector: {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: excludedNamespaces }],
      },
    }),
    matchPolicy: "Equivalent",
    failurePolicy: "Fail",
    sideEffects: "None",
    timeoutSeconds: TIMEOUT_SECONDS,
    admissionReviewVersions: ["v1"],
  };
}
