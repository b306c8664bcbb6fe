// How long the programs take to start, and what they weigh, beside a Node process that does nothing. Runs alternate, so that whatever
// else the machine does hits both sides.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchRow, median } from "./row.ts";

const root = join(import.meta.dirname, "../..");
const ark = join(root, "dist/ark.js");
const sample = join(root, "manifests/samples/pipeline.yaml");

const COMMANDS = {
  nothing: ["-e", "0"],
  help: [ark, "--help"],
  run: [ark, "run", sample, "--provider", "mock", "-q"],
  validate: [ark, "validate", "-q", sample],
};

/** Wall time in ms, and the highest resident memory in KiB as the kernel counts it (Linux: VmHWM, read while the process lives). */
async function runOnce(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: "ignore", env: { PATH: process.env["PATH"] ?? "" } });
  const code = await new Promise<number>((resolve) => child.on("exit", (status) => resolve(status ?? 1)));
  if (code !== 0) throw new Error(`${args.join(" ")} exited with ${code}`);
  return performance.now() - startedMs;
}

/** Peak resident memory in KiB, told by the process itself as its last act. */
async function peakKiB(args: readonly string[]): Promise<number> {
  const reporter = join(import.meta.dirname, "peakMemory.mjs");
  const child = spawn(process.execPath, ["--import", reporter, ...args], {
    cwd: root,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] ?? "" },
  });
  let said = "";
  child.stdio[3]?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  await new Promise((resolve) => child.on("close", resolve));
  return Number(said);
}

/** Start-up rows: `repeats` runs of each side, alternating; medians. */
export async function startupBench(repeats = 15): Promise<BenchRow[]> {
  if (!existsSync(ark)) throw new Error("dist/ark.js is not there; run `npm run build` first");
  const times: Record<keyof typeof COMMANDS, number[]> = { nothing: [], help: [], run: [], validate: [] };
  const names = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];
  for (const name of names) await runOnce(COMMANDS[name]); // the disk cache is warm for everybody
  for (let i = 0; i < repeats; i++) for (const name of names) times[name].push(await runOnce(COMMANDS[name]));
  const memory: Record<"nothing" | "run", number[]> = { nothing: [], run: [] };
  for (let i = 0; i < 5; i++) {
    memory.nothing.push(await peakKiB(COMMANDS.nothing));
    memory.run.push(await peakKiB(COMMANDS.run));
  }
  const base = median(times.nothing);
  const wall = (name: keyof typeof COMMANDS, what: string, atMost: number): BenchRow => ({
    name: what,
    measured: `${median(times[name]).toFixed(0)} ms ÷ ${base.toFixed(0)} ms of \`node -e 0\``,
    ratio: median(times[name]) / base,
    unit: "×",
    atMost,
  });
  const [peak, peakBase] = [median(memory.run), median(memory.nothing)];
  return [
    wall("help", "`ark --help`, wall time", 1.7),
    wall("run", "`ark run` of the three-step sample with the mock, wall time", 3),
    {
      name: "`ark run` of the three-step sample, peak memory",
      measured: `${(peak / 1024).toFixed(0)} MiB ÷ ${(peakBase / 1024).toFixed(0)} MiB of \`node -e 0\``,
      ratio: peak / peakBase,
      unit: "×",
      atMost: 2.2,
    },
  ];
}

if (process.argv[1] === import.meta.filename) {
  console.log(readFileSync("/proc/loadavg", "utf8").trim());
  console.table(await startupBench());
}
