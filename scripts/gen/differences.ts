// Where the tree differs from what would be generated now.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OWNED_FOLDERS } from "./generatedFiles.ts";

/** Paths relative to the root. */
export interface Differences {
  /** Missing, or with other content. */
  readonly changed: readonly string[];
  /** In a folder of generated files, and not generated any more. */
  readonly stale: readonly string[];
}

/** Compares the tree at `root` with `files` (path → text). Reads only. */
export function differencesFrom(root: string, files: ReadonlyMap<string, string>): Differences {
  const isSame = (path: string, text: string) => existsSync(join(root, path)) && readFileSync(join(root, path), "utf8") === text;
  const listing = (folder: string) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []);
  return {
    changed: [...files].filter(([path, text]) => !isSame(path, text)).map(([path]) => path),
    stale: OWNED_FOLDERS.flatMap((folder) => listing(folder).map((name) => `${folder}/${name}`)).filter((path) => !files.has(path)),
  };
}
