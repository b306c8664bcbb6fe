// `npm test`: makes what the tests need, runs every tier, and ends with one line `N passed, N failed`. A tier that cannot run is a
// failure that names the fix, never a skip. `npm test -- unit conformance` runs the named tiers alone;
// `npm test -- faults --long --seed 7` takes the long numbers and the seed of an earlier run.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureRedis } from "./ensureRedis.ts";

const root = join(import.meta.dirname, "..");
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kubectl-ark");
const mocha = join(root, "node_modules/mocha/bin/mocha.js");
const NODE_24 = "24.9.0";

/** One tier: what is prepared first, and the mocha arguments, or a command of its own that counts as one test. */
interface Tier {
  readonly says: string;
  readonly command?: readonly string[];
  readonly specs?: readonly string[];
  readonly timeoutMs?: number;
  readonly node?: () => string;
  readonly ciOnly?: boolean;
  readonly needsRedis?: boolean;
  /** Runs what `npm run build` makes. */
  readonly needsBuild?: boolean;
}

const TIERS: Record<string, Tier> = {
  check: { says: "types, lint, format, generated files, arrows", command: ["--import", "tsx", "scripts/check.ts"] },
  build: { says: "the programs and the published subpaths", command: ["--import", "tsx", "scripts/build.ts"] },
  unit: { says: "unit and property tests", specs: [] },
  differential: { says: "templates against Go's own text/template", specs: ["test/differential/**/*.test.ts"], timeoutMs: 300_000 },
  conformance: {
    says: "every implementation against its contract",
    specs: ["test/conformance/**/*.test.ts"],
    timeoutMs: 60_000,
    needsRedis: true,
  },
  mcp: { says: "real MCP servers", specs: ["test/mcp/**/*.test.ts"], timeoutMs: 60_000 },
  integration: {
    says: "a real control plane (the first time, building it takes minutes)",
    specs: ["test/integration/**/*.test.ts"],
    timeoutMs: 900_000,
    needsBuild: true,
  },
  agent: {
    says: "agents as processes, a real Redis, a scripted model",
    specs: ["test/agent/**/*.test.ts"],
    timeoutMs: 120_000,
    needsRedis: true,
    needsBuild: true,
  },
  faults: {
    says: "agents killed, paused and stopped, Redis killed and wiped; the seed is printed",
    specs: ["test/faults/**/*.test.ts"],
    timeoutMs: 600_000,
    needsRedis: true,
    needsBuild: true,
  },
  cli: { says: "the programs, as a user runs them", specs: ["test/cli/**/*.test.ts"], timeoutMs: 120_000, needsBuild: true },
  docs: { says: "samples, documents, the packed package", specs: ["test/docs/**/*.test.ts"], timeoutMs: 300_000, needsBuild: true },
  bench: {
    says: "the figures' ratios, in short",
    specs: ["test/bench/**/*.test.ts"],
    timeoutMs: 300_000,
    needsBuild: true,
    needsRedis: true,
  },
  node24: { says: `unit tests once more, on Node ${NODE_24}`, specs: [], node: node24, ciOnly: true },
};

/** Node 24's binary as its npm package holds it, installed once into the cache. */
function node24(): string {
  const folder = join(cache, `node-${NODE_24}`);
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const binary = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const npm = spawnSync(
    "npm",
    ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${NODE_24}`],
    { stdio: "inherit" },
  );
  if (npm.status !== 0 || !existsSync(binary)) throw new Error(`npm could not install ${name}@${NODE_24}; is a package registry in reach?`);
  return binary;
}

function argumentsOrExit(): { values: { long?: boolean; seed?: string }; positionals: string[] } {
  try {
    return parseArgs({ allowPositionals: true, options: { long: { type: "boolean" }, seed: { type: "string" } } });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

/** Runs a program with its output passed through; resolves with its exit code and what it printed. */
async function passThrough(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, FORCE_COLOR: "0" } });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    process.stdout.write(chunk);
    output += chunk.toString("utf8");
  });
  const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? 1)));
  return { code, output };
}

/** Runs one tier and counts its tests. */
async function runTier(tier: Tier): Promise<{ passed: number; failed: number }> {
  if (tier.command)
    return (await passThrough(process.execPath, tier.command)).code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  if (tier.needsRedis === true) ensureRedis();
  const specs = tier.specs ?? [];
  const args = [mocha, "--reporter", "dot", "--forbid-only", "--forbid-pending"];
  if (specs.length > 0) args.push("--no-config", "--import=tsx", "--timeout", String(tier.timeoutMs ?? 20_000), ...specs);
  const { code, output } = await passThrough(tier.node?.() ?? process.execPath, args);
  const count = (word: string): number => Number(new RegExp(`^\\s+(\\d+) ${word}`, "m").exec(output)?.[1] ?? 0);
  const [passed, failed] = [count("passing"), count("failing")];
  if (passed + failed === 0) return { passed: 0, failed: 1 };
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

const { values, positionals: wanted } = argumentsOrExit();
// Of the tier `faults`: the long numbers, and the seed that a run printed, to repeat it.
if (values.long === true) process.env["FAULT_LONG"] = "1";
if (values.seed !== undefined) process.env["FAULT_SEED"] = values.seed;
const unknown = wanted.filter((name) => !Object.hasOwn(TIERS, name));
if (unknown.length > 0) {
  console.error(`no such tier: ${unknown.join(", ")}; there are ${Object.keys(TIERS).join(", ")}`);
  process.exit(2);
}
const isBuildNeeded = wanted.some((name) => TIERS[name]?.needsBuild === true);
let [passed, failed] = [0, 0];
for (const [name, tier] of Object.entries(TIERS)) {
  const isWanted = wanted.includes(name) || (name === "build" && isBuildNeeded);
  if (wanted.length > 0 ? !isWanted : tier.ciOnly === true && process.env["CI"] !== "true") continue;
  console.log(`\n== ${name}: ${tier.says}`);
  const startedMs = performance.now();
  const counts = await runTier(tier).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    return { passed: 0, failed: 1 };
  });
  passed += counts.passed;
  failed += counts.failed;
  console.log(`== ${name}: ${counts.passed} passed, ${counts.failed} failed (${((performance.now() - startedMs) / 1000).toFixed(0)} s)`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
