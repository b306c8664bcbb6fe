// Takes typed fields out of a loaded script, and keeps a list of everything that is not as it should be.
import type { JsonObject, JsonValue } from "../sdk/index.ts";
import type { MockScriptFault } from "./script.ts";

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property: a key such as `constructor` is nobody's but the user's. */
export function propertyOf(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Reads fields by name. What is absent is undefined without a fault; what is of another type is undefined with one. */
export class ScriptReader {
  readonly faults: MockScriptFault[] = [];
  readonly #positionOf: (path: string) => { readonly line: number; readonly column: number };

  constructor(positionOf: (path: string) => { readonly line: number; readonly column: number }) {
    this.#positionOf = positionOf;
  }

  /** Notes a fault at a path; "" is the whole document. */
  say(path: string, message: string): void {
    const { line, column } = this.#positionOf(path);
    this.faults.push({ line, column, message: path === "" ? message : `${path}: ${message}` });
  }

  /** An object that has no other fields than the known ones. */
  object(value: JsonValue, at: string, known: readonly string[]): JsonObject | undefined {
    if (!isObject(value)) {
      this.say(at, `must be an object with ${known.join(", ")}, not ${kindOf(value)}`);
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.say(childPath(at, key), `unknown field; expected one of ${known.join(", ")}`);
    }
    return value;
  }

  list(object: JsonObject, key: string, at: string): readonly JsonValue[] | undefined {
    const value = propertyOf(object, key);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value as readonly JsonValue[];
    this.say(childPath(at, key), `must be a list, not ${kindOf(value)}`);
    return undefined;
  }

  text(object: JsonObject, key: string, at: string): string | undefined {
    const value = propertyOf(object, key);
    if (value === undefined || typeof value === "string") return value;
    this.say(childPath(at, key), `must be text, not ${kindOf(value)}; put it in quotes`);
    return undefined;
  }

  number(object: JsonObject, key: string, at: string, range: { min: number; max?: number; integer?: boolean }): number | undefined {
    const value = propertyOf(object, key);
    if (value === undefined) return undefined;
    const max = range.max ?? Number.MAX_SAFE_INTEGER;
    const fits = typeof value === "number" && value >= range.min && value <= max && (range.integer !== true || Number.isInteger(value));
    if (fits) return value;
    const what = range.integer === true ? "a whole number" : "a number";
    const limits = range.max === undefined ? `of at least ${range.min}` : `from ${range.min} to ${range.max}`;
    this.say(childPath(at, key), `must be ${what} ${limits}, not ${typeof value === "number" ? value : kindOf(value)}`);
    return undefined;
  }
}

function childPath(at: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${at}[${JSON.stringify(key)}]`;
  return at === "" ? key : `${at}.${key}`;
}

function kindOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
