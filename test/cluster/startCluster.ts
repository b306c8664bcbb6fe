// A real control plane on this machine's loopback: etcd, kube-apiserver, and kube-controller-manager with kube-scheduler, as an ordinary
// user. Nothing of it outlives this process: supervisor.mjs sees to that.
import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, askSocket, type Credentials } from "./apiProbe.ts";
import type { Authority, Identity } from "./certificates.ts";
import type { Cluster, Component, ComponentPlane, KubectlResult } from "./cluster.ts";
import { kubeconfigOf, writePki } from "./pki.ts";
import { apiServerFlags, controllerManagerFlags, ETCD_SOCKET, etcdFlags, HOST, schedulerFlags } from "./planeFlags.ts";
import { API_PROGRAMS, findPrograms, PROGRAMS } from "./programs.ts";
import { type SupervisedProcess, type Supervisor, startSupervisor } from "./supervisor.ts";

/** What is to run, and whom to tell. */
export interface ClusterOptions {
  /** False leaves out kube-controller-manager and kube-scheduler: enough for CRDs, admission and RBAC, and a second faster. */
  readonly controllers?: boolean;
  /** Files or folders applied before the controllers start: the garbage collector looks for new kinds every 30 s only. */
  readonly manifests?: readonly string[];
  readonly components?: readonly Component[];
  /** More flags of kube-apiserver; the last one counts. */
  readonly apiServerFlags?: readonly string[];
  /** Progress, a line each. Silent unless told. */
  readonly say?: (line: string) => void;
  /** Aborted, the start ends and leaves nothing. */
  readonly signal?: AbortSignal | undefined;
}

const START_LIMIT_MS = 60_000;
const LOOK_MS = 25;
const PORT_TRIES = 5;
/** Below the range from which the kernel gives ports to clients (32768). */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000];
/** Two post-start hooks begin with a second's pause and make what an administrator does not need: RBAC roles, priority classes. */
const SERVES = "/readyz?exclude=poststarthook/rbac/bootstrap-roles&exclude=poststarthook/scheduling/bootstrap-system-priority-classes";

/** Starts a cluster: 3 s, beside minutes of building the first time. Whoever starts it stops it. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { controllers = true, manifests = [], components = [], say = () => undefined, signal } = options;
  const programs = await findPrograms({ env: process.env, needed: controllers ? PROGRAMS : API_PROGRAMS, say, signal });
  const startedMs = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), "kubectl-ark-cluster-")); // readable by its owner alone
  const supervisor = startSupervisor(folder);
  const running: Component[] = [];
  const stop = async (): Promise<void> => {
    for (const component of running.splice(0).reverse()) await component.stop?.();
    await supervisor.end();
  };
  try {
    const starter = new Starter({ folder, programs, supervisor, signal });
    const plane = await starter.startApi(options.apiServerFlags ?? []);
    say(`serving at ${plane.url} after ${(performance.now() - startedMs).toFixed(0)} ms`);
    for (const manifest of manifests) await applyFiles(plane, path.resolve(manifest));
    await starter.waitFor("/readyz");
    if (controllers) await starter.startControllers();
    for (const component of components) {
      await component.start(plane);
      running.push(component);
    }
    say(`ready after ${(performance.now() - startedMs).toFixed(0)} ms`);
    supervisor.release();
    return {
      ...plane,
      namespace: () => newNamespace(starter, controllers),
      compact: () => compact(path.join(folder, ETCD_SOCKET)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface StarterParts {
  readonly folder: string;
  readonly programs: string;
  readonly supervisor: Supervisor;
  readonly signal: AbortSignal | undefined;
}

/** The programs, in their order. */
class Starter {
  readonly #parts: StarterParts;
  readonly #processes: SupervisedProcess[] = [];
  readonly #authority: Authority;
  readonly #admin: Identity;
  #url = "";

