// What a change has to pass: generated files made anew, every check and test, and a tree that this left as it was.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const before = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
for (const script of ["gen", "test"]) {
  const run = spawnSync("npm", ["run", "--silent", script], { cwd: root, stdio: "inherit" });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
const after = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
if (after !== before) {
  console.error(`the tree has changed; commit what npm run gen made:\n${after}`);
  process.exit(1);
}
