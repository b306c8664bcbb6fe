// Values of a run from the command line: `--input '{"n": 3}'` and `k=v`.
import type { JsonValue } from "../../crds/index.ts";
import { UsageError } from "./cli.ts";

/** The declared type of an input, as far as it decides how `k=v` is read. */
export type InputTypes = Readonly<Record<string, "string" | "number" | "boolean" | "object" | "array">>;

/**
 * Both together; `k=v` wins. A value is text, unless the team declares the input as something else: then it is read as JSON.
 * `prompt`: the text of `--input` when it is no JSON object and `bareIsPrompt` (a single agent's prompt).
 * @throws UsageError that names the flag or pair and what it should look like
 */
export function parseInput(
  json: string | undefined,
  pairs: readonly string[],
  types: InputTypes,
  options: { readonly bareIsPrompt: boolean },
): Record<string, JsonValue> {
  const input: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  if (json !== undefined) Object.assign(input, parseObject(json, options.bareIsPrompt));
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at <= 0) throw new UsageError(`input "${pair}" is no k=v pair; write for example topic=kubernetes (quote it when it holds spaces)`);
    const [key, text] = [pair.slice(0, at), pair.slice(at + 1)];
    input[key] = valueOf(key, text, Object.hasOwn(types, key) ? types[key] : undefined);
  }
  return input;
}

function parseObject(text: string, bareIsPrompt: boolean): Record<string, JsonValue> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (bareIsPrompt && !/^\s*[{[]/.test(text)) return { prompt: text };
    throw new UsageError(
      `--input is no JSON (${error instanceof Error ? error.message : String(error)}); write an object such as '{"topic": "kubernetes"}'`,
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, JsonValue>;
  if (bareIsPrompt) return { prompt: text };
  throw new UsageError(
    `--input is ${Array.isArray(value) ? "a list" : `a ${value === null ? "null" : typeof value}`}; write an object such as '{"topic": "kubernetes"}'`,
  );
}

function valueOf(key: string, text: string, type: InputTypes[string] | undefined): JsonValue {
  if (type === undefined || type === "string") return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    const example = { number: "3", boolean: "true", object: '{"a": 1}', array: "[1, 2]" }[type];
    throw new UsageError(`input "${key}" is declared as ${type}, and "${text}" is none; write for example ${key}='${example}'`);
  }
}
