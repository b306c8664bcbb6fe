// `npm run gen` writes what is derived from crds/schemas; `npm run gen -- --check` writes nothing and fails when a file differs.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { differencesFrom } from "./gen/differences.ts";
import { generatedFiles } from "./gen/generatedFiles.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = await generatedFiles(root);
const { changed, stale } = differencesFrom(root, files);

if (process.argv.includes("--check")) {
  for (const path of changed) console.error(`${path} differs from its source; run \`npm run gen\``);
  for (const path of stale) console.error(`${path} has no source any more; run \`npm run gen\``);
  process.exitCode = changed.length + stale.length > 0 ? 1 : 0;
} else {
  for (const path of changed) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path) ?? "");
    console.log(`wrote ${path}`);
  }
  for (const path of stale) {
    rmSync(join(root, path));
    console.log(`removed ${path}`);
  }
}
