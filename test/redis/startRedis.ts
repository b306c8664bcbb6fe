// A real Redis on this machine's loopback, as an ordinary process that ends with the test run.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

/** How a server is started. */
export interface RedisOptions {
  /** More arguments of redis-server; the last one counts. */
  readonly args?: readonly string[];
  /** Append-only file, written each second: what production has. True unless told. */
  readonly appendonly?: boolean;
  /** One node that serves all slots of a cluster. */
  readonly cluster?: boolean;
  readonly password?: string;
}

/** A server that serves. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Its files. */
  readonly folder: string;
  readonly pid: number;
  command(...args: readonly (string | number)[]): Promise<unknown>;
  /** Ends the process as a fault does; its files stay. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Again, on the same port with the same files. */
  start(): Promise<void>;
  /** Ends it, and removes its files. Safe to call twice. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const START_LIMIT_MS = 10_000;
/** Below the range from which the kernel gives ports to clients. */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000];

/** The program: REDIS_SERVER, or from the PATH. @throws Error that names the fix */
export function redisProgram(): string {
  const named = process.env["REDIS_SERVER"];
  if (named && existsSync(named)) return named;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, "redis-server");
    if (existsSync(file)) return file;
  }
  throw new Error("there is no redis-server; install Redis 7 or newer (apt-get install redis-server), or name the program in REDIS_SERVER");
}

/** Starts a server of its own. Whoever starts it stops it; a test run that is killed takes it along. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const program = redisProgram();
  const folder = mkdtempSync(path.join(tmpdir(), "kubectl-ark-redis-"));
  const [port, busPort] = [await freePort(), await freePort()];
  const server = new LocalRedis(program, { ...options, folder, port, busPort });
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class LocalRedis implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly #program: string;
  readonly #options: RedisOptions & { readonly folder: string; readonly port: number; readonly busPort: number };
  #child: ChildProcess | undefined;
  #client: Redis | undefined;

  constructor(program: string, options: RedisOptions & { readonly folder: string; readonly port: number; readonly busPort: number }) {
    this.#program = program;
    this.#options = options;
    this.folder = options.folder;
    this.port = options.port;
    this.url = `redis://${options.password ? `:${options.password}@` : ""}${HOST}:${options.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { port, busPort, folder, appendonly = true, cluster = false, password, args = [] } = this.#options;
    const flags = [
      ...["--port", String(port), "--bind", HOST, "--dir", folder, "--save", "", "--appendonly", appendonly ? "yes" : "no"],
      ...["--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--loglevel", "warning"],
      ...(cluster ? ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", String(busPort)] : []),
      ...(password ? ["--requirepass", password] : []),
      ...args,
    ];
    // The shell ends the server when this process goes, however it goes: its standard input is a pipe that closes then.
    // A file that may not grow is an error to it, not its end.
    const script = 'trap "" XFSZ; "$@" & child=$!; (read -r _; kill -9 $child 2>/dev/null) <&3 & wait $child';
    const child = spawn("sh", ["-c", `exec 3<&0; exec </dev/null; ${script}`, "sh", this.#program, ...flags], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    child.unref();
    this.#child = child;
    this.#client = new Redis(this.url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null, disableClientInfo: true });
    this.#client.on("error", () => undefined);
    const endsMs = performance.now() + START_LIMIT_MS;
    for (;;) {
      const isThere = await this.command("PING").then(
        (answer) => answer === "PONG",
        () => false,
      );
      if (isThere) break;
      if (child.exitCode !== null || performance.now() > endsMs) throw new Error(`redis-server does not start on port ${port}`);
      await sleep(10);
    }
    if (!cluster) return;
    await this.command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383).catch(() => undefined); // a second start has them
    while (!String(await this.command("CLUSTER", "INFO")).includes("cluster_state:ok")) await sleep(10);
  }

  async command(...args: readonly (string | number)[]): Promise<unknown> {
    if (!this.#client) throw new Error("the server is not running");
    if (this.#client.status === "wait" || this.#client.status === "end") await this.#client.connect();
    return this.#client.call(String(args[0]), args.slice(1).map(String));
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (!child?.pid) return;
    this.#child = undefined;
    this.#client?.disconnect();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    // The group: the shell, the one that watches, the server.
    if (signal === "SIGKILL") process.kill(-child.pid, signal);
    else process.kill(serverPid(child.pid), signal);
    if (child.exitCode === null && child.signalCode === null) await ended;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // all of it has ended
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The server among the children of its shell. */
function serverPid(shell: number): number {
  const children = execFileSync("ps", ["-o", "pid=,comm=", "--ppid", String(shell)], { encoding: "utf8" });
  const line = children.split("\n").find((text) => text.includes("redis-server"));
  return Number(line?.trim().split(/\s+/)[0] ?? shell);
}

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

/** A namespace that no other test has. */
export const aNamespace = (): string => `t${randomBytes(4).toString("hex")}`;
