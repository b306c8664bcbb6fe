// The smallest JSON value that fits a schema (B102): what the mock answers where data is asked for. Each keyword proposes values,
// smallest first, and the first one that `fits` finds right wins. Schemas are the user's, so the search is bounded: by depth of
// `$ref`s, which grows only when a smaller one found nothing (a recursive schema gets its shortest tree), and by work.
import type { JsonObject, JsonValue } from "../sdk/index.ts";
import { fits } from "./fits.ts";
import { formatTexts } from "./formatTexts.ts";
import { mergeSchemas } from "./mergeSchemas.ts";
import { patternTexts } from "./patternTexts.ts";
import { flattenRefs, isObject, own, type Schema } from "./schema.ts";

const MAX_REF_DEPTH = 12; // a tree of twelve levels is more than any answer's schema demands
const MAX_DEPTH = 64; // as deep as any JSON we read
const MAX_WORK = 20_000; // proposals: some 20 ms

/** What a search has left, and the schema that `$ref`s start from. */
interface Search {
  readonly root: Schema;
  readonly refDepth: number;
  work: number;
}

/**
 * The smallest instance, or undefined when the search found none: the schema contradicts itself, or needs what only a real engine
 * can do (a look-ahead in a pattern). Of several alternatives the first that works is taken; strings are as short as they may be,
 * numbers as near to 0, objects have their required properties only. Draft 2020-12, and what draft-07 wrote otherwise.
 */
export function smallestInstance(schema: Schema): JsonValue | undefined {
  for (let refDepth = 0; refDepth <= MAX_REF_DEPTH; refDepth += refDepth < 4 ? 1 : 4) {
    for (const value of instances(schema, { root: schema, refDepth, work: MAX_WORK }, 0, 0)) return value;
  }
  return undefined;
}

/** Fitting values, smallest first; it ends early when the search has nothing left. */
function* instances(schema: Schema, search: Search, depth: number, refs: number): Generator<JsonValue> {
  if (schema === false || depth > MAX_DEPTH || search.work <= 0) return;
  const flat = flattenRefs(schema, search.root, search.refDepth - refs);
  if (flat === undefined) return;
  for (const value of proposals(flat.schema, search, depth, refs + flat.followed)) {
    if (search.work-- <= 0) return;
    if (fits(schema, value, search.root)) yield value;
  }
}

function* proposals(schema: Schema, search: Search, depth: number, refs: number): Generator<JsonValue> {
  if (!isObject(schema)) return yield null;
  if (Object.hasOwn(schema, "const")) return yield schema["const"] ?? null;
  const listed = schema["enum"];
  if (Array.isArray(listed)) return yield* listed as readonly JsonValue[];
  const branched = branchesOf(schema);
  if (branched) {
    for (const branch of branched) yield* instances(branch, search, depth + 1, refs);
    return;
  }
  for (const type of typesOf(schema)) yield* typed(type, schema, search, depth, refs);
}

/** `allOf`, `anyOf`, `oneOf` and `if` folded into the schema they stand in: one schema for each way to choose. */
function branchesOf(schema: JsonObject): readonly Schema[] | undefined {
  const all = schema["allOf"];
  if (Array.isArray(all)) return [(all as readonly Schema[]).reduce(mergeSchemas, without(schema, "allOf"))];
  for (const key of ["anyOf", "oneOf"]) {
    const some = schema[key];
    if (Array.isArray(some)) return (some as readonly Schema[]).map((branch) => mergeSchemas(without(schema, key), branch));
  }
  if (!Object.hasOwn(schema, "if")) return undefined;
  const rest = without(schema, "if", "then", "else");
  const otherwise = mergeSchemas(rest, own(schema, "else") ?? true);
  return [otherwise, mergeSchemas(mergeSchemas(rest, own(schema, "if") ?? true), own(schema, "then") ?? true)];
}

