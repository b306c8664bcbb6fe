// Reading JSON whose shape is not known, for the conversions. Nothing here throws: what is not there is empty.
import type { JsonObject, JsonValue } from "../../../crds/index.ts";

/** The object, or an empty one. */
export const asObject = (value: JsonValue | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

/** The list, or an empty one. */
export const asList = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? (value as readonly JsonValue[]) : []);

/** The object without the keys whose value is undefined, in the same order. */
export const defined = (object: { readonly [key: string]: JsonValue | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(object).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));

/** The object without these keys. */
export const without = (object: JsonObject, ...keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** The value with every string in it replaced; keys stay. */
export function mapStrings(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => mapStrings(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value as JsonObject).map(([key, item]) => [key, mapStrings(item, change)]));
}

/** A template in the current words: `.pipeline.input.k` is `.input.k` (B2). Text outside of `{{ }}` stays. */
export const currentTemplate = (text: string): string =>
  text.replace(/\{\{[\s\S]*?\}\}/g, (action) => action.replace(/(^|[^\w.])((?:\$)?)\.pipeline\.input\b/g, "$1$2.input"));

/** The text, or "" for anything else: names and types, where a manifest may hold what it likes. */
export const asText = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
