// Reading JSON Schemas: they are the user's, so own properties only, and `$ref`s no deeper than asked.
import type { JsonObject, JsonValue } from "../sdk/index.ts";
import { mergeSchemas } from "./mergeSchemas.ts";

/** A JSON Schema: an object, or true (anything) or false (nothing). */
export type Schema = JsonValue;

/** Whether a value is a JSON object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property of a schema. */
export function own(schema: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(schema, key) ? schema[key] : undefined;
}

/**
 * The schema with its own `$ref` followed, merged with what stands beside it; `followed` counts the steps. Undefined when it takes more
 * than `maxRefs` of them, or leads nowhere or out of the document.
 */
export function flattenRefs(schema: Schema, root: Schema, maxRefs: number): { schema: Schema; followed: number } | undefined {
  let flat = schema;
  for (let followed = 0; followed <= Math.max(maxRefs, 0); followed++) {
    if (!isObject(flat) || typeof own(flat, "$ref") !== "string") return { schema: flat, followed };
    const { $ref: ref, ...beside } = flat;
    const target = typeof ref === "string" ? resolveRef(ref, root) : undefined;
    if (target === undefined) return undefined;
    flat = Object.keys(beside).length === 0 ? target : mergeSchemas(beside, target);
  }
  return undefined;
}

/** What a reference of the same document points at: `#`, `#/$defs/x`, or the name of a `$anchor` in `$defs`. */
export function resolveRef(ref: string, root: Schema): Schema | undefined {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return anchored(ref.slice(1), root);
  let at: JsonValue | undefined = root;
  for (const part of ref.slice(2).split("/")) {
    const key = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) at = (at as readonly JsonValue[])[Number(key)];
    else at = isObject(at) ? own(at, key) : undefined;
  }
  return at;
}

function anchored(name: string, root: Schema): Schema | undefined {
  if (!isObject(root)) return undefined;
  const defs = own(root, "$defs") ?? own(root, "definitions");
  return isObject(defs) ? Object.values(defs).find((schema) => isObject(schema) && own(schema, "$anchor") === name) : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
