// Two schemas as one that demands both, as far as that can be said in one schema.
import type { JsonObject, JsonValue } from "../sdk/index.ts";
import type { Schema } from "./schema.ts";

/** How one keyword of both is made one; whatever is not here is kept from both under `allOf`. */
const MERGES: Readonly<Record<string, (a: JsonValue, b: JsonValue) => JsonValue | undefined>> = {
  type: commonTypes,
  enum: (a, b) => (Array.isArray(a) && Array.isArray(b) ? a.filter((item) => b.some((other) => same(item, other))) : undefined),
  required: union,
  properties: mergeProperties,
  items: (a, b) => (Array.isArray(a) || Array.isArray(b) ? undefined : mergeSchemas(a, b)),
  additionalProperties: mergeSchemas,
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
  multipleOf: commonMultiple,
  uniqueItems: (a, b) => a === true || b === true,
};

/** Words that say nothing about values: the first one's are kept. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "examples",
  "$id",
  "$schema",
  "$comment",
  "$defs",
  "definitions",
  "format",
  "pattern",
]);

/** A schema that demands what both demand. Cost: the size of both. Of two patterns or formats the first is worked with; `fits` has the last word. */
export function mergeSchemas(a: Schema, b: Schema): Schema {
  if (a === false || b === false) return false;
  if (!isSchemaObject(a)) return b;
  if (!isSchemaObject(b)) return a;
  const merged = new Map<string, JsonValue>(Object.entries(a));
  const rest = new Map<string, JsonValue>();
  for (const [key, value] of Object.entries(b)) {
    const mine = merged.get(key);
    if (mine === undefined || key === "allOf") continue;
    if (ANNOTATIONS.has(key) || same(mine, value)) continue;
    const one = Object.hasOwn(MERGES, key) ? MERGES[key]?.(mine, value) : undefined;
    if (one === undefined) rest.set(key, value);
    else merged.set(key, one);
  }
  for (const [key, value] of Object.entries(b)) if (!Object.hasOwn(a, key)) merged.set(key, value);
  const alls = [a["allOf"], b["allOf"]].flatMap((list) => (Array.isArray(list) ? (list as readonly JsonValue[]) : []));
  if (rest.size > 0) alls.push(Object.fromEntries(rest));
  if (alls.length > 0) merged.set("allOf", alls);
  return Object.fromEntries(merged);
}

function isSchemaObject(value: Schema): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function commonTypes(a: JsonValue, b: JsonValue): JsonValue {
  const [mine, other] = [listOf(a), listOf(b)];
  const narrowed = mine.flatMap((type) => {
    if (other.includes(type)) return [type];
    if (type === "number" && other.includes("integer")) return ["integer"];
    return type === "integer" && other.includes("number") ? ["integer"] : [];
  });
  return narrowed;
}

function mergeProperties(a: JsonValue, b: JsonValue): JsonValue | undefined {
  if (!isSchemaObject(a) || !isSchemaObject(b)) return undefined;
  const merged = new Map<string, JsonValue>(Object.entries(a));
  for (const [name, schema] of Object.entries(b)) merged.set(name, mergeSchemas(merged.get(name) ?? true, schema));
  return Object.fromEntries(merged);
}

function union(a: JsonValue, b: JsonValue): JsonValue {
  return [...new Set([...listOf(a), ...listOf(b)])];
}

function listOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : [value];
}

function larger(a: JsonValue, b: JsonValue): JsonValue | undefined {
  return typeof a === "number" && typeof b === "number" ? Math.max(a, b) : undefined;
}

function smaller(a: JsonValue, b: JsonValue): JsonValue | undefined {
  return typeof a === "number" && typeof b === "number" ? Math.min(a, b) : undefined;
}

/** The least common multiple of two whole numbers; others stay two demands. */
function commonMultiple(a: JsonValue, b: JsonValue): JsonValue | undefined {
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return undefined;
  const [first, second] = [Number(a), Number(b)];
  let [x, y] = [first, second];
  while (y !== 0) [x, y] = [y, x % y];
  return (first / x) * second;
}

function same(a: JsonValue, b: JsonValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
