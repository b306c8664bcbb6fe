// Loading plugins (B122): what is listed, and nothing else, is found, hashed, imported, checked and made, in that order. One that is
// broken is named with its reason, and the others load. What a plugin gets is its host; what the loader keeps is the way to end it.
import type { JsonObject } from "../../../crds/json.ts";
import type { Clock } from "../host/clock.ts";
import { errorText } from "../host/errorText.ts";
import type { Log } from "../host/log.ts";
import type { Redactor } from "../host/redact.ts";
import type { Plugin, PluginHost, PluginKind, PluginProducts } from "../plugin.ts";
import { hasCreate, manifestOf, missingOf, type PluginManifest } from "./checkPlugin.ts";
import { type DecodedEntry, decodePluginConfig, isRecord, type PluginEntry } from "./config.ts";
import { findPluginFile } from "./pluginFile.ts";
import { provideContract } from "./provideContract.ts";
import { remotePlugin } from "./remotePlugin.ts";

/** What the loader works with. */
export interface LoaderParts {
  /** The folder of the configuration file: paths and packages are looked up there, and nowhere else. */
  readonly folder: string;
  /** All faults of options against a plugin's schema. It throws when the schema is none. */
  readonly checkOptions: (schema: JsonObject, options: unknown) => readonly { readonly path: string; readonly message: string }[];
  /** Secrets by name: an environment variable. */
  readonly secret: (name: string) => string | undefined;
  readonly redactor: Redactor;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** Names that are taken already, as `kind/name`: those of the built-in plugins. */
  readonly taken?: Iterable<string>;
  /** The module that `kubectl-ark/plugin` means for plugins that have none installed. */
  readonly contractURL?: string;
  /** How a module is imported: `import()` unless a test says otherwise. */
  readonly importModule?: (url: string) => Promise<unknown>;
}

/** One line of `ark plugins` (B123). Keys are those of its JSON. */
export interface PluginListing {
  readonly name: string;
  readonly kind: string;
  /** The package, file or url, as it is written in the configuration. */
  readonly from: string;
  readonly sha256?: string;
  readonly models: readonly string[];
  readonly state: "Loaded" | "Failed";
  /** Why it failed. */
  readonly message: string;
}

/** A plugin that works. */
export type LoadedPlugin = { [K in PluginKind]: { readonly kind: K; readonly product: PluginProducts[K] } & LoadedCommon }[PluginKind];

interface LoadedCommon {
  readonly name: string;
  readonly from: string;
  readonly models: readonly string[];
}

/** What came of a configuration. */
export interface LoadedPlugins {
  readonly plugins: readonly LoadedPlugin[];
  /** Every entry in its order, broken ones included. */
  readonly list: readonly PluginListing[];
  /** Those of `list` that failed. */
  readonly failures: readonly PluginListing[];
  /** Closes what was made, last first. A plugin that throws at its end is logged. */
  close(): Promise<void>;
}

/** For an import, and again for `create`. */
const STEP_MS = 5_000;

/** An entry on its way: what is known of it so far is what the list shows when it fails. */
interface Candidate {
  readonly from: string;
  sha256?: string;
  manifest?: PluginManifest;
  plugin?: Plugin;
  loaded?: LoadedPlugin;
  message?: string;
}

/** Loads what a configuration lists. Never throws: whatever is wrong, with an entry or with all of it, stands in the list. */
export async function loadPlugins(config: unknown, parts: LoaderParts): Promise<LoadedPlugins> {
  const decoded = decodePluginConfig(config);
  const candidates: Candidate[] = decoded.map(({ from }) => ({ from }));
  const each = async (step: (candidate: Candidate, entry: PluginEntry) => Promise<void>): Promise<void> => {
    await Promise.all(candidates.map((candidate, i) => attempt(candidate, decoded[i], step, parts)));
  };
  await each((candidate, entry) => findAndImport(candidate, entry, parts));
  refuseTakenNames(candidates, parts.taken ?? []);
  await each((candidate, entry) => make(candidate, entry, parts));

  const list = candidates.map(listingOf);
  const failures = list.filter(({ state }) => state === "Failed");
  for (const { from, name, message } of failures) parts.log.error("plugin is not loaded", { plugin: name, from, reason: message });
  const plugins = candidates.flatMap(({ loaded }) => loaded ?? []);
  return { plugins, list, failures, close: () => closeAll(plugins, parts) };
}

/** One step of one entry; what it throws is its reason, and ends it. */
async function attempt(
  candidate: Candidate,
  decoded: DecodedEntry | undefined,
  step: (candidate: Candidate, entry: PluginEntry) => Promise<void>,
  { redactor }: LoaderParts,
): Promise<void> {
  if (candidate.message !== undefined || decoded === undefined) return;
  if (decoded.entry === undefined) {
    candidate.message = decoded.message;
    return;
  }
  try {
    await step(candidate, decoded.entry);
  } catch (error) {
    candidate.message = errorText(error, { redact: (text) => redactor.text(text) });
  }
}

async function findAndImport(candidate: Candidate, { source, sha256 }: PluginEntry, parts: LoaderParts): Promise<void> {
  const exported = "url" in source ? await remote(source.url, parts) : await imported(candidate, source, sha256, parts);
  if (!hasCreate(exported))
    throw new Error("it has to export a plugin as its default: export default definePlugin({ …, create(options, host) { … } })");
  candidate.manifest = manifestOf(exported);
  candidate.plugin = exported as unknown as Plugin;
}

