// Anthropic holds a model to a schema whose objects are closed and whose limits are few. A schema is sent when an answer that fits
// what we send can fit what the user wrote; limits that cannot be said are left to the check that follows anyway.
import type { JsonObject, JsonValue } from "../sdk/index.ts";

const KEPT: ReadonlySet<string> = new Set("$ref const default description enum title type".split(" "));
/** Limits that the API refuses: left out, and checked when the answer is there. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  "$id $schema $comment examples exclusiveMaximum exclusiveMinimum format maxItems maxLength maximum minItems minLength minimum multipleOf pattern uniqueItems".split(
    " ",
  ),
);
const MAX_DEPTH = 32; // as deep as any schema we accept

/** The schema as Anthropic takes it, or undefined when it has what cannot be said there: open maps, tuples, conditions. */
export function closedSchema(schema: JsonValue, depth = 0): JsonObject | undefined {
  if (!isObject(schema) || depth > MAX_DEPTH) return undefined;
  const closed = new Map<string, JsonValue>();
  for (const [key, value] of Object.entries(schema)) {
    if (LEFT_OUT.has(key)) continue;
    const part = KEPT.has(key) ? value : partOf(key, value, depth);
    if (part === undefined) return undefined;
    closed.set(key, part);
  }
  if (closed.get("type") === "object" || closed.has("properties")) {
    if (!closed.has("properties")) return undefined; // it could hold anything; closed, it could hold nothing
    closed.set("additionalProperties", false);
  }
  const says = ["type", "$ref", "const", "enum", "anyOf", "allOf"].some((key) => closed.has(key));
  return says ? Object.fromEntries(closed) : undefined;
}

function partOf(key: string, value: JsonValue, depth: number): JsonValue | undefined {
  switch (key) {
    case "items":
      return closedSchema(value, depth + 1);
    case "properties":
    case "$defs":
    case "definitions":
      return isObject(value) ? closedEntries(value, depth) : undefined;
    case "anyOf":
    case "allOf": {
      const parts = Array.isArray(value) ? value.map((part: JsonValue) => closedSchema(part, depth + 1)) : [undefined];
      const closed = parts.filter((part) => part !== undefined);
      return closed.length === parts.length ? closed : undefined;
    }
    case "required":
      return value;
    case "additionalProperties":
      return value === false ? false : undefined;
    default:
      return undefined;
  }
}

function closedEntries(schemas: JsonObject, depth: number): JsonObject | undefined {
  const entries = Object.entries(schemas).map(([name, schema]) => [name, closedSchema(schema, depth + 1)] as const);
  return entries.some(([, schema]) => schema === undefined) ? undefined : (Object.fromEntries(entries) as JsonObject);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
