// `--mock SCRIPT` (B102): read, checked, refused with file and line.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { compilePattern, loadYaml } from "../../crds/index.ts";
import { type MockScript, mockScriptOf } from "../../plugins/llm-mock/index.ts";
import { type CliContext, UsageError } from "./cli.ts";
import { reasonOf } from "./files.ts";

/** The script of a file. @throws UsageError with every fault, a line each */
export async function readMockScript(path: string, context: Pick<CliContext, "cwd">): Promise<MockScript> {
  const bytes = await readFile(resolve(context.cwd, path)).catch((error: unknown) => {
    throw new UsageError(`--mock: ${path} ${reasonOf(error)}`, { cause: error });
  });
  const { documents, faults } = loadYaml(bytes, path);
  const [document, second] = documents;
  if (faults.length === 0 && (!document || second)) throw new UsageError(`--mock: ${path} must hold one document with "responses"`);
  const verdict = document && mockScriptOf(document.object, { positionOf: (at) => document.positionOf(at), compilePattern });
  const all = [...faults, ...(verdict && "faults" in verdict ? verdict.faults : [])];
  if (all.length > 0 || !verdict || "faults" in verdict) {
    throw new UsageError(all.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`).join("\n"));
  }
  return verdict.script;
}
