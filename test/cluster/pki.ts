// Who is who in a cluster: one authority for servers and clients, one for the aggregator alone.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Authority, createAuthority, type Identity, type IdentityRequest, newKey } from "./certificates.ts";

/** The API server's own names, and the first address of its service range. */
const SERVER_HOSTS = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1"];
/** RBAC lets this group do everything. */
const MASTERS = ["system:masters"];

const CLIENTS: Readonly<Record<string, IdentityRequest>> = {
  "kubelet-client": { commonName: "kube-apiserver-kubelet-client", organizations: MASTERS },
  "controller-manager": { commonName: "system:kube-controller-manager" },
  scheduler: { commonName: "system:kube-scheduler" },
};

/** Writes `<name>.crt` and `<name>.key` of everybody into a folder that only its owner can read. */
export function writePki(folder: string, host: string): { authority: Authority; admin: Identity } {
  mkdirSync(folder, { mode: 0o700 });
  const write = (name: string, { certificate, key }: Identity): void => {
    writeFileSync(path.join(folder, `${name}.crt`), certificate);
    writeFileSync(path.join(folder, `${name}.key`), key, { mode: 0o600 });
  };
  const authority = createAuthority("kubectl-ark test cluster");
  const frontProxy = createAuthority("kubectl-ark test front proxy");
  write("ca", authority);
  write("front-proxy-ca", frontProxy);
  write("front-proxy-client", frontProxy.issue({ commonName: "front-proxy-client" }));
  write("apiserver", authority.issue({ commonName: "kube-apiserver", hosts: [...SERVER_HOSTS, host] }));
  for (const [name, request] of Object.entries(CLIENTS)) write(name, authority.issue(request));
  writeFileSync(path.join(folder, "service-account.key"), newKey().key, { mode: 0o600 });
  return { authority, admin: authority.issue({ commonName: "admin", organizations: MASTERS }) };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig for one user of one cluster; JSON is YAML. */
export function kubeconfigOf(server: string, ca: string, { certificate, key }: Identity): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [{ name: "test", user: { "client-certificate-data": base64(certificate), "client-key-data": base64(key) } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
