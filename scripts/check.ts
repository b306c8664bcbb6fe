// What can be said of the tree without running the product: types, lint, format, generated files, arrows. In seconds; all at once.
import { spawn } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const node = process.execPath;
const bin = (path: string): string => join(root, "node_modules", path);

const CHECKS: Record<string, string[]> = {
  types: [bin("typescript/bin/tsc"), "--noEmit"],
  lint: [bin("oxlint/bin/oxlint"), "--deny-warnings"],
  format: [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings"],
  generated: ["--import", "tsx", "scripts/gen.ts", "--check"],
  architecture: [bin("mocha/bin/mocha.js"), "--no-config", "--import=tsx", "--reporter", "dot", "test/architecture.test.ts"],
};

/** Runs one check; its output is shown only when it fails. */
async function runCheck(name: string, args: readonly string[]): Promise<boolean> {
  const startedMs = performance.now();
  const child = spawn(node, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const status = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 1)));
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
  if (status !== 0) console.log(Buffer.concat(output).toString("utf8"));
  return status === 0;
}

const results = await Promise.all(Object.entries(CHECKS).map(([name, args]) => runCheck(name, args)));
if (results.includes(false)) process.exitCode = 1;
