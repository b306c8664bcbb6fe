// Owns the processes of one cluster and its folder, and ends all of it when its standard input ends: by order, or because whoever holds
// the other end was killed. A process of its own, in a session of its own, because neither kill -9 nor Ctrl-C of a test run may leave
// anything behind. Plain JavaScript, so that it starts without a loader.
//
// stdin   {"name", "program", "args", "cwd", "env", "log"}   starts a process
// stdout  {"name", "pid"}, later {"name", "code", "signal"}  or {"name", "error"}
import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";

const folder = process.argv[2];
const children = new Map();

const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

function start({ name, program, args, cwd, env, log }) {
  const file = openSync(log, "a");
  // In a group of its own: a program that starts others is ended with them. Its input stays open as long as this process lives.
  const child = spawn(program, args, { cwd, env, stdio: ["pipe", file, file], detached: true });
  closeSync(file);
  child.stdin.on("error", () => undefined); // it may end before us
  child.on("error", (error) => tell({ name, error: error.message }));
  child.on("exit", (code, signal) => {
    killGroup(child.pid); // what it leaves behind
    children.delete(child.pid);
    tell({ name, code, signal });
  });
  if (child.pid === undefined) return;
  children.set(child.pid, child);
  tell({ name, pid: child.pid });
}

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // nobody is left in it
  }
}

async function end() {
  const ended = [...children.values()].map((child) => new Promise((resolve) => child.on("exit", resolve)));
  for (const pid of children.keys()) killGroup(pid);
  await Promise.all(ended);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void end());
process.stdout.on("error", () => undefined); // nobody listens any more; stdin's end is what counts
createInterface({ input: process.stdin })
  .on("line", (line) => start(JSON.parse(line)))
  .on("close", () => void end());
