// Whether a value that we made ourselves fits a schema. It is no validator of the house (crds has the real one, which this room may
// not import): patterns and formats are not looked at, since the texts that are offered were built from them.
import type { JsonObject, JsonValue } from "../sdk/index.ts";
import { isObject, own, resolveRef, type Schema } from "./schema.ts";

const MAX_DEPTH = 128; // of schema and value together: a `$ref` circle ends here

/** Whether a value fits. What is deeper than any answer may be does not. */
export function fits(schema: Schema, value: JsonValue, root: Schema, depth = 0): boolean {
  if (typeof schema === "boolean") return schema;
  if (!isObject(schema)) return true;
  if (depth > MAX_DEPTH) return false;
  const check = (part: Schema, item: JsonValue): boolean => fits(part, item, root, depth + 1);
  const ref = own(schema, "$ref");
  if (typeof ref === "string") {
    const target = resolveRef(ref, root);
    if (target === undefined || !check(target, value)) return false;
  }
  return (
    fitsType(schema["type"], value) &&
    (!Object.hasOwn(schema, "const") || equal(schema["const"] ?? null, value)) &&
    (!Array.isArray(schema["enum"]) || schema["enum"].some((item: JsonValue) => equal(item, value))) &&
    fitsCombination(schema, value, check) &&
    (typeof value !== "number" || fitsNumber(schema, value)) &&
    (typeof value !== "string" || fitsCount(schema, "Length", Array.from(value).length)) &&
    (!Array.isArray(value) || fitsList(schema, value, check)) &&
    (!isObject(value) || fitsObject(schema, value, check))
  );
}

type Check = (schema: Schema, value: JsonValue) => boolean;

function fitsType(type: JsonValue | undefined, value: JsonValue): boolean {
  if (type === undefined) return true;
  const types = Array.isArray(type) ? type : [type];
  return types.some((name) => {
    if (name === "integer") return Number.isInteger(value);
    if (name === "null") return value === null;
    if (name === "array") return Array.isArray(value);
    return name === "object" ? isObject(value) : typeof value === name;
  });
}

function fitsCombination(schema: JsonObject, value: JsonValue, check: Check): boolean {
  const list = (key: string): readonly Schema[] | undefined =>
    Array.isArray(schema[key]) ? (schema[key] as readonly Schema[]) : undefined;
  if (list("allOf")?.some((part) => !check(part, value))) return false;
  if (list("anyOf")?.every((part) => !check(part, value))) return false;
  const one = list("oneOf");
  if (one && one.filter((part) => check(part, value)).length !== 1) return false;
  const not = own(schema, "not");
  if (not !== undefined && check(not, value)) return false;
  const condition = own(schema, "if");
  if (condition === undefined) return true;
  return check(own(schema, check(condition, value) ? "then" : "else") ?? true, value);
}

function fitsNumber(schema: JsonObject, value: number): boolean {
  const limit = (key: string, holds: (bound: number) => boolean): boolean => typeof schema[key] !== "number" || holds(schema[key]);
  return (
    Number.isFinite(value) &&
    limit("minimum", (bound) => value >= bound) &&
    limit("maximum", (bound) => value <= bound) &&
    limit("exclusiveMinimum", (bound) => value > bound) &&
    limit("exclusiveMaximum", (bound) => value < bound) &&
    limit("multipleOf", (bound) => Number.isInteger(value / bound)) // as ajv divides, so that the two never disagree
  );
}

/** `minLength` and `maxLength`, `minItems` and `maxItems`, `minProperties` and `maxProperties`. */
function fitsCount(schema: JsonObject, of: "Length" | "Items" | "Properties", count: number): boolean {
  const [min, max] = [schema[`min${of}`], schema[`max${of}`]];
  return !(typeof min === "number" && count < min) && !(typeof max === "number" && count > max);
}

function fitsList(schema: JsonObject, value: readonly JsonValue[], check: Check): boolean {
  if (!fitsCount(schema, "Items", value.length)) return false;
  if (schema["uniqueItems"] === true && value.some((item, i) => value.slice(0, i).some((before) => equal(before, item)))) return false;
  const legacyTuple = Array.isArray(schema["items"]);
  const tuple = ((legacyTuple ? schema["items"] : schema["prefixItems"]) ?? []) as readonly Schema[];
  const rest = (legacyTuple ? own(schema, "additionalItems") : own(schema, "items")) ?? true;
  if (value.some((item, i) => !check(tuple[i] ?? rest, item))) return false;
  const contains = own(schema, "contains");
  if (contains === undefined) return true;
  const found = value.filter((item) => check(contains, item)).length;
  const min = typeof schema["minContains"] === "number" ? schema["minContains"] : 1;
  return found >= min && !(typeof schema["maxContains"] === "number" && found > schema["maxContains"]);
}

function fitsObject(schema: JsonObject, value: JsonObject, check: Check): boolean {
  const names = Object.keys(value);
  if (!fitsCount(schema, "Properties", names.length)) return false;
  const has = (name: JsonValue): boolean => typeof name === "string" && Object.hasOwn(value, name);
  if (Array.isArray(schema["required"]) && !schema["required"].every(has)) return false;
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const others = own(schema, "additionalProperties") ?? true;
  const names_ = own(schema, "propertyNames") ?? true;
  for (const name of names) {
    const known = Object.hasOwn(properties, name);
    if (!check(known ? (properties[name] ?? true) : others, value[name] ?? null) || !check(names_, name)) return false;
  }
  const dependent = isObject(schema["dependentRequired"]) ? schema["dependentRequired"] : {};
  return names.every((name) => {
    const needs = Object.hasOwn(dependent, name) ? dependent[name] : undefined;
    return !Array.isArray(needs) || needs.every(has);
  });
}

/** Equal as JSON: the order of keys means nothing. */
function equal(a: JsonValue, b: JsonValue): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    const other = b as readonly JsonValue[];
    return a.length === b.length && (a as readonly JsonValue[]).every((item, i) => equal(item, other[i] ?? null));
  }
  if (!isObject(a) || !isObject(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key] ?? null, b[key] ?? null));
}
