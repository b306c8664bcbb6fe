// A JSON Schema before it is compiled: the whole tree is walked once, by where schemas may stand, so that everything that could cost
// without bound is refused with its place (P23, "Output schemas"): depth, number, patterns, references to elsewhere or to itself.
import { findCycle } from "./graph.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { MAX_SCHEMA_DEPTH, MAX_SUBSCHEMAS } from "./limits.ts";
import { compilePattern, PatternError } from "./pattern.ts";

/** A schema that cannot be used. The message names the place in the schema, what is wrong and the way out. */
export class JsonSchemaError extends Error {
  override readonly name = "JsonSchemaError";
}

/** Marks a schema that holds a `$ref`, so that the checker can count how often references are followed. */
export const REF_MARK = "ark-ref";

/** Keywords whose value is a schema, a list of schemas, a map of schemas. */
const ONE = [
  "not",
  "if",
  "then",
  "else",
  "additionalProperties",
  "additionalItems",
  "items",
  "contains",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
  "contentSchema",
];
const LIST = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
const MAP = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];

/** Keywords whose schemas look at the same value as the schema they stand in. */
const IN_PLACE: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"]);

/** What only newer drafts have. */
const NEWER: readonly string[] = [
  "prefixItems",
  "unevaluatedItems",
  "unevaluatedProperties",
  "dependentSchemas",
  "dependentRequired",
  "minContains",
  "maxContains",
];

/** A schema that may be compiled. */
export interface SchemaTree {
  /** A copy without `$schema` and `$id`, every `$ref` marked. */
  readonly schema: JsonObject;
  /** Draft 2020-12 when the schema says so, or uses what only newer drafts have; else draft-07, whose keywords both share. */
  readonly draft: "draft-07" | "2020-12";
}

/**
 * Walks a schema. Cost: linear in its size.
 * @throws JsonSchemaError
 */
export function readSchemaTree(schema: JsonObject): SchemaTree {
  const walk = new Walk();
  const copy = walk.copy(schema, "#", 1);
  walk.checkReferences();
  return { schema: copy, draft: walk.newer || isNewerDraft(schema["$schema"]) ? "2020-12" : "draft-07" };
}

function isNewerDraft(uri: JsonValue | undefined): boolean {
  if (uri === undefined) return false;
  if (typeof uri !== "string") throw new JsonSchemaError("$schema has to be text; remove it");
  if (/draft-0[67]\/schema#?$/.test(uri)) return false;
  if (/\/draft\/(2019-09|2020-12)\/schema#?$/.test(uri)) return true;
  throw new JsonSchemaError(`$schema ${shown(uri)} is not supported; remove it, or write draft-07 or 2020-12 of json-schema.org`);
}

interface Place {
  readonly key: string;
  readonly deps: string[];
}

class Walk {
  newer = false;
  readonly #places = new Map<string, Place>();
  readonly #references: { readonly from: string; readonly target: string }[] = [];

  copy(schema: JsonObject, at: string, depth: number): JsonObject {
    if (depth > MAX_SCHEMA_DEPTH)
      throw new JsonSchemaError(`schemas stand inside each other more than ${MAX_SCHEMA_DEPTH} deep; flatten them`);
    const place: Place = { key: at, deps: [] };
    this.#places.set(at, place);
    if (this.#places.size > MAX_SUBSCHEMAS) throw new JsonSchemaError(`more than ${MAX_SUBSCHEMAS} schemas in one; make it smaller`);
    const entries: [string, JsonValue][] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === "$schema" || (keyword === "$id" && depth === 1)) continue;
      this.#checkKeyword(keyword, value, at);
      entries.push([keyword, this.#copyKeyword(keyword, value, place, depth)]);
    }
    if (typeof schema["$ref"] === "string") entries.push([REF_MARK, true]);
    return Object.fromEntries(entries);
  }

  /** Every `$ref` leads to a schema of this very text, and none leads back to itself without a step into the value. */
  checkReferences(): void {
    for (const { from, target } of this.#references) {
      if (!this.#places.has(target)) {
        throw new JsonSchemaError(`${placeOf(from)}$ref ${shown(target)} leads to no schema here; define it, for example under "$defs"`);
      }
    }
    const cycle = findCycle(this.#places.values());
    if (cycle)
      throw new JsonSchemaError(
        `the schema refers to itself without end: ${cycle.slice(0, 10).join(" → ")}; a schema may only contain itself below a property or an item`,
      );
  }

  #checkKeyword(keyword: string, value: JsonValue, at: string): void {
    if (NEWER.includes(keyword)) this.newer = true;
    const where = placeOf(at);
    if (keyword === "pattern" && typeof value === "string") checkPattern(value, where);
    if (keyword === "patternProperties" && isObject(value)) for (const pattern of Object.keys(value)) checkPattern(pattern, where);
    if (keyword === "$id" && typeof value === "string")
      throw new JsonSchemaError(`${where}$id inside a schema is not supported; remove it and refer to "#/…"`);
    if (["$dynamicRef", "$recursiveRef"].includes(keyword)) throw new JsonSchemaError(`${where}${keyword} is not supported; write $ref`);
    if (keyword === "$ref" && typeof value === "string" && !/^#($|\/)/.test(value)) {
      throw new JsonSchemaError(
        `${where}$ref ${shown(value)} leads out of the schema, and nothing is fetched; copy it under "$defs" and write "#/$defs/<name>"`,
      );
    }
  }

  #copyKeyword(keyword: string, value: JsonValue, place: Place, depth: number): JsonValue {
    const at = place.key;
    const below = (child: JsonValue, ...steps: string[]): JsonValue => {
      if (!isObject(child)) {
        if (typeof child === "boolean") this.#places.set(pointer(at, keyword, ...steps), { key: pointer(at, keyword, ...steps), deps: [] });
        return child;
      }
      const there = pointer(at, keyword, ...steps);
      if (IN_PLACE.has(keyword)) place.deps.push(there);
      return this.copy(child, there, depth + 1);
    };
    if (keyword === "$ref" && typeof value === "string") {
      const target = decoded(value);
      this.#references.push({ from: at, target });
      place.deps.push(target);
      return value;
    }
    if (LIST.includes(keyword) && Array.isArray(value)) return value.map((child: JsonValue, i) => below(child, String(i)));
    if (ONE.includes(keyword)) return below(value);
    if (MAP.includes(keyword) && isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, below(child, name)]));
    }
    return value;
  }
}

function checkPattern(pattern: string, where: string): void {
  try {
    compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) throw new JsonSchemaError(`${where}pattern ${shown(pattern)}: ${error.message}`);
    throw error;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Places are kept decoded: one `$ref` may write `%24defs` where another writes `$defs`. */
function pointer(at: string, ...steps: readonly string[]): string {
  return [at, ...steps.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1"))].join("/");
}

function decoded(ref: string): string {
  try {
    return decodeURIComponent(ref);
  } catch {
    return ref;
  }
}

function placeOf(at: string): string {
  return at === "#" ? "" : `${at.slice(2)}: `;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
