// JSON Schema of users (B13, B43): compiled once, bounded in size, depth and time, patterns in the linear-time engine only. The one import
// of ajv; it takes 60 ms to load and 45 ms for its first schema, so it is loaded with the first schema and not before.
import { createRequire } from "node:module";
import type { Ajv, ErrorObject, Options, ValidateFunction } from "ajv";
import { LRUCache } from "lru-cache";
import { nearest } from "./fault.ts";
import { FieldPath } from "./fieldPath.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { JsonSchemaError, REF_MARK, readSchemaTree, type SchemaTree } from "./jsonSchemaTree.ts";
import { MAX_JSON_DEPTH, MAX_JSON_KEYS, MAX_REFS_FOLLOWED, MAX_SCHEMA_BYTES, MAX_SCHEMA_DEPTH, MAX_SCHEMA_FAULTS } from "./limits.ts";
import { compilePattern } from "./pattern.ts";

export { JsonSchemaError } from "./jsonSchemaTree.ts";

/** One thing in a value that does not fit; `path` as in {@link FieldPath}, "" for the whole value. */
export interface SchemaFault {
  readonly path: string;
  readonly message: string;
}

/** A schema that can be asked. */
export interface CompiledSchema {
  /**
   * What does not fit, at most {@link MAX_SCHEMA_FAULTS} faults in the schema's order; empty when all does. A value that is too deep, or too
   * expensive to check, is a fault too. Never throws. Only own properties count.
   */
  check(value: unknown): SchemaFault[];
}

/** Compiled schemas kept, by number and by characters of text: generated code takes about twenty times its text. */
const MAX_KEPT = 500;
const MAX_KEPT_CHARS = 2_000_000;

/** JSON levels of a schema: each of its levels takes two (`properties`, a name), and data in `enum` or `default` some more. */
const MAX_SCHEMA_JSON_DEPTH = 3 * MAX_SCHEMA_DEPTH;

/** Longest text that a format with a pattern of its own is tried on; no date, address or id is longer. */
const MAX_FORMAT_CHARS = 4_096;

const kept = new LRUCache<string, CompiledSchema>({
  max: MAX_KEPT,
  maxSize: MAX_KEPT_CHARS,
  sizeCalculation: (_, text) => text.length + 1,
});

/**
 * Compiles a schema, given as JSON text or as the object; draft-07, or 2020-12 where the schema says or shows so. Unknown keywords and
 * formats are passed over. A schema that is none throws every time: reporting it is the caller's.
 * @throws JsonSchemaError
 */
export function compileJsonSchema(schema: string | JsonObject): CompiledSchema {
  const text = typeof schema === "string" ? schema : textOf(schema);
  const known = kept.get(text);
  if (known) return known;
  const fresh = compileText(text);
  kept.set(text, fresh);
  return fresh;
}

function textOf(schema: JsonObject): string {
  if (measure(schema).depth > MAX_SCHEMA_JSON_DEPTH) throw tooDeep();
  return JSON.stringify(schema);
}

function tooDeep(): JsonSchemaError {
  return new JsonSchemaError(`schemas stand inside each other more than ${MAX_SCHEMA_DEPTH} deep; flatten them`);
}

function compileText(text: string): CompiledSchema {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_SCHEMA_BYTES) throw new JsonSchemaError(`the schema has ${bytes} bytes; at most ${MAX_SCHEMA_BYTES} are allowed`);
  const json = parse(text);
  if (json === true || json === false)
    return { check: () => (json ? [] : [{ path: "", message: "the schema is false, which nothing fits" }]) };
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new JsonSchemaError('a JSON Schema is an object, such as {"type": "object"}');
  }
  if (measure(json).depth > MAX_SCHEMA_JSON_DEPTH) throw tooDeep();
  const tree = readSchemaTree(json as JsonObject);
  return new Checker(tree);
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, " ").slice(0, 160) : "";
    throw new JsonSchemaError(`the schema is not JSON (${reason}); write it as JSON text, keys in double quotes`);
  }
}

