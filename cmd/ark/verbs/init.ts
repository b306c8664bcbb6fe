// `ark init` (B101): a project that runs at once. Never overwrites.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isDnsLabel } from "../../../crds/index.ts";
import { type CliContext, EXIT, UsageError } from "../cli.ts";
import { reasonOf } from "../files.ts";
import { pluginProject } from "../projects/plugin.ts";
import { teamProject } from "../projects/team.ts";

/** Makes the folder. Everything is checked before the first file is written; a folder that holds one of its files is refused whole. */
export async function initVerb(
  { name, flags }: { name: string; flags: Readonly<Record<string, unknown>> },
  context: CliContext,
): Promise<number> {
  const plugin = flags["plugin"];
  if (plugin !== undefined && plugin !== "llm")
    throw new UsageError(`no project for plugins of kind "${typeof plugin === "string" ? plugin : ""}"; there is one for llm`);
  const folder = resolve(context.cwd, name);
  const teamName = folder.split(/[\\/]/).at(-1) ?? "";
  if (!isDnsLabel(teamName) || teamName.length > 40) {
    throw new UsageError(
      `"${teamName}" cannot be the name of a team; use up to 40 lower-case letters, digits and hyphens, beginning with a letter`,
    );
  }
  const files = plugin === "llm" ? pluginProject(teamName) : teamProject(teamName);
  const existing = await existingOf(Object.keys(files).map((file) => join(folder, file)));
  if (existing !== undefined)
    throw new UsageError(`${existing} exists already; it is never overwritten. Choose another name, or move it away`);
  for (const [file, text] of Object.entries(files)) {
    const path = join(folder, file);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: "wx" });
    } catch (error) {
      throw new UsageError(`${path} ${reasonOf(error)}`, { cause: error });
    }
  }
  context.out.write(
    `${Object.keys(files)
      .map((file) => join(name, file))
      .join("\n")}\n`,
  );
  context.err.write(plugin === "llm" ? `\nTry it:\n  cd ${name} && npm test\n` : `\nTry it:\n  ark run ${join(name, "team.yaml")}\n`);
  return EXIT.succeeded;
}

/** The first of these paths that is taken. */
async function existingOf(paths: readonly string[]): Promise<string | undefined> {
  const { lstat } = await import("node:fs/promises");
  for (const path of paths) {
    const taken = await lstat(path).then(
      () => true,
      () => false,
    );
    if (taken) return path;
  }
  return undefined;
}
