/** Sums on whole numbers, as in Sprig: every argument is made an int64 first, and the result wraps around as Go's does. */
import type { FunctionSet, TemplateFunction } from "./functionSet.ts";
import { floatOf, integerOf } from "./number.ts";
import type { Run } from "./run.ts";
import { bigintOf, floatValue, GoInteger, intValue, kindOf, numberOf } from "./values.ts";

/** Sprig's `int64`: what is no number is 0; text may be decimal, hexadecimal, octal or binary. */
function wholeOf(value: unknown, run: Run): number | bigint {
  switch (kindOf(value)) {
    case "int": {
      const n = numberOf(value);
      return Number.isSafeInteger(n) ? n : bigintOf(value);
    }
    case "float":
      return truncated(numberOf(value));
    case "bool":
      return value === true ? 1 : 0;
    case "string":
      run.walk(String(value).length);
      return wholeOfText(String(value));
    case "nil":
    case "list":
    case "map":
    case "time":
      return 0;
  }
}

function truncated(n: number): number | bigint {
  if (Number.isNaN(n) || Math.abs(n) >= 2 ** 63) return -(2n ** 63n); // what a 64-bit processor gives
  const whole = Math.trunc(n) + 0;
  return Number.isSafeInteger(whole) ? whole : BigInt(whole);
}

function wholeOfText(text: string): number | bigint {
  const n = integerOf(text.replace(/\.0+$/, ""));
  return n === undefined || n >= 2n ** 63n || n < -(2n ** 63n) ? 0 : narrow(n);
}

const narrow = (n: bigint): number | bigint => (Number.isSafeInteger(Number(n)) ? Number(n) : n);

/** An int64 as a value; beyond 2^53 it keeps its digits. */
const int64 = (n: number | bigint): unknown => (typeof n === "number" ? n + 0 : new GoInteger("int64", n));

/** Does a sum with numbers when the result is exact, else with 64 bits. */
function exactly(a: number | bigint, b: number | bigint, quick: (a: number, b: number) => number, slow: (a: bigint, b: bigint) => bigint) {
  if (typeof a === "number" && typeof b === "number") {
    const result = quick(a, b);
    if (Number.isSafeInteger(result)) return result + 0;
  }
  return narrow(BigInt.asIntN(64, slow(BigInt(a), BigInt(b))));
}

type Sum = (a: number | bigint, b: number | bigint, run: Run) => number | bigint;

const add: Sum = (a, b) =>
  exactly(
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
  );
const sub: Sum = (a, b) =>
  exactly(
    a,
    b,
    (x, y) => x - y,
    (x, y) => x - y,
  );
const mul: Sum = (a, b) =>
  exactly(
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
  );
const div: Sum = (a, b, run) =>
  BigInt(b) === 0n
    ? run.fail("division by zero")
    : exactly(
        a,
        b,
        (x, y) => Math.trunc(x / y),
        (x, y) => x / y,
      );
const mod: Sum = (a, b, run) =>
  BigInt(b) === 0n
    ? run.fail("division by zero")
    : exactly(
        a,
        b,
        (x, y) => x % y,
        (x, y) => x % y,
      );
const min: Sum = (a, b) => (a <= b ? a : b);
const max: Sum = (a, b) => (a >= b ? a : b);

/** Goes through all arguments from the left. */
const ofAll = (sum: Sum, takes: TemplateFunction["takes"]): TemplateFunction => ({
  takes,
  rest: "any",
  call: ([first, ...others], run) =>
    int64(others.reduce<number | bigint>((total, arg) => sum(total, wholeOf(arg, run), run), wholeOf(first, run))),
});

const ofTwo = (sum: Sum): TemplateFunction => ({
  takes: ["any", "any"],
  call: ([a, b], run) => int64(sum(wholeOf(a, run), wholeOf(b, run), run)),
  call2: (a, b, run) => int64(sum(wholeOf(a, run), wholeOf(b, run), run)),
});

function asInt(value: unknown, run: Run): unknown {
  const n = wholeOf(value, run);
  return typeof n === "number" && n >= 0 && n < 256 ? intValue(n) : new GoInteger("int", n);
}

function asFloat(value: unknown, run: Run): unknown {
  const kind = kindOf(value);
  if (kind === "int" || kind === "float") return floatValue(numberOf(value));
  if (kind === "bool") return floatValue(value === true ? 1 : 0);
  if (kind !== "string") return floatValue(0);
  run.walk(String(value).length);
  return floatValue(floatOfText(String(value)));
}

function floatOfText(text: string): number {
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const n = floatOf(text) ?? 0;
  return Number.isFinite(n) ? n : 0;
}

export const numberFunctions: FunctionSet = {
  int: { takes: ["any"], call: ([value], run) => asInt(value, run), call1: asInt },
  float64: { takes: ["any"], call: ([value], run) => asFloat(value, run), call1: asFloat },
  add: ofAll(add, []),
  mul: ofAll(mul, ["any"]),
  min: ofAll(min, ["any"]),
  max: ofAll(max, ["any"]),
  sub: ofTwo(sub),
  div: ofTwo(div),
  mod: ofTwo(mod),
};
