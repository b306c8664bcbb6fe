// What a run leaves on standard output: the result alone (B100, B100a).
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { dumpYaml, type JsonObject } from "../../crds/index.ts";
import type { LocalOutcome } from "../../runtime/local/index.ts";
import { visible } from "../terminal/visible.ts";
import { type CliContext, UsageError } from "./cli.ts";
import { reasonOf } from "./files.ts";

/** The result as text: the output, or the record. Secrets are hidden by `redact`. */
export function resultText({ run, output, outcome }: LocalOutcome, format: string, redact: (text: string) => string): string {
  if (format === "json") return redact(`${JSON.stringify(run, null, 2)}\n`);
  if (format === "yaml") return redact(dumpYaml(run as unknown as JsonObject));
  if (outcome !== "succeeded") return "";
  return redact(output.endsWith("\n") || output === "" ? output : `${output}\n`);
}

/** Puts it where the user wants it. On a terminal control characters are made visible; in a file and in records it is exact (B103). */
export async function deliver(text: string, file: string | undefined, format: string, context: CliContext): Promise<void> {
  if (file === undefined) {
    context.out.write(format === "text" && context.out.isTerminal ? visible(text) : text);
    return;
  }
  await writeFile(resolve(context.cwd, file), text).catch((error: unknown) => {
    throw new UsageError(`--output-file: ${file} ${reasonOf(error)}`, { cause: error });
  });
}
