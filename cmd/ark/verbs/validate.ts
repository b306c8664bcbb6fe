// `ark validate` (B101): every fault of §4 at its place in the file.
import { checkSet, loadYaml } from "../../../crds/index.ts";
import { paletteFor } from "../../terminal/output.ts";
import { visible } from "../../terminal/visible.ts";
import { type CliContext, EXIT } from "../cli.ts";
import { isOurs, readManifests } from "../files.ts";

/** One fault of a file, as `-o json` prints it. Lines and columns count from 1. */
interface PlacedFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** What was found. `unreadable`: something could not be read or is no YAML (exit 2); `ours` counts the objects of our group. */
interface Report {
  readonly errors: readonly PlacedFault[];
  readonly warnings: readonly PlacedFault[];
  readonly unreadable: boolean;
  readonly ours: number;
}

/** Reads, checks, prints. Exit 0 valid, 1 invalid, 2 unreadable, not YAML, or nothing of ours in it. */
export async function validateVerb(
  { files, flags }: { files: readonly string[]; flags: Readonly<Record<string, unknown>> },
  context: CliContext,
): Promise<number> {
  const read = await readManifests(files, { recursive: flags["recursive"] === true }, context);
  const unread = read.troubles.map(({ file, message }) => ({ file, line: 1, column: 1, path: "", code: "unreadable", message }));
  const loaded = read.files.map((file) => loadYaml(file.bytes, file.name));
  const notYaml = loaded.flatMap(({ faults }) => faults.map((fault) => ({ path: "", ...fault })));
  const documents = loaded.flatMap((file) => file.documents);
  const checked = checkSet(documents);
  const report: Report = {
    errors: [...unread, ...notYaml, ...checked.errors],
    warnings: checked.warnings,
    unreadable: unread.length + notYaml.length > 0,
    ours: documents.filter(({ object }) => isOurs(object)).length,
  };
  if (flags["output"] === "json") printJson(report, context);
  else printText(report, flags["quiet"] === true, files, context);
  if (report.unreadable || report.ours === 0) return EXIT.usage;
  return report.errors.length === 0 ? EXIT.succeeded : EXIT.failed;
}

function printJson({ errors, warnings, unreadable, ours }: Report, context: CliContext): void {
  const nothing =
    ours === 0 && !unreadable && errors.length === 0
      ? [{ file: "", line: 1, column: 1, path: "", code: "nothing", message: NOTHING_OF_OURS }]
      : [];
  const all = [...errors, ...nothing];
  context.out.write(`${JSON.stringify({ valid: all.length === 0, errors: all, warnings }, null, 2)}\n`);
}

const NOTHING_OF_OURS = "no object of the group arkonis.dev in it; check the file, and its apiVersion (arkonis.dev/v1alpha1)";

function printText({ errors, warnings, ours, unreadable }: Report, quiet: boolean, files: readonly string[], context: CliContext): void {
  const colour = paletteFor(context.out, context.env);
  const line = ({ file, line, column, path, message }: PlacedFault, word: string): string =>
    `${visible(file)}:${line}:${column}: ${word}${path === "" ? "" : `${visible(path)}: `}${visible(message)}\n`;
  for (const fault of errors) context.out.write(line(fault, ""));
  if (!quiet) for (const fault of warnings) context.out.write(line(fault, colour.yellow("warning: ")));
  if (ours === 0 && !unreadable) context.err.write(`error: ${files.map(visible).join(", ")}: ${NOTHING_OF_OURS}\n`);
  else if (!quiet) context.err.write(`${summary(errors.length, warnings.length, ours)}\n`);
}

function summary(errors: number, warnings: number, ours: number): string {
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
  const tail = warnings > 0 ? `, ${count(warnings, "warning")}` : "";
  return errors === 0 ? `${count(ours, "object")} valid${tail}` : `${count(errors, "error")}${tail}`;
}
