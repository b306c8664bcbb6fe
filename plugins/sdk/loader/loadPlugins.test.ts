import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { systemClock } from "../host/clock.ts";
import { silentLog } from "../host/log.ts";
import { createRedactor, REDACTED } from "../host/redact.ts";
import { type FakeClock, fakeClock } from "../testing/fakeClock.ts";
import { type LoadedPlugins, type LoaderParts, loadPlugins } from "./loadPlugins.ts";

/** A notifier: the smallest plugin. */
const plugin = (change = ""): string => `export default {
  apiVersion: "plugin.arkonis.dev/v1", kind: "notify", name: "pager",
  create(options, host) { return { options, host, send: async () => {} }; },
  ${change}
};`;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("loadPlugins (B122)", () => {
  let base: string;
  let folder: string;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "plugins-"));
    folder = join(base, "config");
    const files: Record<string, string> = {
      "config/good.mjs": plugin(),
      "config/deep/er.mjs": plugin('name: "deeper"'),
      "config/llm.mjs": plugin('kind: "llm", name: "acme", models: ["acme-*"], create: () => ({ complete: async () => {} })'),
      "config/major.mjs": plugin('apiVersion: "plugin.arkonis.dev/v2"'),
      "config/minor.mjs": plugin('apiVersion: "plugin.arkonis.dev/v1.7", name: "minor"'),
      "config/kind.mjs": plugin('kind: "clock"'),
      "config/name.mjs": plugin('name: "__proto__"'),
      "config/models.mjs": plugin('models: ["x"]'),
      "config/shape.mjs": "export default 42;",
      "config/none.mjs": "export const plugin = {};",
      "config/syntax.mjs": "export default {",
      "config/throws.mjs": 'throw new Error("no luck with s3cr3t-value-0001");',
      "config/creates.mjs": plugin('create() { throw new Error("cannot"); }'),
      "config/empty.mjs": plugin("create: () => ({})"),
      "config/queue.mjs": plugin('kind: "queue", name: "q", create: () => ({ tasks: {} })'),
      "config/hangs.mjs": plugin('name: "hangs", create: () => new Promise(() => {})'),
      "config/options.mjs": plugin('name: "options", options: { type: "object" }'),
      "config/closes.mjs": plugin(
        'name: "closes", create: () => ({ send: async () => {}, close: async () => { throw new Error("late"); } })',
      ),
      "config/contract.mjs": `import { definePlugin } from "kubectl-ark/plugin";\n${plugin('name: "contract"').replace("default {", "default definePlugin({").replace(/};$/, "});")}`,
      "config/node_modules/ark-pager/package.json": JSON.stringify({ exports: { ".": { import: "./main.mjs", default: "./no.cjs" } } }),
      "config/node_modules/ark-pager/main.mjs": plugin('name: "packaged"'),
      "config/node_modules/@acme/old/package.json": JSON.stringify({ main: "old.cjs" }),
      "config/node_modules/@acme/old/old.cjs": plugin('name: "old"').replace("export default", "module.exports.default ="),
      "config/node_modules/escapes/package.json": JSON.stringify({ main: "../../../outside.mjs" }),
      "outside.mjs": plugin(),
      "contract.mjs": "export const definePlugin = (plugin) => plugin;",
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(base, name, ".."), { recursive: true });
      await writeFile(join(base, name), text);
    }
    await symlink(join(base, "outside.mjs"), join(folder, "escape.mjs"));
    await symlink("good.mjs", join(folder, "link.mjs"));
  });
  after(() => rm(base, { recursive: true }));

  const partsOf = (change: Partial<LoaderParts> = {}): LoaderParts => ({
    folder,
    checkOptions: (_schema, options) => (Object.hasOwn(options as object, "wrong") ? [{ path: "wrong", message: "is wrong" }] : []),
    secret: (name) => (name === "PAGER_KEY" ? "s3cr3t-value-0001" : undefined),
    redactor: createRedactor(),
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    clock: systemClock,
    log: silentLog,
    ...change,
  });
  const load = (entries: unknown, change?: Partial<LoaderParts>): Promise<LoadedPlugins> =>
    loadPlugins({ plugins: entries }, partsOf(change));

  const failures: Record<string, { entry: unknown; want: RegExp }> = {
    "an entry that is no object": { entry: 3, want: /plugins\[0\]: has to be an object/ },
    "an entry without a source": { entry: { options: {} }, want: /exactly one of package, file, url/ },
    "an entry with two sources": { entry: { file: "good.mjs", package: "a" }, want: /exactly one of package, file, url/ },
    "an entry with a field nobody knows": { entry: { file: "good.mjs", hash: "x" }, want: /unknown field "hash"/ },
    "a file that is not there": { entry: { file: "absent.mjs" }, want: /"absent.mjs" is not there/ },
    "a path that leaves the folder": { entry: { file: "../outside.mjs" }, want: /leads out of the folder/ },
    "a link that leaves the folder": { entry: { file: "escape.mjs" }, want: /leads out of the folder/ },
    "the folder itself": { entry: { file: "." }, want: /leads out of the folder/ },
    "an absolute path": { entry: { file: "/etc/passwd" }, want: /is absolute/ },
    "a package that is not installed": { entry: { package: "absent" }, want: /"absent" is not installed/ },
    "a package name with a path in it": { entry: { package: "../../outside" }, want: /no package name/ },
    "a package whose entry leaves the folder": { entry: { package: "escapes" }, want: /leads out of the folder/ },
    "a hash that is none": { entry: { file: "good.mjs", sha256: "12" }, want: /sha256: has to be 64 hex digits/ },
    "a hash for a url": { entry: { url: "http://a.example", sha256: "a".repeat(64) }, want: /cannot be hashed/ },
    "a file that was changed": { entry: { file: "good.mjs", sha256: "a".repeat(64) }, want: /it was changed/ },
    "a changed file is not even imported": { entry: { file: "throws.mjs", sha256: "a".repeat(64) }, want: /it was changed/ },
    "a file that does not parse": { entry: { file: "syntax.mjs" }, want: /Unexpected/ },
    "a file that throws": { entry: { file: "throws.mjs" }, want: /no luck/ },
    "an export that is no plugin": { entry: { file: "shape.mjs" }, want: /export a plugin as its default/ },
    "no default export": { entry: { file: "none.mjs" }, want: /export a plugin as its default/ },
    "another major version": { entry: { file: "major.mjs" }, want: /"plugin.arkonis.dev\/v2" is not understood/ },
    "an unknown kind": { entry: { file: "kind.mjs" }, want: /kind "clock" is unknown/ },
    "a name that is none": { entry: { file: "name.mjs" }, want: /name "__proto__"/ },
    "models of a plugin that has none": { entry: { file: "models.mjs" }, want: /models/ },
    "a name that is taken by a built-in": { entry: { file: "good.mjs" }, want: /"pager" of kind notify is taken by a built-in/ },
    "options that the schema refuses": { entry: { file: "options.mjs", options: { wrong: 1 } }, want: /options: wrong: is wrong/ },
    "options that are no object": { entry: { file: "options.mjs", options: [] }, want: /options: has to be an object/ },
    "a secret that is not there": {
      entry: { file: "options.mjs", optionsFrom: { NO_KEY: "key" } },
      want: /no secret "NO_KEY"; set the environment variable/,
    },
    "an option path into a prototype": {
      entry: { file: "options.mjs", optionsFrom: { PAGER_KEY: "__proto__.key" } },
      want: /optionsFrom: has to map/,
    },
    "a create that throws": { entry: { file: "creates.mjs" }, want: /^cannot|taken/ },
    "a create that makes nothing": { entry: { file: "empty.mjs" }, want: /has no method send|taken/ },
    "a queue that lacks a part": { entry: { file: "queue.mjs" }, want: /no method tasks.enqueue/ },
    "a url that cannot be reached": {
      entry: { url: "http://a.example/x?key=1" },
      want: /plugin at a.example gave no answer.*fetch failed/,
    },
    "a url of another scheme": { entry: { url: "file:///etc/passwd" }, want: /http/ },
  };
  for (const [sentence, { entry, want }] of Object.entries(failures)) {
    it(`names the reason for ${sentence}, and the others load`, async () => {
      const { plugins, list, failures: failed } = await load([entry, { file: "llm.mjs" }], { taken: ["notify/pager"] });
      expect(list[0]?.message).to.match(want);
      expect(list.map(({ state }) => state)).to.deep.equal(["Failed", "Loaded"]);
      expect(failed).to.deep.equal([list[0]]);
      expect(plugins.map(({ name }) => name)).to.deep.equal(["acme"]);
    });
  }

  it("a configuration that is none fails as one entry", async () => {
    for (const config of [
      null,
      [],
      "text",
      { plugin: [] },
      { plugins: 3 },
      { plugins: Array.from({ length: 201 }, () => ({ file: "a" })) },
    ]) {
      const { plugins, failures: failed } = await loadPlugins(config, partsOf());
      expect([plugins.length, failed.length], JSON.stringify(config)?.slice(0, 40)).to.deep.equal([0, 1]);
    }
    expect((await loadPlugins({}, partsOf())).list).to.deep.equal([]);
  });

  it("what loads is listed with where it is from, its hash and what it claims (B123)", async () => {
    const { list, plugins } = await load([{ file: "./llm.mjs" }, { file: "deep/er.mjs" }, { file: "minor.mjs" }]);
    expect(list.map(({ sha256: _sha256, ...line }) => line)).to.deep.equal([
      { name: "acme", kind: "llm", from: "./llm.mjs", models: ["acme-*"], state: "Loaded", message: "" },
      { name: "deeper", kind: "notify", from: "deep/er.mjs", models: [], state: "Loaded", message: "" },
      { name: "minor", kind: "notify", from: "minor.mjs", models: [], state: "Loaded", message: "" },
    ]);
    expect(list.every((line) => /^[0-9a-f]{64}$/.test(line.sha256 ?? ""))).to.equal(true);
    expect(plugins[0]?.kind === "llm" && typeof plugins[0].product.complete).to.equal("function");
  });

  it("a file with the right hash loads, through a link inside the folder too", async () => {
    const { list } = await load([{ file: "link.mjs", sha256: sha256(plugin()).toUpperCase() }]);
    expect(list[0]).to.include({ state: "Loaded", sha256: sha256(plugin()) });
  });

  it("packages beside the configuration load, ES modules and CommonJS", async () => {
    const { list } = await load([{ package: "ark-pager" }, { package: "@acme/old" }]);
    expect(list.map(({ name, message }) => [name, message])).to.deep.equal([
      ["packaged", ""],
      ["old", ""],
    ]);
  });

  it("of two plugins of one name the second fails and says whose the name is", async () => {
    const { list } = await load([{ file: "good.mjs" }, { file: "link.mjs" }]);
    expect(list.map(({ state }) => state)).to.deep.equal(["Loaded", "Failed"]);
    expect(list[1]?.message).to.include("taken by good.mjs");
  });

  it("secrets reach the options by their paths, and nobody's message", async () => {
    const redactor = createRedactor();
    const options = { url: "https://a.example", auth: { user: "u" } };
    const { plugins, list } = await load([{ file: "good.mjs", options, optionsFrom: { PAGER_KEY: "auth.key" } }, { file: "throws.mjs" }], {
      redactor,
    });
    const made = plugins[0]?.product as unknown as { options: unknown; host: { secret(name: string): string | undefined } };
    expect(made.options).to.deep.equal({ url: "https://a.example", auth: { user: "u", key: "s3cr3t-value-0001" } });
    expect(options).to.deep.equal({ url: "https://a.example", auth: { user: "u" } });
    expect([made.host.secret("PAGER_KEY"), made.host.secret("HOME")]).to.deep.equal(["s3cr3t-value-0001", undefined]);
    expect(redactor.text("is s3cr3t-value-0001")).to.equal(`is ${REDACTED}`);
    expect(list[1]?.message).to.match(/^no luck with/);
  });

  /** Lets real reading of files and promises go on, until something is true. */
  const until = async (clock: FakeClock, isSo: () => boolean): Promise<void> => {
    while (!isSo()) await clock.settle();
  };

  it("a create that hangs fails after 5 s, and holds up nobody", async () => {
    const clock = fakeClock();
    const modules = await Promise.all(
      ["hangs.mjs", "good.mjs"].map(async (name) => [name, await import(pathToFileURL(join(folder, name)).href)] as const),
    );
    const importModule = async (url: string): Promise<unknown> => modules.find(([name]) => url.endsWith(name))?.[1];
    let loaded: LoadedPlugins | undefined;
    void load([{ file: "hangs.mjs" }, { file: "good.mjs" }], { clock, importModule }).then((result) => (loaded = result));
    // Both are imported, and one of them is made: what is left is the wait for the other.
    await until(clock, () => clock.pending() === 1);
    await clock.settle();
    await clock.advance(5_000);
    await until(clock, () => loaded !== undefined);
    expect(loaded?.list.map(({ state, message }) => [state, message])).to.deep.equal([
      ["Failed", "create took longer than 5 s"],
      ["Loaded", ""],
    ]);
    expect(clock.pending()).to.equal(0);
  });

  it("an import that hangs fails after 5 s", async () => {
    const clock = fakeClock();
    let loaded: LoadedPlugins | undefined;
    void load([{ file: "good.mjs" }], { clock, importModule: () => new Promise(() => {}) }).then((result) => (loaded = result));
    await until(clock, () => clock.pending() === 1);
    await clock.advance(5_000);
    await until(clock, () => loaded !== undefined);
    expect(loaded?.list[0]?.message).to.equal("importing it took longer than 5 s");
  });

  it("closing goes backwards, and one that throws does not stop it", async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, with: () => log, warn: (message: string) => void warnings.push(message) };
    const loaded = await load([{ file: "closes.mjs" }, { file: "good.mjs" }], { log });
    await loaded.close();
    expect(warnings).to.deep.equal(["plugin did not close"]);
  });

  it("a plugin that imports kubectl-ark/plugin and has none installed is given it", async () => {
    const { list } = await load([{ file: "contract.mjs" }], { contractURL: pathToFileURL(join(base, "contract.mjs")).href });
    expect(list.map(({ name, message }) => [name, message])).to.deep.equal([["contract", ""]]);
  });
});
