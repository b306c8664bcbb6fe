// From an entry to the one file that is imported. Nothing outside the configuration's folder is ever read: paths are compared as real
// paths, since a kubelet mounts files as links, and since a link may lead anywhere.
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { isRecord } from "./config.ts";

/** A file that may be imported. */
export interface PluginFile {
  readonly url: string;
  readonly sha256: string;
  /** Whether it names `kubectl-ark/plugin`. */
  readonly importsContract: boolean;
}

/** Names of packages as npm has them, a scope included. */
const PACKAGE_NAME = /^(?:@[a-z0-9-~][a-z0-9-._~]{0,100}\/)?[a-z0-9-~][a-z0-9-._~]{0,200}$/;

/**
 * The file of an entry, read and hashed.
 * @throws Error with the reason, for people
 */
export async function findPluginFile(
  folder: string,
  source: { readonly package: string } | { readonly file: string },
): Promise<PluginFile> {
  const path = "file" in source ? await realFile(folder, source.file) : await packageEntry(folder, source.package);
  const bytes = await readFile(path);
  return {
    url: pathToFileURL(path).href,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    importsContract: bytes.includes("kubectl-ark/plugin"),
  };
}

/** The real path of a file below the folder. */
async function realFile(folder: string, path: string): Promise<string> {
  if (isAbsolute(path)) throw new Error(`"${path}" is absolute; name a file below the folder of the plugin configuration`);
  const root = await realpath(folder);
  let real: string;
  try {
    real = await realpath(join(root, path));
  } catch (error) {
    throw new Error(`"${path}" is not there; put it below the folder of the plugin configuration`, { cause: codeOf(error) });
  }
  const inside = relative(root, real);
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new Error(`"${path}" leads out of the folder of the plugin configuration; copy it there`);
  }
  return real;
}

/** What `import "<name>"` means in that folder, by the package's own word. */
async function packageEntry(folder: string, name: string): Promise<string> {
  if (!PACKAGE_NAME.test(name)) throw new Error(`"${name}" is no package name; write it as in package.json`);
  const base = join("node_modules", ...name.split("/"));
  const manifestPath = await realFile(folder, join(base, "package.json")).catch((error: unknown) => {
    throw new Error(`package "${name}" is not installed beside the plugin configuration; run npm install there`, { cause: error });
  });
  const manifest: unknown = JSON.parse(await readFile(manifestPath, "utf8"));
  const entry = isRecord(manifest) ? (conditional(rootExport(manifest["exports"])) ?? textOf(manifest["main"]) ?? "index.js") : "index.js";
  return realFile(folder, join(base, entry));
}

/** `exports` without subpaths, or its ".". */
function rootExport(exports: unknown): unknown {
  return isRecord(exports) && Object.hasOwn(exports, ".") ? exports["."] : exports;
}

/** The target for Node's import, in the order in which the package writes its conditions. */
function conditional(target: unknown): string | undefined {
  if (!isRecord(target)) return textOf(target);
  for (const [condition, inner] of Object.entries(target)) {
    if (!["node", "import", "module-sync", "default"].includes(condition)) continue;
    const found = conditional(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function codeOf(error: unknown): string | undefined {
  return isRecord(error) ? textOf(error["code"]) : undefined;
}
