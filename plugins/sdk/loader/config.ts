// The list of plugins as it is written (B122). Decoding finds all that is wrong with an entry and says it; nothing is loaded here.

/** Where a plugin comes from: exactly one of the three. */
export type PluginSource = { readonly package: string } | { readonly file: string } | { readonly url: string };

/** One entry of `plugins:`. */
export interface PluginEntry {
  readonly source: PluginSource;
  /** Hex digits, lower case. */
  readonly sha256: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** Option paths (dots between names) by the name of a secret. */
  readonly optionsFrom: ReadonlyMap<string, string>;
}

/** An entry, or what is wrong with it; `from` names it in either case. */
export type DecodedEntry =
  | { readonly from: string; readonly entry: PluginEntry }
  | { readonly from: string; readonly entry: undefined; readonly message: string };

/** More plugins than this are a mistake. */
const MAX_PLUGINS = 200;
const MAX_TEXT = 2_048;
const FIELDS = ["package", "file", "url", "sha256", "options", "optionsFrom"];
const SOURCES = ["package", "file", "url"] as const;

/** Names that would reach into prototypes. */
const FORBIDDEN_NAMES = new Set(["__proto__", "constructor", "prototype"]);

/** The entries of a configuration; one decoded entry with a message when it is no configuration at all. */
export function decodePluginConfig(config: unknown): readonly DecodedEntry[] {
  if (!isRecord(config)) return [wrong("plugins", "the plugin configuration has to be an object with a list `plugins`")];
  const unknown = Object.keys(config).filter((key) => key !== "plugins");
  if (unknown.length > 0) return [wrong("plugins", `unknown field "${unknown[0] ?? ""}"; there is only \`plugins\``)];
  const list = Object.hasOwn(config, "plugins") ? config["plugins"] : [];
  if (!Array.isArray(list)) return [wrong("plugins", "`plugins` has to be a list")];
  if (list.length > MAX_PLUGINS) return [wrong("plugins", `${list.length} plugins are too many; ${MAX_PLUGINS} are the most`)];
  return list.map((entry: unknown, i) => decodeEntry(entry, `plugins[${i}]`));
}

function decodeEntry(value: unknown, at: string): DecodedEntry {
  if (!isRecord(value)) return wrong(at, `${at}: has to be an object with one of package, file, url`);
  const given = SOURCES.filter((name) => Object.hasOwn(value, name));
  const [kind] = given;
  const place = kind === undefined ? undefined : value[kind];
  const from = typeof place === "string" && place !== "" && place.length <= MAX_TEXT ? place : at;
  if (kind === undefined || given.length > 1) return wrong(from, `${at}: name exactly one of package, file, url`);
  if (from === at) return wrong(at, `${at}.${kind}: has to be a text of 1 to ${MAX_TEXT} characters`);
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return wrong(from, `${at}: unknown field "${unknown}"; there are ${FIELDS.join(", ")}`);
  const { sha256, options = {}, optionsFrom = {} } = value as { sha256?: unknown; options?: unknown; optionsFrom?: unknown };
  if (sha256 !== undefined && (typeof sha256 !== "string" || !/^[0-9a-fA-F]{64}$/.test(sha256))) {
    return wrong(from, `${at}.sha256: has to be 64 hex digits`);
  }
  if (sha256 !== undefined && kind === "url") return wrong(from, `${at}.sha256: what runs behind a url cannot be hashed; take it out`);
  if (!isRecord(options)) return wrong(from, `${at}.options: has to be an object`);
  const paths = decodePaths(optionsFrom);
  if (paths === undefined) {
    return wrong(from, `${at}.optionsFrom: has to map names of secrets to option paths, like { ACME_API_KEY: "apiKey" }`);
  }
  const source = kind === "package" ? { package: from } : kind === "file" ? { file: from } : { url: from };
  return { from, entry: { source, sha256: sha256?.toLowerCase(), options, optionsFrom: paths } };
}

function decodePaths(value: unknown): ReadonlyMap<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const paths = new Map<string, string>();
  for (const [secret, path] of Object.entries(value)) {
    if (typeof path !== "string" || path.length > MAX_TEXT) return undefined;
    if (path.split(".").some((name) => name === "" || FORBIDDEN_NAMES.has(name))) return undefined;
    paths.set(secret, path);
  }
  return paths;
}

function wrong(from: string, message: string): DecodedEntry {
  return { from, entry: undefined, message };
}

/** A plain object: neither list nor null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