/** References followed in the check that is going on; checks are synchronous, so there is one at a time. */
let refsFollowed = 0;

class TooExpensive extends Error {}

class Checker implements CompiledSchema {
  readonly #tree: SchemaTree;
  readonly #every: ValidateFunction;
  /** Stops at the first fault: a list of a million wrong items must not make a million errors. Compiled when it is first needed. */
  #first: ValidateFunction | undefined;

  constructor(tree: SchemaTree) {
    this.#tree = tree;
    this.#every = compile(tree, true);
  }

  check(value: unknown): SchemaFault[] {
    const { depth, nodes } = measure(value);
    if (depth > MAX_JSON_DEPTH)
      return [{ path: "", message: `objects and lists stand inside each other more than ${MAX_JSON_DEPTH} deep` }];
    const validate = nodes > MAX_JSON_KEYS ? (this.#first ??= compile(this.#tree, false)) : this.#every;
    refsFollowed = 0;
    try {
      if (validate(value)) return [];
    } catch (error) {
      if (!(error instanceof TooExpensive) && !(error instanceof RangeError)) throw error;
      return [{ path: "", message: "the value cannot be checked: the schema's references multiply; simplify the schema" }];
    }
    const errors = validate.errors ?? [];
    validate.errors = null;
    const faults = new Map(errors.map((error) => [`${error.instancePath} ${error.message}`, error])); // each alternative says the same
    return [...faults.values()].slice(0, MAX_SCHEMA_FAULTS).map((error) => faultOf(error, value));
  }
}

function compile({ schema: plain, draft }: SchemaTree, allErrors: boolean): ValidateFunction {
  const ajv = ajvFor(draft, allErrors);
  const schema = { ...plain, $id: "ark:schema" }; // "#" leads to the schema of that name, and only one is in there at a time
  try {
    if (ajv.validateSchema(schema) !== true) throw new JsonSchemaError(metaMessage(ajv.errors ?? [], schema));
    return ajv.compile(schema);
  } catch (error) {
    if (error instanceof JsonSchemaError) throw error;
    if (error instanceof RangeError) throw new JsonSchemaError("too many references lead from one to the next; simplify the schema");
    throw new JsonSchemaError(error instanceof Error ? error.message.slice(0, 300) : "no JSON Schema");
  } finally {
    ajv.removeSchema(schema); // ajv would keep every schema it ever saw
  }
}

const load = createRequire(import.meta.url);
const instances = new Map<string, Ajv>();

function ajvFor(draft: SchemaTree["draft"], allErrors: boolean): Ajv {
  const key = `${draft} ${allErrors}`;
  const known = instances.get(key);
  if (known) return known;
  const options: Options = {
    allErrors,
    strict: false,
    logger: false,
    ownProperties: true,
    inlineRefs: false, // every reference is a call, and every call is counted
    loopEnum: 16,
    loopRequired: 16,
    multipleOfPrecision: 9,
    validateSchema: false, // done by hand, for its message
    formats: formats(),
    code: { regExp },
  };
  const { Ajv } = load("ajv") as typeof import("ajv");
  const { Ajv2020 } = load("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
  const fresh = draft === "2020-12" ? new Ajv2020(options) : new Ajv(options);
  fresh.removeKeyword("uniqueItems"); // compares every item with every other
  fresh.addKeyword({ keyword: "uniqueItems", type: "array", schemaType: "boolean", errors: false, validate: itemsAreUnique });
  fresh.addKeyword({ keyword: REF_MARK, errors: false, validate: countReference });
  instances.set(key, fresh);
  return fresh;
}

/** ajv tells patterns apart by their text form. */
function regExp(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiled = compilePattern(pattern);
  return { test: (text) => compiled.test(text), toString: () => pattern };
}
regExp.code = "regExp";

/** The simple patterns, but real days and hours: the simple ones take the 13th month. */
function formats(): NonNullable<Options["formats"]> {
  const { fastFormats, fullFormats } = load("ajv-formats/dist/formats.js") as typeof import("ajv-formats/dist/formats.js");
  const { date, time, "date-time": dateTime } = fullFormats;
  const chosen = { ...fastFormats, date, time, "date-time": dateTime };
  const bounded = Object.entries(chosen).map(([name, format]) => {
    if (!(format instanceof RegExp)) return [name, format] as const;
    return [name, (text: string) => text.length <= MAX_FORMAT_CHARS && format.test(text)] as const;
  });
  return Object.fromEntries(bounded);
}

function countReference(): boolean {
  if (++refsFollowed > MAX_REFS_FOLLOWED) throw new TooExpensive();
  return true;
}

/** Linear in the size of the items: equal JSON values have equal canonical texts. */
function itemsAreUnique(wanted: boolean, items: readonly unknown[]): boolean {
  return !wanted || items.length < 2 || new Set(items.map(canonicalText)).size === items.length;
}

/** JSON with sorted keys. Depth is bounded before any check begins. */
function canonicalText(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item)}`).join(",")}}`;
}

