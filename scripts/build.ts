// Bundles the programs and the published subpaths into dist/, and writes the declarations of the subpaths.
// Programs are CommonJS, one file per verb, with V8's code cache beside each: Node starts those fastest, and a verb loads nothing of another
// (test/bench measures it). Subpaths are ES modules.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import packageJson from "../package.json" with { type: "json" };
import { warmUpAgent, warmUpServer } from "./warmUp.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Programs by the name of their file in dist/: `bin` of package.json names them. */
const PROGRAMS = { ark: "cmd/ark/main.ts", "ark-agent": "cmd/ark-agent/main.ts", "ark-server": "cmd/ark-server/main.ts" };
/** Files of threads, by the program that starts them. */
const THREADS: Readonly<Record<string, Record<string, string>>> = {
  "ark-agent": { "ark-agent-heartbeat": "cmd/ark-agent/heartbeatWorker.ts" },
};
/** What is run once so that V8 has compiled what a verb needs; the caches are written at its end. */
const WARM_UPS: readonly { readonly program: keyof typeof PROGRAMS; readonly args: readonly string[] }[] = [
  { program: "ark", args: ["--help"] },
  { program: "ark", args: ["run", "manifests/samples/pipeline.yaml", "--provider", "mock"] },
  { program: "ark", args: ["validate", "manifests/samples/pipeline.yaml"] },
];
/** Libraries of vendors and protocols: large, and loaded when a model or a tool first needs them. */
const VENDORS = ["openai", "@anthropic-ai/sdk", "@modelcontextprotocol/sdk", "zod"];
/** Verbs that are files of their own, loaded when they are called. */
const VERBS = ["run", "validate", "init", "convert", "plugins", "completion"];
/** Published subpaths: `exports` of package.json names them. */
const SUBPATHS = { template: "template/index.ts", plugin: "plugins/sdk/index.ts", "plugin-testing": "plugins/sdk/testing/index.ts" };

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  platform: "node",
  target: "node20.19",
  minify: true,
  legalComments: "linked",
  // What is loaded lazily stays a dependency of the package; everything else is inside.
  external: Object.keys(packageJson.dependencies),
  logLevel: "warning",
};

/** `import("./verbs/run.ts")` in the program becomes a `require` of the verb's own file: Node's loader of ES modules is not even started. */
const verbsApart: Plugin = {
  name: "verbs-apart",
  setup(bundle) {
    bundle.onLoad({ filter: /cmd\/ark\/program\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      return { loader: "ts", contents: source.replace(/import\("\.\/verbs\/([a-z]+)\.ts"\)/g, 'Promise.resolve(require("./ark-$1.js"))') };
    });
  },
};

/** commander loads child_process for commands that are programs of their own; ours are not, and it costs a tenth of the start. */
const commanderAlone: Plugin = {
  name: "commander-alone",
  setup(bundle) {
    bundle.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /node_modules[\\/]commander[\\/]/.test(importer) ? { path: "child_process", namespace: "unused" } : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: "unused" }, () => ({
      contents: 'module.exports = { get spawn() { return require("child_process").spawn; } };',
    }));
  },
};

rmSync(dist, { recursive: true, force: true });
/** The parts of undici that the Kubernetes client has: its index loads fetch, cookies and sockets too, which takes longer than the rest of a program. */
const undiciInParts: Plugin = {
  name: "undici-in-parts",
  setup(bundle) {
    bundle.onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "in-parts" }));
    bundle.onLoad({ filter: /.*/, namespace: "in-parts" }, () => ({
      resolveDir: root,
      contents: `
        exports.Client = require("undici/lib/dispatcher/client.js");
        exports.Pool = require("undici/lib/dispatcher/pool.js");
        exports.buildConnector = require("undici/lib/core/connect.js");
        Object.assign(require("undici/lib/dispatcher/dispatcher.js").prototype, require("undici/lib/api"));`,
    }));
  },
};

/** prom-client without what pushes figures and gathers them from many processes: that loads HTTPS, compression and clusters at every start. */
const promClientAlone: Plugin = {
  name: "prom-client-alone",
  setup(bundle) {
    bundle.onLoad({ filter: /prom-client[\\/]lib[\\/](pushgateway|cluster)\.js$/ }, () => ({ contents: "module.exports = class {};" }));
  },
};

