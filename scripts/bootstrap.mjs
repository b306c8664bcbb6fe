// Makes a fresh clone usable: installs the locked packages when they are missing or the lock file has changed since. Plain JavaScript
// with nothing but Node, because it runs before anything is installed. Silent when there is nothing to do.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stampFile = join(root, "node_modules", ".ark-lock");
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`kubectl-ark needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== lock) {
  console.error("installing the locked npm packages (once)");
  // Not `npm ci`: it demands an entry for every platform's binaries, and a registry need not hold those of other platforms. The versions are the
  // locked ones all the same, and nothing is written back.
  const npm = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    console.error("npm install failed; see above. It needs a package registry that npm can reach");
    process.exit(1);
  }
  writeFileSync(stampFile, lock);
}