function remote(url: string, parts: LoaderParts): Promise<Plugin> {
  return within(STEP_MS, "its description", parts.clock, (signal) => remotePlugin(url, { fetch: parts.fetch, clock: parts.clock, signal }));
}

async function imported(
  candidate: Candidate,
  source: { readonly package: string } | { readonly file: string },
  sha256: string | undefined,
  { folder, clock, contractURL, importModule = (url) => import(url) as Promise<unknown> }: LoaderParts,
): Promise<unknown> {
  const file = await findPluginFile(folder, source);
  candidate.sha256 = file.sha256;
  if (sha256 !== undefined && sha256 !== file.sha256)
    throw new Error(`its sha256 is ${file.sha256}, the configuration says ${sha256}; it was changed`);
  if (file.importsContract && contractURL !== undefined) provideContract(contractURL);
  const module = await within(STEP_MS, "importing it", clock, () => importModule(file.url));
  // A CommonJS module that was compiled from a default export has it one deeper.
  const exported = isRecord(module) ? module["default"] : undefined;
  return isRecord(exported) && !hasCreate(exported) && isRecord(exported["default"]) ? exported["default"] : exported;
}

/** The first of a name keeps it; the others say whose it is. */
function refuseTakenNames(candidates: readonly Candidate[], taken: Iterable<string>): void {
  const owners = new Map<string, string>();
  for (const name of taken) owners.set(name, "a built-in plugin");
  for (const candidate of candidates) {
    if (candidate.message !== undefined || candidate.manifest === undefined) continue;
    const { kind, name } = candidate.manifest;
    const owner = owners.get(`${kind}/${name}`);
    if (owner === undefined) owners.set(`${kind}/${name}`, candidate.from);
    else candidate.message = `the name "${name}" of kind ${kind} is taken by ${owner}; remove one of them`;
  }
}

async function make(candidate: Candidate, entry: PluginEntry, parts: LoaderParts): Promise<void> {
  const { from, manifest, plugin } = candidate;
  if (manifest === undefined || plugin === undefined) return;
  const { kind, name, models } = manifest;
  const host: PluginHost = {
    log: parts.log.with({ plugin: name }),
    fetch: parts.fetch,
    clock: parts.clock,
    secret: (secretName) => secretOf(secretName, parts),
  };
  const options = optionsOf(entry, host);
  if (manifest.options !== undefined) {
    const faults = parts.checkOptions(manifest.options, options);
    if (faults.length > 0)
      throw new Error(`options: ${faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ")}`);
  }
  const product: unknown = await within(STEP_MS, "create", parts.clock, async () => plugin.create(options, host));
  const missing = missingOf(kind, product);
  if (missing !== undefined) throw new Error(missing);
  candidate.loaded = { kind, name, from, models, product } as LoadedPlugin;
}

function secretOf(name: string, { secret, redactor }: LoaderParts): string | undefined {
  const value = secret(name);
  if (value !== undefined) redactor.register(value);
  return value;
}

/** The options with the secrets put where they belong. */
function optionsOf({ options, optionsFrom }: PluginEntry, host: PluginHost): Readonly<Record<string, unknown>> {
  const whole: Record<string, unknown> = structuredClone(options);
  for (const [name, path] of optionsFrom) {
    const value = host.secret(name);
    if (value === undefined) throw new Error(`optionsFrom: there is no secret "${name}"; set the environment variable of that name`);
    const names = path.split(".");
    const last = names.pop() ?? "";
    let inner = whole;
    for (const step of names) {
      const next = Object.hasOwn(inner, step) ? inner[step] : undefined;
      const deeper: Record<string, unknown> = isRecord(next) ? { ...next } : {};
      inner[step] = deeper;
      inner = deeper;
    }
    inner[last] = value;
  }
  return whole;
}

function listingOf({ from, sha256, manifest, loaded, message }: Candidate): PluginListing {
  return {
    name: manifest?.name ?? "",
    kind: manifest?.kind ?? "",
    from,
    ...(sha256 === undefined ? {} : { sha256 }),
    models: manifest?.models ?? [],
    state: loaded === undefined ? "Failed" : "Loaded",
    message: loaded === undefined ? (message ?? "it was not made") : "",
  };
}

async function closeAll(plugins: readonly LoadedPlugin[], { log, clock, redactor }: LoaderParts): Promise<void> {
  for (const { kind, name, product } of plugins.toReversed()) {
    try {
      await within(STEP_MS, "close", clock, async () => (kind === "queue" ? product.tasks.close() : product.close?.()));
    } catch (error) {
      log.warn("plugin did not close", { plugin: name, reason: errorText(error, { redact: (text) => redactor.text(text) }) });
    }
  }
}

/** The work's outcome, or an error when it takes longer: what hangs must not hold up the others. */
async function within<T>(ms: number, what: string, clock: Clock, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const isDone = new AbortController();
  const tooLong = new AbortController();
  const timeout = clock.sleep(ms, isDone.signal).then(() => {
    const error = new Error(`${what} took longer than ${ms / 1000} s`);
    tooLong.abort(error);
    throw error;
  });
  try {
    return await Promise.race([work(tooLong.signal), timeout]);
  } finally {
    timeout.catch(() => {});
    isDone.abort();
  }
}
