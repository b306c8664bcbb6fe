/** Functions on values of any kind, lists and maps, as in Sprig. */
import type { FunctionSet } from "./functionSet.ts";
import type { Run } from "./run.ts";
import { textFor } from "./stringFunctions.ts";
import { entryOf, kindOf, readable, truthOf, typeNameOf } from "./values.ts";

const orNull = (value: unknown): unknown => value ?? null;

/** The list that `first` and `last` are asked about. */
function listOf(value: unknown, name: string, run: Run): readonly unknown[] {
  return kindOf(value) === "list" ? (value as readonly unknown[]) : run.fail(`cannot find ${name} on type ${typeNameOf(value)}`);
}

function dict(args: readonly unknown[], run: Run): unknown {
  run.elements(args.length);
  const map = Object.create(null) as Record<string, unknown>;
  for (let i = 0; i < args.length; i += 2) {
    map[textFor(args[i], run)] = i + 1 < args.length ? orNull(args[i + 1]) : "";
  }
  return map;
}

function keys(maps: readonly unknown[], run: Run): string[] {
  const all: string[] = [];
  for (const map of maps) {
    if (map !== null) for (const name of run.keysOf(map as object)) all.push(name);
  }
  return all;
}

export const dataFunctions: FunctionSet = {
  // default DEFAULT VALUE: the value, unless it is empty
  default: {
    takes: ["any"],
    rest: "any",
    call: ([fallback, value], run) => orNull(truthOf(value, run) ? value : fallback),
    call2: (fallback, value, run) => (truthOf(value, run) ? value : fallback),
  },
  coalesce: { takes: [], rest: "any", call: (values, run) => orNull(values.find((value) => truthOf(value, run))) },
  // ternary IF_TRUE IF_FALSE CONDITION
  ternary: { takes: ["any", "any", "truth"], call: ([yes, no, condition]) => (condition === true ? yes : no) },
  first: { takes: ["any"], call: ([list], run) => readable(listOf(list, "first", run)[0]) },
  last: { takes: ["any"], call: ([list], run) => readable(listOf(list, "last", run).at(-1)) },
  list: {
    takes: [],
    rest: "any",
    call: (values, run) => {
      run.elements(values.length);
      return [...values];
    },
  },
  dict: { takes: [], rest: "any", call: dict },
  // get MAP KEY: the empty text when there is no such key
  get: {
    takes: ["map", "text"],
    call: ([map, key]) => (map !== null && Object.hasOwn(map as object, String(key)) ? entryOf(map as object, String(key)) : ""),
  },
  hasKey: { takes: ["map", "text"], call: ([map, key]) => map !== null && Object.hasOwn(map as object, String(key)) },
  keys: { takes: [], rest: "map", call: keys },
};
