// This side of supervisor.mjs: processes that end with this one, whatever ends it.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** A process to start. Its standard input is a pipe that closes when the cluster ends: a program that watches it ends too, come what may. */
export interface ProcessSpec {
  /** Unique in a cluster. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File that gets what it prints. */
  readonly log: string;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process that was started. */
export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Set once it has ended. */
  readonly end: ProcessEnd | undefined;
  /** Resolves when it ends. */
  readonly ended: Promise<ProcessEnd>;
}

interface Message {
  readonly name: string;
  readonly pid?: number;
  readonly error?: string;
  readonly code?: number | null;
  readonly signal?: string | null;
}

/** Starts processes and ends them all, with the folder they work in. */
export interface Supervisor {
  start(spec: ProcessSpec): Promise<SupervisedProcess>;
  /** Kills everything and removes the folder. Safe to call twice. */
  end(): Promise<void>;
  /** From now on this process may end by itself without {@link end}: the rest follows. */
  release(): void;
}

/** A supervisor that owns `folder`. */
export function startSupervisor(folder: string): Supervisor {
  const program = fileURLToPath(new URL("supervisor.mjs", import.meta.url));
  // Its complaints go nowhere but here: stderr stays ours.
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [program, folder], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true, // Ctrl-C reaches the foreground's process group, and this is not in it
    env: { PATH: process.env["PATH"] },
  });
  const closed = once(child, "exit");
  const listeners = new Map<string, (message: Message) => void>();
  child.stdin.on("error", () => undefined);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message; // written by supervisor.mjs alone
    listeners.get(message.name)?.(message);
  });
  return {
    async start(spec) {
      let tellStarted: (pid: number) => void = () => undefined;
      let tellFailed: (error: Error) => void = () => undefined;
      let tellEnded: (end: ProcessEnd) => void = () => undefined;
      let end: ProcessEnd | undefined;
      const ended = new Promise<ProcessEnd>((resolve) => {
        tellEnded = resolve;
      });
      const started = new Promise<number>((resolve, reject) => {
        tellStarted = resolve;
        tellFailed = reject;
      });
      listeners.set(spec.name, ({ pid, error, code, signal }) => {
        if (pid !== undefined) return tellStarted(pid);
        if (error !== undefined) return tellFailed(new Error(`cannot start ${spec.program}: ${error}`));
        end = { code: code ?? null, signal: signal ?? null };
        return tellEnded(end);
      });
      child.stdin.write(`${JSON.stringify(spec)}\n`);
      const pid = await started;
      return {
        name: spec.name,
        pid,
        log: spec.log,
        ended,
        get end() {
          return end;
        },
      };
    },
    async end() {
      child.ref();
      child.stdin.end();
      await closed;
    },
    release() {
      child.unref();
      for (const stream of [child.stdin, child.stdout]) if ("unref" in stream && typeof stream.unref === "function") stream.unref();
    },
  };
}
