// What can be wrong with one value, looked at alone, and how to say it.
import { type FaultCode, nearest } from "../fault.ts";
import type { ShapeSchema } from "./shapeSchema.ts";

/** A fault at a place that the caller knows; `segments` lead from there to the field that is meant. */
export interface Problem {
  readonly segments: readonly string[];
  readonly code: FaultCode;
  readonly message: string;
}

/** The types of JSON; numbers that JSON cannot hold (NaN, Infinity) and everything foreign are "other". */
export type JsonType = "string" | "number" | "boolean" | "object" | "array" | "null" | "other";

/** The JSON type of a value. */
export function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "object") return "object";
  if (typeof value === "string" || typeof value === "boolean") return typeof value === "string" ? "string" : "boolean";
  return typeof value === "number" && Number.isFinite(value) ? "number" : "other";
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return jsonTypeOf(value) === "object";
}

const NAMES = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
} as const;

/** The value is of another JSON type than the shape's. Undefined when it is not; a shape without a type takes anything. */
export function typeProblem(value: unknown, shape: ShapeSchema): Problem | undefined {
  const allowed = typesOf(shape);
  if (allowed.length === 0) return undefined;
  const type = jsonTypeOf(value);
  const fits = allowed.some((one) => (one === "integer" ? Number.isInteger(value) : one === type));
  if (fits) return undefined;
  const wanted = allowed.map((one) => NAMES[one]).join(" or ");
  return problem("type", `must be ${wanted}, not ${valueText(value)}${wayOut(value, allowed)}`);
}

type ShapeType = NonNullable<ShapeSchema["type"]>;

function typesOf(shape: ShapeSchema): readonly ShapeType[] {
  if (shape.intOrString) return ["integer", "string"];
  if (shape.type !== undefined) return [shape.type];
  // the shapes of a field of two are written as types or as references to objects
  return (shape.oneOf ?? []).map((one) => one.type ?? "object");
}

function wayOut(value: unknown, allowed: readonly ShapeType[]): string {
  if (value === null) return "; give a value or take the field out";
  if ((typeof value === "number" || typeof value === "boolean") && allowed.includes("string"))
    return `; write it in quotes: "${String(value)}"`;
  if (typeof value === "string" && value.trim() !== "" && value.length <= 32) {
    const isNumber =
      Number.isFinite(Number(value)) && (allowed.includes("number") || (allowed.includes("integer") && Number.isInteger(Number(value))));
    const isBoolean = allowed.includes("boolean") && (value === "true" || value === "false");
    if (isNumber || isBoolean) return `; take the quotes off: ${value}`;
  }
  return allowed.includes("array") && !isObject(value) ? "; put it into a list" : "";
}

/** Too long or too short, too many or too few. At most one, since a value has one size. */
export function sizeProblem(value: unknown, shape: ShapeSchema): Problem | undefined {
  if (typeof value === "string") {
    if (value.length < (shape.minLength ?? 0)) return problem("required", "must not be empty");
    return isLonger(value, shape.maxLength) ? problem("tooLong", `must have at most ${shape.maxLength} characters`) : undefined;
  }
  if (Array.isArray(value)) return countProblem(value.length, shape.minItems, shape.maxItems);
  return isObject(value) ? countProblem(Object.keys(value).length, shape.minProperties, shape.maxProperties) : undefined;
}

function countProblem(count: number, min = 0, max = Number.POSITIVE_INFINITY): Problem | undefined {
  if (count < min) return problem("required", `must have at least ${min} ${min === 1 ? "entry" : "entries"}`);
  return count > max ? problem("tooMany", `must have at most ${max} ${max === 1 ? "entry" : "entries"}, not ${count}`) : undefined;
}

/** Characters are code points, as the API server counts them; counting is needed only between half and the whole of UTF-16's length. */
function isLonger(text: string, max = Number.POSITIVE_INFINITY): boolean {
  if (text.length <= max) return false;
  if (text.length > 2 * max) return true;
  let count = 0;
  for (const _ of text) count++;
  return count > max;
}

/** A string or number of the right type and size that is none of the known words, out of range, or of the wrong form. */
export function scalarProblem(value: unknown, shape: ShapeSchema): Problem | undefined {
  if (typeof value === "number") return rangeProblem(value, shape);
  if (typeof value !== "string") return undefined;
  if (shape.enum) return shape.enum.includes(value) ? undefined : enumProblem(value, shape.enum);
  if (shape.pattern !== undefined && !patternOf(shape.pattern).test(value)) {
    return problem("pattern", `${JSON.stringify(shortened(value))} does not fit; write ${shape.hint ?? `what matches ${shape.pattern}`}`);
  }
  if (shape.format === "date-time" && !isTime(value)) {
    return problem("format", `${JSON.stringify(shortened(value))} is no time; write it as 2006-01-02T15:04:05Z`);
  }
  return undefined;
}

function rangeProblem(
  value: number,
  { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: ShapeSchema,
): Problem | undefined {
  if (value >= minimum && value <= maximum) return undefined;
  return problem("range", `must be between ${minimum} and ${maximum}, not ${value}`);
}

function enumProblem(value: string, known: readonly string[]): Problem {
  const near = nearest(value, known);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return problem(
    "enum",
    `${JSON.stringify(shortened(value))} is not supported; choose ${known.map((one) => `"${one}"`).join(", ")}${hint}`,
  );
}

/** Fills up lazily with the handful of patterns in our schemas; users cannot add to it. */
const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  const known = patterns.get(source);
  if (known) return known;
  const fresh = new RegExp(source, "u");
  patterns.set(source, fresh);
  return fresh;
}

function isTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i.test(text) && !Number.isNaN(Date.parse(text));
}

function problem(code: FaultCode, message: string): Problem {
  return { segments: [], code, message };
}

/** What stands there, short enough for a line. A text of the user's may be a secret: only its type is told when the type is wrong. */
function valueText(value: unknown): string {
  const type = jsonTypeOf(value);
  if (type === "number" || type === "boolean") return String(value);
  if (type === "other") return typeof value === "number" ? String(value) : "something that is no JSON";
  return type === "null" ? "null" : NAMES[type];
}

function shortened(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text;
}
