// `ark convert` (B101): older shapes in, current ones out. What is current already, and what is not ours, passes through.
import { dumpYaml, loadYaml } from "../../../crds/index.ts";
import { visible } from "../../terminal/visible.ts";
import { type CliContext, EXIT, UsageError } from "../cli.ts";
import { currentOf } from "../convert/current.ts";
import { readManifests } from "../files.ts";

/** Prints all documents of the files, converted, in their order. Nothing is printed when one of them cannot be read. */
export async function convertVerb(
  { files, flags }: { files: readonly string[]; flags: Readonly<Record<string, unknown>> },
  context: CliContext,
): Promise<number> {
  const read = await readManifests(files, { recursive: flags["recursive"] === true }, context);
  const loaded = read.files.map((file) => loadYaml(file.bytes, file.name));
  const troubles = [
    ...read.troubles.map(({ file, message }) => `${file}: ${message}`),
    ...loaded.flatMap(({ faults }) => faults.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)),
  ];
  for (const trouble of troubles) context.err.write(`${visible(trouble)}\n`);
  if (troubles.length > 0) return EXIT.usage;
  const objects = loaded.flatMap(({ documents }) => documents.map(({ object }) => currentOf(object)));
  if (objects.length === 0) throw new UsageError("there is no object in the given files");
  if (flags["output"] === "json") {
    const list = objects.length === 1 ? objects[0] : { apiVersion: "v1", kind: "List", items: objects };
    context.out.write(`${JSON.stringify(list, null, 2)}\n`);
  } else {
    context.out.write(objects.map((object) => dumpYaml(object)).join("---\n"));
  }
  return EXIT.succeeded;
}