  constructor(parts: StarterParts) {
    this.#parts = parts;
    for (const name of ["etcd", "logs"]) mkdirSync(path.join(parts.folder, name), { mode: 0o700 });
    const { authority, admin } = writePki(path.join(parts.folder, "pki"), HOST);
    this.#authority = authority;
    this.#admin = admin;
  }

  async startApi(flags: readonly string[]): Promise<ComponentPlane> {
    const { folder } = this.#parts;
    await this.#spawn("etcd", etcdFlags());
    // An API server that finds no etcd sleeps a whole second before it tries again.
    await this.#until("etcd's socket", () => existsSync(path.join(folder, ETCD_SOCKET)));
    for (let tries = 1; this.#url === ""; tries++) {
      const port = await freePort();
      const server = await this.#spawn("kube-apiserver", [...apiServerFlags(port), ...flags]);
      this.#url = `https://${HOST}:${port}`;
      try {
        await this.waitFor(SERVES);
      } catch (error) {
        // Somebody took the port between our look and its use.
        if (tries === PORT_TRIES || !server.end || !readFileSync(server.log, "utf8").includes("address already in use")) throw error;
        this.#processes.splice(this.#processes.indexOf(server), 1);
        this.#url = "";
      }
    }
    return this.#plane();
  }

  /** Only once the API server is ready: without their RBAC roles they would be refused, and back off. */
  async startControllers(): Promise<void> {
    const { folder } = this.#parts;
    for (const name of ["controller-manager", "scheduler"])
      writeKubeconfig(path.join(folder, "pki", `${name}.kubeconfig`), this.#url, this.#authority, readIdentity(folder, name));
    await this.#spawn("kube-controller-manager", controllerManagerFlags());
    await this.#spawn("kube-scheduler", schedulerFlags());
    await this.waitFor("/api/v1/namespaces/default/serviceaccounts/default"); // every pod needs its namespace's
  }

  /** Until a path answers 200. */
  async waitFor(urlPath: string): Promise<void> {
    await this.#until(urlPath, async () => {
      const answer = await this.ask("GET", urlPath).catch(() => undefined); // refused while it starts
      return answer?.status === 200;
    });
  }

  ask(method: string, urlPath: string, body?: unknown) {
    const credentials: Credentials = { ca: this.#authority.certificate, cert: this.#admin.certificate, key: this.#admin.key };
    return ask(this.#url + urlPath, credentials, method, body);
  }

  #spawn(name: string, args: readonly string[]): Promise<SupervisedProcess> {
    const { folder, programs } = this.#parts;
    return this.#start({ name, program: path.join(programs, name), args, env: { CONTROLPLANE_ENDS_WITH_STDIN: "1" }, cwd: folder });
  }

  async #start(spec: Omit<Parameters<Supervisor["start"]>[0], "log">): Promise<SupervisedProcess> {
    const log = path.join(this.#parts.folder, "logs", `${spec.name}.log`);
    const started = await this.#parts.supervisor.start({ ...spec, log, env: { ...withoutProxies(process.env), ...spec.env } });
    this.#processes.push(started);
    return started;
  }

  async #until(what: string, isThere: () => boolean | Promise<boolean>): Promise<void> {
    const giveUpMs = performance.now() + START_LIMIT_MS;
    while (!(await isThere())) {
      this.#parts.signal?.throwIfAborted();
      for (const { name, end, log } of this.#processes)
        if (end) throw new Error(`${name} ended (${end.signal ?? `exit code ${end.code}`}):\n${lastErrors(log)}`);
      if (performance.now() > giveUpMs) throw new Error(`no ${what} after ${START_LIMIT_MS / 1_000} s:\n${this.#allErrors()}`);
      await sleep(LOOK_MS);
    }
  }

  #allErrors(): string {
    return this.#processes.map(({ name, log }) => `${name}:\n${lastErrors(log)}`).join("\n");
  }

  #plane(): ComponentPlane {
    const { folder, programs } = this.#parts;
    const kubeconfig = path.join(folder, "kubeconfig");
    writeKubeconfig(kubeconfig, this.#url, this.#authority, this.#admin);
    const env = { KUBECONFIG: kubeconfig, PATH: [programs, process.env["PATH"] ?? ""].join(path.delimiter) };
    const kubectl = (args: readonly string[], input?: string): Promise<KubectlResult> =>
      runKubectl(path.join(programs, "kubectl"), { args, env: { ...withoutProxies(process.env), ...env }, input });
    return {
      url: this.#url,
      ca: this.#authority.certificate,
      authority: this.#authority,
      kubeconfig,
      folder,
      env,
      kubectl: (...args) => kubectl(args),
      async apply(manifest) {
        const input = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
        const { code, stderr } = await kubectl(["apply", "--server-side", "-f", "-"], input);
        if (code !== 0) throw new Error(`kubectl apply: ${stderr.trim()}`);
      },
      spawn: ({ name, program, args, cwd = folder, env: more }) => this.#start({ name, program, args, cwd, env: { ...env, ...more } }),
    };
  }
}