/** Levels and values of JSON, without recursion. Stops counting deeper than is of interest. */
function measure(value: unknown): { depth: number; nodes: number } {
  let depth = 0;
  let nodes = 0;
  const open: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    nodes++;
    if (typeof next.value !== "object" || next.value === null) continue;
    depth = Math.max(depth, next.depth + 1);
    if (depth > MAX_SCHEMA_JSON_DEPTH) break;
    for (const item of Object.values(next.value)) open.push({ value: item, depth: next.depth + 1 });
  }
  return { depth, nodes };
}

/** The first fault of a schema against its own schema, in words. */
function metaMessage(errors: readonly ErrorObject[], schema: JsonObject): string {
  const [error] = errors;
  if (!error) return "no JSON Schema";
  const { path, found } = placeOf(error.instancePath, schema);
  const at = path === "" ? "" : `${path}: `;
  if (error.keyword === "enum" && Array.isArray(error.params["allowedValues"])) {
    const allowed: string[] = error.params["allowedValues"].map(String);
    const near = typeof found === "string" ? nearest(found, allowed) : undefined;
    return `${at}${shown(found)} is none of ${allowed.join(", ")}${near ? `; did you mean "${near}"?` : ""}`;
  }
  return `${at}${shown(found)} ${error.message ?? "is wrong"}`;
}

function faultOf(error: ErrorObject, value: unknown): SchemaFault {
  const { path, found } = placeOf(error.instancePath, value);
  return { path, message: messageOf(error, found) };
}

function messageOf({ keyword, params, message }: ErrorObject, found: unknown): string {
  switch (keyword) {
    case "required":
      return `the property ${shown(params["missingProperty"])} is missing`;
    case "additionalProperties":
      return `the property ${shown(params["additionalProperty"])} is not allowed`;
    case "unevaluatedProperties":
      return `the property ${shown(params["unevaluatedProperty"])} is not allowed`;
    case "type":
      return `must be ${String(params["type"]).replaceAll(",", " or ")}, not ${typeName(found)}`;
    case "enum":
      return `must be one of ${listed(params["allowedValues"])}`;
    case "const":
      return `must be ${shown(params["allowedValue"])}`;
    case "uniqueItems":
      return "the items must all be different";
    default:
      return (message ?? "does not fit").slice(0, 300);
  }
}

/** A JSON pointer as a path, and what stands there. */
function placeOf(pointer: string, root: unknown): { path: string; found: unknown } {
  let found = root;
  const segments: (string | number)[] = [];
  for (const escaped of pointer.split("/").slice(1)) {
    const key = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    segments.push(Array.isArray(found) ? Number(key) : key);
    found = typeof found === "object" && found !== null && Object.hasOwn(found, key) ? (found as Record<string, unknown>)[key] : undefined;
  }
  return { path: new FieldPath(segments).toString(), found };
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function listed(values: unknown): string {
  const all = Array.isArray(values) ? values : [];
  return `${all.slice(0, 12).map(shown).join(", ")}${all.length > 12 ? ", …" : ""}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
