/** The functions of the template language: Go's, and those of SPEC §5. There are no others, and users cannot add any. */
import { accessors } from "./access.ts";
import { comparisons } from "./compare.ts";
import { dataFunctions } from "./dataFunctions.ts";
import { escapes } from "./escapes.ts";
import type { FunctionSet } from "./functionSet.ts";
import { jsonFunctions } from "./jsonFunctions.ts";
import { numberFunctions } from "./numberFunctions.ts";
import { print, println } from "./printer.ts";
import { printf } from "./printf.ts";
import type { KnownFunctions } from "./source.ts";
import { stringFunctions } from "./stringFunctions.ts";
import { timeFunctions } from "./timeFunctions.ts";
import { NIL_WORD, truthOf, typeNameOf } from "./values.ts";

const builtins: FunctionSet = {
  ...comparisons,
  ...accessors,
  ...escapes,
  not: { takes: ["raw"], call: ([value], run) => !truthOf(value, run), call1: (value, run) => !truthOf(value, run) },
  print: { takes: [], rest: "raw", call: print },
  println: { takes: [], rest: "raw", call: println },
  printf: {
    takes: ["text"],
    rest: "raw",
    call: ([format, ...args], run) => {
      run.scan(String(format).length);
      return printf(String(format), args, run);
    },
  },
  // Data holds no functions (B33), so there is never one to call.
  call: {
    takes: ["raw"],
    rest: "raw",
    call: ([value], run) => run.fail(value === NIL_WORD || value === null ? "call of nil" : `non-function of type ${typeNameOf(value)}`),
  },
};

/** Every function but `and` and `or`, which the compiler knows. A null prototype: "constructor" is no function. */
export const functions: FunctionSet = Object.assign(Object.create(null) as Record<string, never>, {
  ...builtins,
  ...stringFunctions,
  ...numberFunctions,
  ...dataFunctions,
  ...jsonFunctions,
  ...timeFunctions,
});

const NAMES: readonly string[] = [...Object.keys(functions), "and", "or"].sort();

/** For the parser: which names there are, and which one was meant. */
export const knownFunctions: KnownFunctions = {
  has: (name) => name === "and" || name === "or" || functions[name] !== undefined,
  nearest(name) {
    if (name.length > 20) return undefined;
    const lower = name.toLowerCase();
    const close = NAMES.map((known) => ({ known, distance: distanceOf(lower, known.toLowerCase()) }));
    const [best] = close.sort((a, b) => a.distance - b.distance);
    return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.known : undefined;
  },
};

/** How many letters have to be added, left out or changed to make one word of the other. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
