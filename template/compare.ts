/** `eq`, `ne`, `lt`, `le`, `gt`, `ge` (Go: text/template/funcs.go), and B30: integers compare with floats, nil equals nil only. */

import type { FunctionSet } from "./functionSet.ts";
import { compareText } from "./goText.ts";
import type { Run } from "./run.ts";
import { bigintOf, GoInteger, type Kind, kindOf, numberOf, typeNameOf } from "./values.ts";

const isNumber = (kind: Kind): boolean => kind === "int" || kind === "float";
const isBasic = (kind: Kind): boolean => kind === "bool" || kind === "string" || isNumber(kind);

/** Orders two numbers: negative, 0, positive, or NaN when there is no order. */
function compareNumbers(a: unknown, b: unknown): number {
  if (a instanceof GoInteger && b instanceof GoInteger) {
    const difference = bigintOf(a) - bigintOf(b);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  const left = numberOf(a);
  const right = numberOf(b);
  return left === right ? 0 : left < right ? -1 : left > right ? 1 : Number.NaN;
}

/** Whether two values are equal; fails for types that Go does not compare. */
export function isEqual(a: unknown, b: unknown, run: Run): boolean {
  if (typeof a === "string" && typeof b === "string") {
    if (a.length === b.length) run.scan(a.length);
    return a === b;
  }
  const left = kindOf(a);
  const right = kindOf(b);
  if (left === "nil" || right === "nil") return left === right;
  if (isNumber(left) && isNumber(right)) return compareNumbers(a, b) === 0;
  if (isBasic(left) || isBasic(right)) {
    if (left === right) return a === b;
    return run.fail(`incompatible types for comparison: ${typeNameOf(a)} and ${typeNameOf(b)}`);
  }
  return run.fail(`non-comparable type ${typeNameOf(left === right ? b : a)}; compare its fields`);
}

function isLess(a: unknown, b: unknown, run: Run): boolean {
  if (typeof a === "string" && typeof b === "string") {
    run.walk(Math.min(a.length, b.length));
    return compareText(a, b) < 0;
  }
  const left = kindOf(a);
  const right = kindOf(b);
  if (!isBasic(left) || !isBasic(right)) return run.fail(`invalid type for comparison: ${typeNameOf(isBasic(left) ? b : a)}`);
  if (isNumber(left) && isNumber(right)) return compareNumbers(a, b) < 0;
  if (left !== right) return run.fail(`incompatible types for comparison: ${typeNameOf(a)} and ${typeNameOf(b)}`);
  return run.fail(`invalid type for comparison: ${typeNameOf(a)}`);
}

const isAtMost = (a: unknown, b: unknown, run: Run): boolean => isLess(a, b, run) || isEqual(a, b, run);

type Comparison = (a: unknown, b: unknown, run: Run) => boolean;

const comparison = (call2: Comparison) => ({
  takes: ["raw", "raw"] as const,
  call: ([a, b]: readonly unknown[], run: Run) => call2(a, b, run),
  call2,
});

export const comparisons: FunctionSet = {
  // eq a b c: whether a is b or c
  eq: {
    takes: ["raw"],
    rest: "raw",
    call: ([first, ...others], run) => {
      if (others.length === 0) return run.fail("missing argument for comparison");
      return others.some((other) => isEqual(first, other, run));
    },
    call2: isEqual,
  },
  ne: comparison((a, b, run) => !isEqual(a, b, run)),
  lt: comparison(isLess),
  le: comparison(isAtMost),
  gt: comparison((a, b, run) => !isAtMost(a, b, run)),
  ge: comparison((a, b, run) => !isLess(a, b, run)),
};
