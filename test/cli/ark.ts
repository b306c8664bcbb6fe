// Runs the built program as a user does: a process, its two streams, its exit code.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = join(import.meta.dirname, "../../dist/ark.js");

/** What a call left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** How it is called. The environment holds no key unless the case gives one. */
export interface CallOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** Told the process once it runs: to send it signals. */
  readonly meanwhile?: (child: ReturnType<typeof spawn>, seen: () => string) => void | Promise<void>;
}

/** `ark …args`. Rejects only when the program could not be started. */
export async function ark(args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
  if (!existsSync(PROGRAM)) throw new Error("dist/ark.js is not there; run `npm run build` first");
  const startedMs = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined); // a program that has ended does not read on
  child.stdin.end(options.stdin ?? "");
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === null ? -1 : -2)));
  });
  await options.meanwhile?.(child, () => stdout + stderr);
  const code = await ended;
  return { code, stdout, stderr, ms: performance.now() - startedMs };
}

/** A folder with these files, gone after `use`. */
export async function inFolder<T>(files: Readonly<Record<string, string | Uint8Array>>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "ark-cli-"));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves once `seen()` holds the text; rejects after ten seconds. */
export async function until(seen: () => string, text: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!seen().includes(text)) {
    if (performance.now() > deadlineMs) throw new Error(`"${text}" did not come; so far:\n${seen()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