/** ioredis makes methods of all commands when it is loaded; ours are scripts and `call`, the rest it needs itself. */
const ioredisInParts: Plugin = {
  name: "ioredis-in-parts",
  setup(bundle) {
    const methods = [
      "auth",
      "client",
      "cluster",
      "eval",
      "evalsha",
      "exec",
      "hello",
      "info",
      "multi",
      "ping",
      "quit",
      "readonly",
      "script",
      "select",
    ];
    bundle.onLoad({ filter: /@ioredis[\\/]commands[\\/]built[\\/]index\.js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, "utf8")}\nexports.list = ${JSON.stringify(methods)};`,
    }));
  },
};

/** A file of its own, loaded when a kubeconfig needs it: it brings the whole typed API. */
const clientNodeApart: Plugin = {
  name: "client-node-apart",
  setup(bundle) {
    bundle.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: "./ark-client-node.js", external: true }));
  },
};

/** What a service imports of the API only when it needs it - schemas of tools, plugins - is a file of its own. */
const crdsApart: Plugin = {
  name: "crds-apart",
  setup(bundle) {
    bundle.onResolve({ filter: /\/crds\/index\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./ark-crds.js", external: true } : undefined,
    );
  },
};

/** Programs are CommonJS; vendors are required, plugins are imported by the launcher: code from a cache cannot import. */
const program: BuildOptions = {
  ...common,
  format: "cjs",
  supported: { "dynamic-import": false },
  define: { "import.meta.url": "__importMetaUrl", __importModule: "module.importModule" },
  banner: { js: 'const __importMetaUrl=require("node:url").pathToFileURL(__filename).href;' },
};
await build({
  ...program,
  entryPoints: {
    "ark-main": PROGRAMS.ark,
    ...Object.fromEntries(VERBS.map((verb) => [`ark-${verb}`, `cmd/ark/verbs/${verb}.ts`])),
  },
  external: [...(common.external ?? []), ...VERBS.map((verb) => `./ark-${verb}.js`)],
  plugins: [verbsApart, commanderAlone],
});
await build({
  ...program,
  entryPoints: { "ark-client-node": "client-node" },
  plugins: [
    {
      name: "client-node-in-parts",
      setup(bundle) {
        bundle.onResolve({ filter: /^client-node$/ }, () => ({ path: "client-node", namespace: "in-parts" }));
        bundle.onLoad({ filter: /.*/, namespace: "in-parts" }, () => ({
          resolveDir: root,
          contents: 'export { KubeConfig } from "@kubernetes/client-node";',
        }));
      },
    },
  ],
});
await build({ ...program, entryPoints: { "ark-crds": "crds/index.ts" } });
for (const [name, entry] of Object.entries(PROGRAMS)) {
  // Services run for long and from an image: whatever they always use is inside, so that one file with compiled code is all they load.
  if (name !== "ark")
    await build({
      ...program,
      entryPoints: { [`${name}-main`]: entry, ...THREADS[name] },
      // The server talks to the API by parts of undici all the time; an agent's tools need the whole of it, when there are any.
      external: name === "ark-agent" ? [...VENDORS, "undici"] : VENDORS,
      plugins: [
        commanderAlone,
        ...(name === "ark-agent" ? [] : [undiciInParts]),
        promClientAlone,
        ioredisInParts,
        clientNodeApart,
        crdsApart,
      ],
    });
}
await build({
  ...common,
  entryPoints: SUBPATHS,
  splitting: true,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunks/[name]-[hash]",
});
writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
for (const program of Object.keys(PROGRAMS)) {
  copyFileSync(join(root, "scripts/launcher.cjs"), join(dist, `${program}.js`));
  chmodSync(join(dist, `${program}.js`), 0o755);
}
const warmEnv = { PATH: process.env["PATH"], ARK_WRITE_CODE_CACHE: "1" };
for (const { program, args } of WARM_UPS) {
  const run = spawnSync(process.execPath, [join(dist, `${program}.js`), ...args], {
    cwd: root,
    env: warmEnv,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${run.status}: ${run.stderr}`);
}
await warmUpServer(join(dist, "ark-server.js"), { cwd: root, env: warmEnv });
await warmUpAgent(join(dist, "ark-agent.js"), { cwd: root, env: warmEnv });

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
