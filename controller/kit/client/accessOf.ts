// From an entry of a kubeconfig, or from inside a pod, to the way to a cluster.
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import path from "node:path";
import { type ClusterAccess, type CredentialSource, type Credentials, fixedCredentials } from "./access.ts";
import { type ExecParts, type ExecPlugin, execCredentials, INTERACTIVE_MODES } from "./execCredentials.ts";
import { isRecord, recordsOf, textOf } from "./json.ts";
import {
  type ChosenContext,
  chooseContext,
  type KubeconfigEntry,
  KubeconfigError,
  type KubeconfigOverrides,
  readKubeconfig,
} from "./kubeconfig.ts";
import { oidcCredentials } from "./oidcCredentials.ts";
import { tokenFileCredentials } from "./tokenFile.ts";

/** What a user or a deployment says about the cluster to talk to. */
export interface AccessRequest extends KubeconfigOverrides {
  /** A kubeconfig file; KUBECONFIG and `~/.kube/config` otherwise, and inside a pod its service account when neither is there. */
  readonly kubeconfig?: string | undefined;
  /** Bearer token in place of the user's. */
  readonly token?: string | undefined;
  /** User, and groups, to act as. */
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[];
}

/** What finding out takes. */
export interface AccessParts extends ExecParts {
  readonly home: string;
  /** Where a pod's token is, when that is not where a kubelet puts it. */
  readonly serviceAccountFolder?: string | undefined;
}

/** Where a kubelet puts what a pod needs to speak to the API server. */
const POD_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The cluster to talk to. @throws KubeconfigError when there is none, or it is not described well */
export async function findAccess(request: AccessRequest, parts: AccessParts): Promise<ClusterAccess> {
  const config = await readKubeconfig({ explicit: request.kubeconfig, env: parts.env, home: parts.home });
  const chosen = chooseContext(config, request);
  if (chosen) return accessOf(chosen, { request, parts, files: config.files });
  const inPod = await podAccess(parts);
  if (inPod) return withRequest(inPod, request);
  const looked = request.kubeconfig ?? parts.env["KUBECONFIG"] ?? path.join(parts.home, ".kube", "config");
  throw new KubeconfigError(
    `no cluster to talk to: ${looked} names none; set KUBECONFIG, or choose a context with kubectl config use-context`,
  );
}

interface AccessContext {
  readonly request: AccessRequest;
  readonly parts: AccessParts;
  readonly files: readonly string[];
}

async function accessOf(chosen: ChosenContext, { request, parts, files }: AccessContext): Promise<ClusterAccess> {
  const origin = `context "${chosen.name}" of ${files.join(", ")}`;
  const { fields } = chosen.cluster;
  const server = textOf(fields["server"]).replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(server)) throw new KubeconfigError(`${origin}: its cluster's server "${server}" is no http(s) URL`);
  if (textOf(fields["proxy-url"]) !== "") throw new KubeconfigError(`${origin}: its cluster has a proxy-url, which is not supported`);
  const insecure = fields["insecure-skip-tls-verify"] === true;
  const ca = await pemOf(chosen.cluster, "certificate-authority", origin);
  if (insecure && ca !== undefined)
    throw new KubeconfigError(`${origin}: its cluster has an authority and insecure-skip-tls-verify; remove one of them`);
  return withRequest(
    {
      server,
      ca,
      tlsServerName: textOf(fields["tls-server-name"]) || undefined,
      insecureSkipTlsVerify: insecure,
      namespace: chosen.namespace,
      headers: impersonationOf(chosen.user.fields),
      credentials: await credentialsOf(chosen, parts, origin),
      origin,
    },
    request,
  );
}

/** What was asked for on top: a token, somebody to act as, a namespace. */
function withRequest(access: ClusterAccess, { token, as, asGroups, namespace }: AccessRequest): ClusterAccess {
  const acting = as ? { "impersonate-user": as, ...(asGroups && asGroups.length > 0 && { "impersonate-group": asGroups }) } : undefined;
  return {
    ...access,
    namespace: namespace || access.namespace,
    headers: acting ?? access.headers,
    credentials: token ? fixedCredentials({ authorization: `Bearer ${token}` }) : access.credentials,
  };
}

/** `<field>-data` (base64) before `<field>` (a file), as PEM. */
async function pemOf({ fields, folder }: KubeconfigEntry, field: string, origin: string): Promise<string | undefined> {
  const data = textOf(fields[`${field}-data`]);
  if (data !== "") return Buffer.from(data, "base64").toString("utf8");
  const file = textOf(fields[field]);
  if (file === "") return undefined;
  const whole = path.resolve(folder, file);
  return readFile(whole, "utf8").catch((error: unknown) => {
    throw new KubeconfigError(`${origin}: cannot read ${field} ${whole}`, { cause: error });
  });
}

