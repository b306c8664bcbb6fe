// Whether a schema may be sent as strict. OpenAI then holds the model to it, but takes only schemas whose objects are closed and
// require all they have; any other one is sent as a wish.
import type { JsonValue } from "../sdk/index.ts";

const TAKEN: ReadonlySet<string> = new Set(
  "$defs $ref additionalProperties anyOf const description enum items properties required title type".split(" "),
);
const MAX_DEPTH = 10; // OpenAI's own limit

/** Whether a schema is of the subset that OpenAI enforces. @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
export function isStrict(schema: JsonValue, depth = 0): boolean {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema) || depth > MAX_DEPTH) return false;
  const fields = new Map<string, JsonValue>(Object.entries(schema));
  if ([...fields.keys()].some((key) => !TAKEN.has(key))) return false;
  if (depth === 0 && fields.get("type") !== "object") return false;
  const properties = fields.get("properties");
  if (fields.get("type") === "object" || properties !== undefined) {
    const required = fields.get("required");
    const names = isObject(properties) ? Object.keys(properties) : [];
    if (fields.get("additionalProperties") !== false || !Array.isArray(required)) return false;
    if (names.some((name) => !required.some((needed) => needed === name))) return false;
  }
  const parts = [fields.get("items"), ...childrenOf(properties), ...childrenOf(fields.get("$defs")), ...listOf(fields.get("anyOf"))];
  return parts.every((part) => part === undefined || isStrict(part, depth + 1));
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function childrenOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isObject(value) ? Object.values(value) : [];
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
