// kubeconfig files as kubectl reads them: several are merged, the first that has a name keeps it. Only what is asked for is judged: a
// broken context that nobody uses harms nobody.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { loadYaml } from "../../../crds/index.ts";
import { isRecord, recordsOf, textOf } from "./json.ts";

/** Which context of a kubeconfig, and what to use in its stead: kubectl's flags of the same names. */
export interface KubeconfigOverrides {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
}

/** An entry of a list in a kubeconfig, and the folder that its relative paths begin at. */
export interface KubeconfigEntry {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly folder: string;
}

/** Kubeconfig files in one. */
export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, KubeconfigEntry>;
  readonly users: ReadonlyMap<string, KubeconfigEntry>;
  readonly contexts: ReadonlyMap<string, KubeconfigEntry>;
  readonly currentContext: string;
  /** The files that were there, for messages. */
  readonly files: readonly string[];
}

/** One context of a kubeconfig with what it names. */
export interface ChosenContext {
  readonly name: string;
  readonly cluster: KubeconfigEntry;
  readonly user: KubeconfigEntry;
  readonly namespace: string;
}

/** What is wrong with a kubeconfig; `message` says where and what to do. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

/** Lists of a kubeconfig and what each entry holds. */
const LISTS = { clusters: "cluster", users: "user", contexts: "context" } as const;

/** The texts of some files merged in their order. @throws KubeconfigError when one of them cannot be read as a kubeconfig */
export function mergeKubeconfigs(texts: readonly { readonly file: string; readonly text: string }[]): Kubeconfig {
  const empty = (): Map<string, KubeconfigEntry> => new Map();
  const lists = { clusters: empty(), users: empty(), contexts: empty() };
  let currentContext = "";
  for (const { file, text } of texts) {
    const config = parse(file, text);
    for (const [list, holds] of Object.entries(LISTS) as [keyof typeof LISTS, string][]) {
      for (const entry of recordsOf(config[list])) {
        const name = textOf(entry["name"]);
        const fields = entry[holds];
        if (!lists[list].has(name))
          lists[list].set(name, { fields: isRecord(fields) ? fields : {}, folder: path.dirname(path.resolve(file)) });
      }
    }
    currentContext ||= textOf(config["current-context"]);
  }
  return { ...lists, currentContext, files: texts.map(({ file }) => file) };
}

function parse(file: string, text: string): Readonly<Record<string, unknown>> {
  const { documents, faults } = loadYaml(text, file);
  const [fault] = faults;
  if (fault)
    throw new KubeconfigError(
      `${file}:${fault.line}:${fault.column}: ${fault.message}; correct the file or name another with --kubeconfig`,
    );
  return documents[0]?.object ?? {};
}

/**
 * The context that is asked for, else the current one. Undefined when nothing is asked for and no context is current: there is no
 * kubeconfig to speak of. @throws KubeconfigError when something is named that is not there
 */
export function chooseContext(config: Kubeconfig, overrides: KubeconfigOverrides = {}): ChosenContext | undefined {
  const name = overrides.context || config.currentContext;
  const where = config.files.join(", ");
  if (name === "" && !overrides.cluster) return undefined;
  const context = name === "" ? NOTHING : find(config.contexts, name, "context", where);
  const clusterName = overrides.cluster || textOf(context.fields["cluster"]);
  const userName = overrides.user || textOf(context.fields["user"]);
  return {
    name,
    cluster: find(config.clusters, clusterName, "cluster", where),
    user: userName === "" ? NOTHING : find(config.users, userName, "user", where),
    namespace: overrides.namespace || textOf(context.fields["namespace"]) || "default",
  };
}

const NOTHING: KubeconfigEntry = { fields: {}, folder: "." };

function find(list: ReadonlyMap<string, KubeconfigEntry>, name: string, what: string, where: string): KubeconfigEntry {
  const entry = list.get(name);
  if (entry) return entry;
  const names = [...list.keys()].map((known) => `"${known}"`).join(", ") || "none";
  throw new KubeconfigError(`${where}: there is no ${what} "${name}"; there is ${names}`);
}

/** Where kubeconfigs are looked for. */
export interface KubeconfigPlace {
  /** A file that has to be there; nothing else is then looked at. */
  readonly explicit?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** Reads `explicit`, else the files of KUBECONFIG, else `~/.kube/config`. Of the last two, files that are not there are passed over. */
export async function readKubeconfig({ explicit, env, home }: KubeconfigPlace): Promise<Kubeconfig> {
  if (explicit) return mergeKubeconfigs([{ file: explicit, text: await readText(explicit) }]);
  const listed = (env["KUBECONFIG"] ?? "").split(path.delimiter).filter((file) => file !== "");
  const files = listed.length > 0 ? listed : [path.join(home, ".kube", "config")];
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readText(file, { mayBeMissing: true }) })));
  return mergeKubeconfigs(texts.filter((entry): entry is { file: string; text: string } => entry.text !== undefined));
}

async function readText(file: string): Promise<string>;
async function readText(file: string, options: { mayBeMissing: true }): Promise<string | undefined>;
async function readText(file: string, { mayBeMissing = false } = {}): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (mayBeMissing && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw new KubeconfigError(`cannot read the kubeconfig ${file} (${code}); name another with --kubeconfig`, { cause: error });
  }
}