async function credentialsOf({ user, cluster }: ChosenContext, parts: AccessParts, origin: string): Promise<CredentialSource> {
  const { fields } = user;
  const [cert, key] = [await pemOf(user, "client-certificate", origin), await pemOf(user, "client-key", origin)];
  if ((cert === undefined) !== (key === undefined))
    throw new KubeconfigError(`${origin}: its user has only one of client-certificate and client-key; both are needed`);
  const rest: Credentials = cert !== undefined && key !== undefined ? { certificate: { cert, key } } : {};
  const token = textOf(fields["token"]);
  const tokenFile = textOf(fields["tokenFile"]);
  const username = textOf(fields["username"]);
  if (isRecord(fields["exec"])) return execCredentials(await pluginOf(fields["exec"], user, cluster, origin), parts, rest);
  if (isRecord(fields["auth-provider"])) return providerOf(fields["auth-provider"], { parts, rest, origin });
  if (tokenFile !== "") return tokenFileCredentials(path.resolve(user.folder, tokenFile), parts.clock, rest); // before token, as in kubectl
  if (token !== "") return fixedCredentials({ ...rest, authorization: `Bearer ${token}` });
  if (username !== "") {
    const basic = Buffer.from(`${username}:${textOf(fields["password"])}`).toString("base64");
    return fixedCredentials({ ...rest, authorization: `Basic ${basic}` });
  }
  return fixedCredentials(rest);
}

interface ProviderContext {
  readonly parts: AccessParts;
  readonly rest: Credentials;
  readonly origin: string;
}

/** `oidc` is the one auth-provider that kubectl still has. */
function providerOf(provider: Readonly<Record<string, unknown>>, { parts, rest, origin }: ProviderContext): CredentialSource {
  const name = textOf(provider["name"]);
  if (name !== "oidc")
    throw new KubeconfigError(`${origin}: its user has the auth-provider "${name}", which Kubernetes has given up; use its exec plugin`);
  const config = isRecord(provider["config"]) ? provider["config"] : {};
  const login = {
    idToken: textOf(config["id-token"]),
    refreshToken: textOf(config["refresh-token"]),
    issuer: textOf(config["idp-issuer-url"]),
    clientId: textOf(config["client-id"]),
    hasOwnAuthority: ["idp-certificate-authority", "idp-certificate-authority-data"].some((key) => textOf(config[key]) !== ""),
    origin,
  };
  return oidcCredentials(login, parts.clock, rest);
}

async function pluginOf(
  exec: Readonly<Record<string, unknown>>,
  user: KubeconfigEntry,
  cluster: KubeconfigEntry,
  origin: string,
): Promise<ExecPlugin> {
  const command = textOf(exec["command"]);
  const apiVersion = textOf(exec["apiVersion"]);
  if (command === "") throw new KubeconfigError(`${origin}: its user's exec has no command`);
  if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion))
    throw new KubeconfigError(`${origin}: its user's exec.apiVersion "${apiVersion}" is not client.authentication.k8s.io/v1 or /v1beta1`);
  const args = exec["args"];
  return {
    apiVersion,
    command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Object.fromEntries(recordsOf(exec["env"]).map(({ name, value }) => [textOf(name), textOf(value)])),
    installHint: textOf(exec["installHint"]),
    interactiveMode: INTERACTIVE_MODES.find((mode) => mode === exec["interactiveMode"]) ?? "IfAvailable",
    cluster: exec["provideClusterInfo"] === true ? await clusterInfoOf(cluster, origin) : undefined,
    folder: user.folder,
  };
}

/** The cluster as plugins see it; `config` is what the kubeconfig says for them alone. */
async function clusterInfoOf(cluster: KubeconfigEntry, origin: string): Promise<Readonly<Record<string, unknown>>> {
  const { fields } = cluster;
  const ca = await pemOf(cluster, "certificate-authority", origin);
  const extensions = recordsOf(fields["extensions"]);
  const own = extensions.find(({ name }) => name === "client.authentication.k8s.io/exec");
  return {
    server: fields["server"],
    ...(fields["tls-server-name"] !== undefined && { "tls-server-name": fields["tls-server-name"] }),
    ...(fields["insecure-skip-tls-verify"] !== undefined && { "insecure-skip-tls-verify": fields["insecure-skip-tls-verify"] }),
    ...(ca !== undefined && { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
    config: own?.["extension"] ?? null,
  };
}

/** `as`, `as-uid`, `as-groups` and `as-user-extra` of a user, as headers. */
function impersonationOf(fields: Readonly<Record<string, unknown>>): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {};
  const user = textOf(fields["as"]);
  if (user === "") return headers;
  headers["impersonate-user"] = user;
  const uid = textOf(fields["as-uid"]);
  if (uid !== "") headers["impersonate-uid"] = uid;
  const groups = fields["as-groups"];
  if (Array.isArray(groups) && groups.length > 0) headers["impersonate-group"] = groups.map(String);
  const extra = fields["as-user-extra"];
  if (isRecord(extra))
    for (const [name, values] of Object.entries(extra))
      if (Array.isArray(values)) headers[`impersonate-extra-${encodeURIComponent(name.toLowerCase())}`] = values.map(String);
  return headers;
}

/** The way to the API server from inside a pod; undefined elsewhere. */
async function podAccess({ env, clock, serviceAccountFolder: folder = POD_FOLDER }: AccessParts): Promise<ClusterAccess | undefined> {
  const [host, port] = [env["KUBERNETES_SERVICE_HOST"], env["KUBERNETES_SERVICE_PORT"]];
  if (!host || !port) return undefined;
  const [ca, namespace] = await Promise.all(
    ["ca.crt", "namespace"].map((name) =>
      readFile(path.join(folder, name), "utf8").catch((error: unknown) => {
        throw new KubeconfigError(
          `this pod has no service account: cannot read ${path.join(folder, name)}; set automountServiceAccountToken`,
          {
            cause: error,
          },
        );
      }),
    ),
  );
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    ca,
    namespace: namespace?.trim() || "default",
    headers: {},
    credentials: tokenFileCredentials(path.join(folder, "token"), clock),
    origin: "this pod's service account",
  };
}
