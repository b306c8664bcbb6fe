// `ark-server` beside a cluster, as an ordinary process: the program as it is, under the very role that manifests/rbac gives it, registered
// by URL since no pod serves it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { webhookConfigurations } from "../../webhook/index.ts";
import type { Component, ComponentPlane } from "./cluster.ts";
import { kubeconfigOf } from "./pki.ts";
import type { SupervisedProcess } from "./supervisor.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const NAMESPACE = "ark-system";
/** The user that a pod with this ServiceAccount is. */
const ACCOUNT = { commonName: `system:serviceaccount:${NAMESPACE}:ark-server`, organizations: ["system:serviceaccounts"] };
const HOST = "127.0.0.1";
const READY_LIMIT_MS = 30_000;
const LOOK_MS = 25;

/** How a server is started. */
export interface ArkServerOptions {
  /** Of the process and its log; unique in a cluster. */
  readonly name?: string;
  /** 0 is any. */
  readonly port?: number;
  readonly flags?: readonly string[];
  /** Program and arguments in place of the source: the built one. */
  readonly program?: readonly string[];
}

/** The program as it ships, once `npm run build` has made it. */
export const BUILT_SERVER: readonly string[] = [path.join(root, "dist/ark-server.js")];

/** A server that runs. */
export interface ArkServer {
  readonly port: number;
  readonly process: SupervisedProcess;
  /** What it has logged, a line each. */
  log(): string[];
  /** GETs a path of it, as whoever trusts any certificate. */
  get(path: string): Promise<{ readonly code: number; readonly text: string }>;
  /** Until it says that it is ready. */
  ready(): Promise<void>;
}

/** Its namespace, account and roles. Once for each cluster. */
export async function prepareArkServer(plane: ComponentPlane): Promise<void> {
  await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  await plane.apply(readFileSync(path.join(root, "manifests/rbac/ark-server.yaml"), "utf8"));
}

/** Tells the API server to ask the server at `url`, whose certificate's authority the server fills in. */
export async function registerArkServer(
  plane: ComponentPlane,
  url: string,
  excludedNamespaces: readonly string[] = ["kube-system"],
): Promise<void> {
  for (const object of webhookConfigurations({ address: { url }, excludedNamespaces })) await plane.apply(object);
}

/** Starts a server; resolves when it listens. */
export async function startArkServer(plane: ComponentPlane, options: ArkServerOptions = {}): Promise<ArkServer> {
  const { name = "ark-server", port = 0, flags = [], program = ["--import", "tsx", path.join(root, "cmd/ark-server/main.ts")] } = options;
  const folder = path.join(plane.folder, name);
  mkdirSync(folder, { recursive: true });
  const kubeconfig = path.join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigOf(plane.url, plane.ca, plane.authority.issue(ACCOUNT)), { mode: 0o600 });
  const args = [
    ...program,
    "--https-address",
    `${HOST}:${port}`,
    "--kubeconfig",
    kubeconfig,
    "--cert-host",
    HOST,
    "--shutdown-delay",
    "500ms",
    ...flags,
  ];
  const server = await plane.spawn({ name, program: process.execPath, args, cwd: root });
  const log = (): string[] => (existsSync(server.log) ? readFileSync(server.log, "utf8").split("\n").filter(Boolean) : []);
  const serving = await until(`${name} to listen`, server, log, () => log().find((line) => line.includes('"message":"serving"')));
  const said = JSON.parse(serving) as { port: number };
  const get = (target: string): ReturnType<ArkServer["get"]> => getFrom(said.port, target);
  return {
    port: said.port,
    process: server,
    log,
    get,
    ready: async () => {
      await until(`${name} to be ready`, server, log, async () => (await get("/readyz").catch(() => undefined))?.code === 200 || undefined);
    },
  };
}

/** For `startCluster`: one server whose webhooks are in force. */
export function arkServer(options: ArkServerOptions = {}): Component & { server(): ArkServer } {
  let started: ArkServer | undefined;
  return {
    name: "ark-server",
    async start(plane) {
      await prepareArkServer(plane);
      started = await startArkServer(plane, options);
      await registerArkServer(plane, `https://${HOST}:${started.port}`);
      await started.ready();
      await inForce(plane);
    },
    server() {
      if (!started) throw new Error("the server is there once its cluster is");
      return started;
    },
  };
}

/** Until a wrong object is refused by the webhook: the API server takes a moment to know of a new configuration and its authority. */
export async function inForce(plane: ComponentPlane): Promise<void> {
  const wrong = JSON.stringify({
    apiVersion: "arkonis.dev/v1alpha1",
    kind: "ArkTeam",
    metadata: { name: "probe", namespace: "default" },
    spec: { entry: "nobody", roles: [{ name: "lead", model: "mock", systemPrompt: "Lead." }] },
  });
  const file = path.join(plane.folder, "probe.json");
  writeFileSync(file, wrong);
  const endsMs = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const { stderr } = await plane.kubectl("create", "--dry-run=server", "-f", file);
    if (stderr.includes("spec.entry")) return;
    if (performance.now() > endsMs) throw new Error(`the webhooks are not in force: ${stderr}`);
    await sleep(LOOK_MS);
  }
}

async function until<T>(
  what: string,
  { end }: SupervisedProcess,
  log: () => string[],
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const endsMs = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (end || performance.now() > endsMs) throw new Error(`waiting for ${what} in vain:\n${log().slice(-10).join("\n")}`);
    await sleep(LOOK_MS);
  }
}

function getFrom(port: number, target: string): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: HOST, port, path: target, rejectUnauthorized: false, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ code: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end();
  });
}
