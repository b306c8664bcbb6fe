// Bundles the programs and the published subpaths into dist/, and writes the declarations of the subpaths.
// One split ES-module build, so that a program loads only what its command needs (start-up is measured in test/bench).
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import packageJson from "../package.json" with { type: "json" };

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Programs by the name of their file in dist/: `bin` of package.json names them. */
const PROGRAMS = { ark: "cmd/ark/main.ts" };
/** Published subpaths: `exports` of package.json names them. */
const SUBPATHS = { template: "template/index.ts", plugin: "plugins/sdk/index.ts", "plugin-testing": "plugins/sdk/testing/index.ts" };

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { ...PROGRAMS, ...SUBPATHS },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minify: true,
  keepNames: false,
  legalComments: "linked",
  chunkNames: "chunks/[name]-[hash]",
  // What is loaded lazily stays a dependency of the package; everything else is inside.
  external: Object.keys(packageJson.dependencies),
  banner: { js: 'import{createRequire as __arkRequire}from"node:module";const require=__arkRequire(import.meta.url);' },
  logLevel: "warning",
});
for (const program of Object.keys(PROGRAMS)) chmodSync(join(dist, `${program}.js`), 0o755);

const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.types.json"], {
  cwd: root,
  stdio: "inherit",
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
for (const path of Object.values(packageJson.exports)) {
  if (typeof path === "string") continue;
  for (const file of [path.types, path.default])
    if (!existsSync(join(root, file))) throw new Error(`package.json exports ${file}, which the build does not make`);
}
