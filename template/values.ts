/**
 * The values of a template are plain JavaScript data, read as Go would read the JSON (B30): a number is an int64 when it is a whole
 * number that fits one, else a float64; null, undefined and whatever is no data (functions, symbols) are nil. What Go tells
 * apart and JavaScript does not (int and int64, 1.0 and 1, the word nil and a missing key, points in time) has a class here.
 * Their fields are private, so that no template reaches them as a key.
 */

/** Kinds of whole numbers other than the data's int64: literals and lengths are "int", the bytes of a string "uint8". */
export type IntegerType = "int" | "int64" | "uint8";

/** What has a class here: one look tells it from the data. */
abstract class GoValue {}

/** A whole number whose Go type is not what a plain number has, or that a plain number cannot hold exactly. */
export class GoInteger extends GoValue {
  readonly #value: number;
  readonly #exact: bigint | undefined;
  readonly #type: IntegerType;

  constructor(type: IntegerType, value: number | bigint) {
    super();
    this.#type = type;
    this.#value = Number(value);
    this.#exact = typeof value === "bigint" && !Number.isSafeInteger(this.#value) ? value : undefined;
  }

  get type(): IntegerType {
    return this.#type;
  }

  get value(): number {
    return this.#value;
  }

  /** The value to the last digit. */
  get exact(): bigint {
    return this.#exact ?? BigInt(this.#value);
  }

  /** As in Go: digits only. */
  get text(): string {
    return this.#exact === undefined ? String(this.#value) : this.#exact.toString();
  }
}

/** A float64 that a plain number would show as a whole number: `1.0`, or what `float64` makes of 3. */
export class GoFloat extends GoValue {
  readonly #value: number;

  constructor(value: number) {
    super();
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }
}

/** A point in time, UTC, as `now` gives it. */
export class GoTime extends GoValue {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  get ms(): number {
    return this.#ms;
  }
}

/** The word `nil` as an argument. Go prints it as `<nil>`, where a missing key prints as nothing (B30). */
export class GoNil extends GoValue {
  readonly #is = "nil";

  get is(): "nil" {
    return this.#is;
  }
}

export const NIL_WORD = new GoNil();

/** A plain object: any keys, only own ones are seen. */
export type Mapping = Readonly<Record<string, unknown>>;

/** What a value is in Go's eyes. */
export type Kind = "nil" | "bool" | "int" | "float" | "string" | "list" | "map" | "time";

const INT64_LIMIT = 2 ** 63;

/** Whether a plain number is one of the data's int64 (B30). */
export const isInt64 = (n: number): boolean => Number.isInteger(n) && n < INT64_LIMIT && n >= -INT64_LIMIT;

/** A float64 as a value: plain where that says enough. */
export const floatValue = (n: number): unknown => (isInt64(n) ? new GoFloat(n) : n);

// Small ints are what literals, lengths and indexes are made of; a table of them saves an allocation per round of a loop.
const SMALL_INTS = Array.from({ length: 256 }, (_, n) => new GoInteger("int", n));

/** A Go `int`. */
export const intValue = (n: number): GoInteger => SMALL_INTS[n] ?? new GoInteger("int", n);

/** The kind of a value; functions and symbols are nil: no method is ever reachable (B33). */
export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return isInt64(value) ? "int" : "float";
    case "bigint":
      return "int";
    case "object":
      if (value === null) return "nil";
      if (Array.isArray(value)) return "list";
      if (!(value instanceof GoValue)) return "map";
      if (value instanceof GoInteger) return "int";
      if (value instanceof GoFloat) return "float";
      return value instanceof GoTime ? "time" : "nil";
    case "function":
    case "symbol":
    case "undefined":
      return "nil";
  }
}

/** Whether a value is a map, as a type guard. */
export const isMapping = (value: unknown): value is Mapping => kindOf(value) === "map";

/** The name of a value's Go type, as `%T` gives it. */
export function typeNameOf(value: unknown): string {
  switch (kindOf(value)) {
    case "nil":
      return "<nil>";
    case "bool":
      return "bool";
    case "int":
      return value instanceof GoInteger ? value.type : "int64";
    case "float":
      return "float64";
    case "string":
      return "string";
    case "list":
      return "[]interface {}";
    case "map":
      return "map[string]interface {}";
    case "time":
      return "time.Time";
  }
}

/** The number in a value of kind int or float; NaN for everything else. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (value instanceof GoInteger || value instanceof GoFloat) return value.value;
  return typeof value === "bigint" ? Number(value) : Number.NaN;
}

/** The whole number in a value of kind int; of the data's, the digits that JSON writes, which beyond ±2^53 are not exact (B30). */
export function bigintOf(value: unknown): bigint {
  if (value instanceof GoInteger) return value.exact;
  return typeof value === "bigint" ? value : BigInt(String(numberOf(value) + 0));
}

/**
 * The value under a key of a map, nil when it has none. Own data properties only: getters are not run, prototypes not seen (B33).
 */
export function entryOf(map: object, key: string): unknown {
  const property = Object.getOwnPropertyDescriptor(map, key);
  return property === undefined ? null : readable(property.value);
}

/** What a template sees of something that stands in a map or list. */
export function readable(value: unknown): unknown {
  return value === undefined || typeof value === "function" || typeof value === "symbol" ? null : value;
}

/** Whether a map has no key at all. */
export function isEmptyMap(map: object): boolean {
  for (const key in map) if (Object.hasOwn(map, key)) return false;
  return true;
}

/** Who knows whether a map is empty: a render asks each map once. */
export interface MapKnowledge {
  isEmptyMap(map: object): boolean;
}

/** Go's truth: false, 0, nil, and empty strings, lists and maps are false. */
export function truthOf(value: unknown, maps: MapKnowledge): boolean {
  switch (typeof value) {
    case "string":
      return value !== "";
    case "boolean":
      return value;
    case "number":
      return value !== 0;
    case "bigint":
      return value !== 0n;
    case "object":
      if (value === null) return false;
      if (Array.isArray(value)) return value.length > 0;
      if (!(value instanceof GoValue)) return !maps.isEmptyMap(value);
      if (value instanceof GoInteger || value instanceof GoFloat) return value.value !== 0;
      return value instanceof GoTime;
    case "function":
    case "symbol":
    case "undefined":
      return false;
  }
}
