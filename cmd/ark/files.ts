// Reading manifests: a file, a folder of them, or standard input. Nothing is ever passed over without a word.
import type { Dirent } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { GROUP, type JsonObject } from "../../crds/index.ts";
import type { CliContext } from "./cli.ts";

/** More than this in one call is refused before it is read (RELIABILITY §5: maxYamlBytes per call). */
export const MAX_INPUT_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5_000;
const MANIFEST = /\.(ya?ml|json)$/i;

/** A file's bytes and the name by which messages call it. */
export interface ManifestFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Something that could not be read, with the way out. */
export interface FileTrouble {
  readonly file: string;
  readonly message: string;
}

/**
 * Reads what the arguments name, in order; of a folder every `.yaml`, `.yml` and `.json`, by name, and what lies deeper only with
 * `recursive`. Links are followed, each real folder once. All troubles come back at once.
 */
export async function readManifests(
  paths: readonly string[],
  options: { readonly recursive: boolean },
  context: Pick<CliContext, "cwd" | "readStdin">,
): Promise<{ files: ManifestFile[]; troubles: FileTrouble[] }> {
  const files: ManifestFile[] = [];
  const troubles: FileTrouble[] = [];
  let left = MAX_INPUT_BYTES;

  const take = (name: string, bytes: Uint8Array): void => {
    if (bytes.length > left) {
      troubles.push({
        file: name,
        message: `more than ${MAX_INPUT_BYTES / 1024 / 1024} MiB of manifests in one call; name fewer or smaller files`,
      });
      return;
    }
    left -= bytes.length;
    files.push({ name, bytes });
  };

  const readFile = async (path: string, name: string): Promise<void> => {
    const handle = await open(path, "r");
    try {
      const buffer = Buffer.allocUnsafe(Math.min(left + 1, Math.max((await handle.stat()).size + 1, 65_536)));
      let size = 0;
      let grown = buffer;
      for (;;) {
        const { bytesRead } = await handle.read(grown, size, grown.length - size, null);
        size += bytesRead;
        if (bytesRead === 0 || size > left) break;
        if (size === grown.length) grown = Buffer.concat([grown], Math.min(grown.length * 2, left + 1));
      }
      take(name, grown.subarray(0, size));
    } finally {
      await handle.close();
    }
  };

  const readFolder = async (path: string, name: string, above: ReadonlySet<string>): Promise<void> => {
    const real = await realpath(path);
    if (above.has(real)) return; // a link that leads back up: its files are read already
    const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    let found = 0;
    for (const entry of entries) {
      const [childPath, childName] = [join(path, entry.name), join(name, entry.name)];
      const isFolder = await leadsToFolder(entry, childPath);
      if (isFolder && options.recursive && entry.name !== "node_modules" && !entry.name.startsWith(".")) {
        await readEntry(childPath, childName, new Set([...above, real]));
      } else if (!isFolder && MANIFEST.test(entry.name)) {
        found += 1;
        if (files.length >= MAX_FILES) {
          troubles.push({ file: childName, message: `more than ${MAX_FILES} files; name a smaller folder` });
          return;
        }
        await readEntry(childPath, childName, above);
      }
    }
    if (found === 0 && above.size === 0 && !options.recursive) {
      troubles.push({ file: name, message: "holds no .yaml, .yml or .json file; add --recursive to read the folders below it" });
    }
  };

  const readEntry = async (path: string, name: string, above: ReadonlySet<string>): Promise<void> => {
    try {
      const facts = await stat(path);
      if (facts.isDirectory()) await readFolder(path, name, above);
      else if (facts.isFile() || facts.isFIFO() || facts.isCharacterDevice()) await readFile(path, name);
      else troubles.push({ file: name, message: "is neither a file nor a folder" });
    } catch (error) {
      troubles.push({ file: name, message: reasonOf(error) });
    }
  };

  for (const path of paths) {
    if (path === "-") take("<stdin>", await context.readStdin(MAX_INPUT_BYTES));
    else await readEntry(join2(context.cwd, path), path === "" ? "." : path, new Set());
  }
  return { files, troubles };
}

const join2 = (cwd: string, path: string): string => (path.startsWith("/") ? path : join(cwd, path));

/** Whether a folder's entry is a folder, links followed. A broken link is none: reading it says what is wrong. */
async function leadsToFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/** What the operating system said, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "does not exist; check the path";
    case "EACCES":
    case "EPERM":
      return "may not be read or written; check its permissions";
    case "ELOOP":
      return "is a link that leads back to itself";
    case "EISDIR":
      return "is a folder; name a file";
    case "ENOTDIR":
      return "lies below something that is no folder";
    case "EEXIST":
      return "exists already; it is never overwritten";
    case "ENOSPC":
      return "cannot be written: the disk is full";
    default:
      return `cannot be read or written (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** A path as messages show it: relative to where the user stands, when it lies below. */
export function shownPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith("..") ? path : inside;
}

/** Whether a document is of our group, of whatever version and kind. */
export function isOurs(object: JsonObject): boolean {
  const { apiVersion } = object;
  return typeof apiVersion === "string" && apiVersion.startsWith(`${GROUP}/`);
}