/** The API server must call webhooks itself, not ask somebody's proxy to. */
function withoutProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|all)_proxy$/i.test(name)));
}

/** A port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, HOST, () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

const readIdentity = (folder: string, name: string): Identity => ({
  certificate: readFileSync(path.join(folder, "pki", `${name}.crt`), "utf8"),
  key: readFileSync(path.join(folder, "pki", `${name}.key`), "utf8"),
});

const writeKubeconfig = (file: string, url: string, authority: Authority, identity: Identity): void =>
  writeFileSync(file, kubeconfigOf(url, authority.certificate, identity), { mode: 0o600 });

/** The last complaints of a log in klog's or etcd's form, else its last lines. */
function lastErrors(log: string): string {
  const lines = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
  const complaints = lines.filter((line) => /^[EF]\d{4} |"level":"(error|fatal)"|panic|^Error/.test(line));
  return (complaints.length > 0 ? complaints : lines).slice(-5).join("\n");
}

async function applyFiles(plane: ComponentPlane, target: string): Promise<void> {
  const applied = await plane.kubectl("apply", "--server-side", "-f", target);
  if (applied.code !== 0) throw new Error(`kubectl apply -f ${target}: ${applied.stderr.trim()}`);
  const crds = applied.stdout.match(/^customresourcedefinition\S+(?= )/gm) ?? [];
  if (crds.length === 0) return;
  const waited = await plane.kubectl("wait", "--for=condition=Established", "--timeout=10s", ...crds);
  if (waited.code !== 0) throw new Error(`CRDs of ${target} are not established: ${waited.stderr.trim()}`);
}

function runKubectl(
  program: string,
  { args, env, input }: { args: readonly string[]; env: NodeJS.ProcessEnv; input: string | undefined },
): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? 1, stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") }),
    );
    child.stdin?.on("error", () => undefined); // it may refuse before it has read all
    child.stdin?.end(input);
  });
}

async function newNamespace(starter: Starter, controllers: boolean): Promise<string> {
  const name = `t-${randomBytes(6).toString("hex")}`;
  const made = await starter.ask("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  if (made.status !== 201) throw new Error(`cannot make namespace ${name}: ${made.status} ${made.body}`);
  if (controllers) await starter.waitFor(`/api/v1/namespaces/${name}/serviceaccounts/default`);
  return name;
}

async function compact(socket: string): Promise<void> {
  const latest = await askSocket(socket, "/v3/kv/range", { key: Buffer.from("/").toString("base64"), count_only: true });
  const revision = (JSON.parse(latest.body) as { header?: { revision?: string } }).header?.revision;
  const done = await askSocket(socket, "/v3/kv/compaction", { revision, physical: true });
  if (done.status !== 200) throw new Error(`etcd refuses to compact: ${done.status} ${done.body}`);
}