function without(schema: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

/** The types in the order they are written; without `type`, the one that the other keywords speak of. */
function typesOf(schema: JsonObject): readonly string[] {
  const type = schema["type"];
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type.filter((name) => typeof name === "string");
  const speaksOf = (...keys: readonly string[]): boolean => keys.some((key) => Object.hasOwn(schema, key));
  if (speaksOf("properties", "required", "minProperties", "additionalProperties", "dependentRequired")) return ["object"];
  if (speaksOf("items", "prefixItems", "minItems", "contains", "uniqueItems")) return ["array"];
  if (speaksOf("minLength", "maxLength", "pattern", "format")) return ["string"];
  if (speaksOf("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")) return ["number"];
  return ["null", "string", "integer", "boolean", "object", "array"]; // anything goes: the rest is for a `not`
}

function* typed(type: string, schema: JsonObject, search: Search, depth: number, refs: number): Generator<JsonValue> {
  switch (type) {
    case "null":
      return yield null;
    case "boolean":
      yield false;
      return yield true;
    case "integer":
    case "number":
      return yield* numbers(schema, type === "integer");
    case "string":
      return yield* texts(schema);
    case "array":
      return yield* lists(schema, search, depth, refs);
    case "object":
      return yield* objects(schema, search, depth, refs);
    default:
      return;
  }
}

const MAX_CANDIDATES = 200; // neighbours of numbers and of texts: enough to fill a list of distinct ones

/** Numbers within the limits, nearest to 0 first, on the grid of `multipleOf`; finer grids when no whole number lies within. */
function* numbers(schema: JsonObject, whole: boolean): Generator<number> {
  const at = (key: string): number | undefined => (typeof schema[key] === "number" ? schema[key] : undefined);
  const multiple = at("multipleOf");
  const low = Math.max(at("minimum") ?? -Infinity, at("exclusiveMinimum") ?? -Infinity);
  const high = Math.min(at("maximum") ?? Infinity, at("exclusiveMaximum") ?? Infinity);
  const nearZero = low > 0 ? low : high < 0 ? high : 0;
  const grid = multiple !== undefined && multiple > 0 ? multiple : 1;
  const start = nearZero > 0 ? Math.floor(nearZero / grid) : Math.ceil(nearZero / grid);
  for (const n of around(start)) yield n * grid;
  if (whole || multiple !== undefined) return;
  for (const parts of [2, 10, 100, 1_000, 1_000_000]) for (const n of around(Math.trunc(nearZero * parts))) yield n / parts;
  yield (low + high) / 2;
}

/** A whole number and its neighbours; 0 is never negative. */
function* around(start: number): Generator<number> {
  for (let i = 0; i <= MAX_CANDIDATES; i++) {
    yield start + i + 0;
    if (i > 0) yield start - i + 0;
  }
}

/** Texts of the pattern or the format, else of letters, shortest first. */
function* texts(schema: JsonObject): Generator<string> {
  const min = typeof schema["minLength"] === "number" ? schema["minLength"] : 0;
  if (min > 1_000_000) return; // nobody's answer; and a text of it would fill the memory
  if (typeof schema["pattern"] === "string") return yield* patternTexts(schema["pattern"], min);
  if (typeof schema["format"] === "string") yield* formatTexts(schema["format"], min);
  else {
    for (let i = 0; i < 26; i++) yield letter(i).repeat(min);
    for (let i = 0; i < MAX_CANDIDATES; i++) yield "a".repeat(min) + letter(i % 26).repeat(1 + Math.floor(i / 26));
  }
}

function letter(i: number): string {
  return String.fromCharCode(97 + i);
}

/** As few items as may be: what `prefixItems` says first, then `contains`, then `items`. */
function* lists(schema: JsonObject, search: Search, depth: number, refs: number): Generator<JsonValue[]> {
  const legacyTuple = Array.isArray(schema["items"]);
  const tuple = (legacyTuple ? schema["items"] : schema["prefixItems"]) as readonly Schema[] | undefined;
  const rest = (legacyTuple ? own(schema, "additionalItems") : own(schema, "items")) ?? true;
  const contains = own(schema, "contains");
  const needed = contains === undefined ? 0 : typeof schema["minContains"] === "number" ? schema["minContains"] : 1;
  const min = Math.max(typeof schema["minItems"] === "number" ? schema["minItems"] : 0, needed);
  const distinct = schema["uniqueItems"] === true;
  for (let length = min; length <= min + (tuple?.length ?? 0); length++) {
    const items: JsonValue[] = [];
    const seen = new Set<string>();
    for (let i = 0; i < length && items.length === i; i++) {
      const place = (tuple && tuple[i]) ?? rest;
      const wanted = i >= length - needed && contains !== undefined ? mergeSchemas(place, contains) : place;
      for (const item of instances(wanted, search, depth + 1, refs)) {
        const key = JSON.stringify(item);
        if (distinct && seen.has(key)) continue;
        seen.add(key);
        items.push(item);
        break;
      }
    }
    if (items.length === length) yield items;
  }
}

/** The required properties; then, for whatever a `not` or a `oneOf` refuses, the same with one property changed. */
function* objects(schema: JsonObject, search: Search, depth: number, refs: number): Generator<JsonObject> {
  const names = neededNames(schema);
  const first = new Map<string, JsonValue>();
  for (const name of names) {
    for (const value of instances(propertySchema(schema, name), search, depth + 1, refs)) {
      first.set(name, value);
      break;
    }
    if (!first.has(name)) return;
  }
  yield Object.fromEntries(first);
  for (const name of names) {
    let left = 8; // others of each property
    for (const value of instances(propertySchema(schema, name), search, depth + 1, refs)) {
      if (left-- <= 0) break;
      yield Object.fromEntries([...first, [name, value]]);
    }
  }
  for (const name of Object.keys(isObject(schema["properties"]) ? schema["properties"] : {})) {
    if (first.has(name)) continue;
    for (const value of instances(propertySchema(schema, name), search, depth + 1, refs)) {
      yield Object.fromEntries([...first, [name, value]]);
      break;
    }
  }
}

/** `required`, what those bring with them, and as many more as `minProperties` asks for: declared ones before made-up ones. */
function neededNames(schema: JsonObject): ReadonlySet<string> {
  const names = new Set<string>(stringsOf(schema["required"]));
  const dependent = isObject(schema["dependentRequired"]) ? schema["dependentRequired"] : {};
  for (const name of names) if (Object.hasOwn(dependent, name)) for (const more of stringsOf(dependent[name])) names.add(more);
  const min = typeof schema["minProperties"] === "number" ? Math.min(schema["minProperties"], 1_000) : 0;
  const declared = Object.keys(isObject(schema["properties"]) ? schema["properties"] : {});
  for (const name of declared) if (names.size < min) names.add(name);
  const ofNames = isObject(schema["propertyNames"]) ? { type: "string", ...schema["propertyNames"] } : undefined;
  if (ofNames && names.size < min) for (const name of proposalsOfNames(ofNames)) if (names.size < min) names.add(name);
  for (let i = 0; names.size < min; i++) names.add(`p${i}`);
  return names;
}

function* proposalsOfNames(schema: JsonObject): Generator<string> {
  const listed = schema["enum"];
  if (Array.isArray(listed)) return yield* stringsOf(listed);
  yield* texts(schema);
}

function stringsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function propertySchema(schema: JsonObject, name: string): Schema {
  const properties = schema["properties"];
  if (isObject(properties) && Object.hasOwn(properties, name)) return properties[name] ?? true;
  return own(schema, "additionalProperties") ?? own(schema, "unevaluatedProperties") ?? true;
}
