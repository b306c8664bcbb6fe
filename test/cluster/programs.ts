// The programs of the control plane: where KUBEBUILDER_ASSETS says, else from the cache, else built with Go into the cache.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { arch, homedir, platform } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isAlive, withLock } from "./buildLock.ts";

/** What a whole control plane is made of. envtest's archives hold the first three. */
export const PROGRAMS = ["etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kube-scheduler"] as const;
/** What an API server alone needs. */
export const API_PROGRAMS = PROGRAMS.slice(0, 3);

/** Where to look, and whom to tell. */
export interface ProgramsRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly needed: readonly string[];
  /** Progress of a build, a line each. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const SOURCES = fileURLToPath(new URL("controlplane/", import.meta.url));
const SOURCE_FILES = ["go.mod", "go.sum", "main.go"] as const;
const BINARY = "controlplane";
/** Packages that a build from nothing compiles, to the nearest hundred; only for telling how far it is. */
const PACKAGES = 2_700;
const TELL_EVERY_MS = 15_000;
/** Saves a tenth of the compiler's time for a gigabyte of memory. */
const GOGC = "400";

/** The folder that holds the needed programs; builds them when nobody has. Minutes the first time, milliseconds afterwards. */
export async function findPrograms({ env, needed, say, signal }: ProgramsRequest): Promise<string> {
  const given = env["KUBEBUILDER_ASSETS"];
  if (given !== undefined && given !== "") {
    const missing = needed.filter((name) => !isProgram(path.join(given, name)));
    if (missing.length === 0) return path.resolve(given);
    say(`KUBEBUILDER_ASSETS (${given}) has no ${missing.join(", ")}; looking further`);
  }
  const cache = path.resolve(env["XDG_CACHE_HOME"] || path.join(env["HOME"] || homedir(), ".cache"), "kubectl-ark");
  const version = kubernetesVersion();
  const flags = linkerFlags(version);
  const name = `controlplane-${version}-${digestOf(flags)}`;
  const folder = path.join(cache, name);
  if (isComplete(folder)) return folder;
  const onWait = (pid: number): void => say(`process ${pid} is building the control plane; waiting for it`);
  await withLock(path.join(cache, `${name}.lock`), { onWait, signal }, async () => {
    if (!isComplete(folder)) await build({ cache, folder, version, flags, env, say, signal });
  });
  return folder;
}

const isComplete = (folder: string): boolean => PROGRAMS.every((name) => isProgram(path.join(folder, name)));

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `v1.36.3`, from where the build has it. */
function kubernetesVersion(): string {
  const goMod = readFileSync(path.join(SOURCES, "go.mod"), "utf8");
  const version = /^\tk8s\.io\/kubernetes (v\S+)$/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error(`${SOURCES}go.mod names no version of k8s.io/kubernetes`);
  return version;
}

/** Unstamped, the server calls itself v0.0.0-master+$Format:%H$, which clients cannot parse. */
function linkerFlags(version: string): string {
  const [major = "", minor = ""] = version.slice(1).split(".");
  const fields = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const stamps = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((at) =>
    Object.entries(fields).map(([field, value]) => `-X ${at}.${field}=${value}`),
  );
  return ["-s -w", ...stamps].join(" ");
}

/** Names a build by all that goes into it. */
function digestOf(flags: string): string {
  const hash = createHash("sha256").update(`${platform()} ${arch()} ${flags}`);
  for (const file of SOURCE_FILES) hash.update(`\n${file}\n`).update(readFileSync(path.join(SOURCES, file)));
  return hash.digest("hex").slice(0, 12);
}

interface Build extends Omit<ProgramsRequest, "needed"> {
  readonly cache: string;
  readonly folder: string;
  readonly version: string;
  readonly flags: string;
}

async function build({ cache, folder, version, flags, env, say, signal }: Build): Promise<void> {
  sweep(cache);
  say(`building Kubernetes ${version} with Go, once: some minutes of compiling and 100 MB of modules (kept in ${cache})`);
  const startedMs = performance.now();
  const unfinished = mkdtempSync(path.join(cache, `.building-${process.pid}-`));
  try {
    await goBuild(path.join(unfinished, BINARY), { flags, env, say, signal });
    for (const name of PROGRAMS) symlinkSync(BINARY, path.join(unfinished, name));
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true }); // not complete, or we were not here
    renameSync(unfinished, folder); // whole or not at all
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  say(`built in ${seconds(startedMs)} s: ${folder}`);
}

/** Removes what killed builds left. */
function sweep(cache: string): void {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const pid = Number(/^\.building-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(path.join(cache, name), { recursive: true, force: true });
  }
}

async function goBuild(output: string, { flags, env, say, signal }: Pick<Build, "flags" | "env" | "say" | "signal">): Promise<void> {
  const startedMs = performance.now();
  const compiler = spawn("go", ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", output, "."], {
    cwd: SOURCES,
    env: { ...env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly", GOGC: env["GOGC"] ?? GOGC },
    stdio: ["ignore", "ignore", "pipe"],
    ...(signal && { signal }),
  });
  let compiled = 0;
  let doing = "starting";
  const complaints: string[] = [];
  // With -v go names each package as it compiles it; what else it says is a download or a fault.
  createInterface({ input: compiler.stderr }).on("line", (line) => {
    if (/^[\w.~+/-]+$/.test(line)) {
      compiled += 1;
      doing = `${compiled} of about ${PACKAGES} packages compiled`;
    } else if (line.startsWith("go: downloading ")) {
      doing = "downloading modules";
    } else {
      complaints.push(line);
    }
  });
  const teller = setInterval(() => say(`${doing}, ${seconds(startedMs)} s`), TELL_EVERY_MS);
  try {
    const [code] = (await once(compiler, "close")) as [number | null];
    if (code !== 0) throw new Error(`go build of the control plane failed:\n${complaints.slice(-20).join("\n")}`);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw new Error(
      `no control plane for tests: install Go 1.21 or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with ${PROGRAMS.join(", ")}`,
      { cause: error },
    );
  } finally {
    clearInterval(teller);
  }
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1_000).toFixed(0);
