/** `len`, `index` and `slice` (Go: text/template/funcs.go), with strings as bytes; a length or index of nil is 0 and nil (B30). */
import type { FunctionSet } from "./functionSet.ts";
import { byteAt, sliceBytes, utf8Length } from "./goText.ts";
import type { Run } from "./run.ts";
import { entryOf, GoInteger, intValue, isMapping, kindOf, NIL_WORD, numberOf, readable, typeNameOf } from "./values.ts";

function lengthOf(value: unknown, run: Run): unknown {
  switch (kindOf(value)) {
    case "string":
      run.walk(String(value).length);
      return intValue(utf8Length(String(value)));
    case "list":
      return intValue((value as readonly unknown[]).length);
    case "map": {
      const { length } = Object.keys(value as object);
      run.spend(length);
      return intValue(length);
    }
    case "nil":
      return value === NIL_WORD ? run.fail("len of nil") : intValue(0);
    case "bool":
    case "int":
    case "float":
    case "time":
      return run.fail(`len of type ${typeNameOf(value)}`);
  }
}

/** A position in something of that length; `length` itself is allowed, as Go allows it until it looks there. */
function positionIn(length: number, index: unknown, run: Run): number {
  const kind = kindOf(index);
  if (kind !== "int") run.fail(`cannot index slice/array with ${kind === "nil" ? "nil" : `type ${typeNameOf(index)}`}`);
  const position = numberOf(index);
  if (position < 0 || position > length) run.fail(`index out of range: ${position}`);
  return position;
}

function itemOf(value: unknown, index: unknown, run: Run): unknown {
  switch (kindOf(value)) {
    case "nil":
      return null;
    case "list": {
      const list = value as readonly unknown[];
      const position = positionIn(list.length, index, run);
      if (position === list.length) run.fail(`index out of range: ${position}`);
      return readable(list[position]);
    }
    case "string": {
      const text = String(value);
      run.walk(text.length);
      const length = utf8Length(text);
      const position = positionIn(length, index, run);
      if (position === length) run.fail(`index out of range: ${position}`);
      return new GoInteger("uint8", byteAt(text, position));
    }
    case "map":
      if (kindOf(index) === "nil") run.fail("value is nil; should be of type string");
      return typeof index === "string" && isMapping(value)
        ? entryOf(value, index)
        : run.fail(`value has type ${typeNameOf(index)}; should be string`);
    case "bool":
    case "int":
    case "float":
    case "time":
      return run.fail(`can't index item of type ${typeNameOf(value)}`);
  }
}

function index(args: readonly unknown[], run: Run): unknown {
  const [first, ...indexes] = args;
  if (first === NIL_WORD) run.fail("index of untyped nil");
  return indexes.reduce<unknown>((value, at) => itemOf(value, at, run), first);
}

function slice(args: readonly unknown[], run: Run): unknown {
  const [value, ...indexes] = args;
  const kind = kindOf(value);
  if (kind === "nil") run.fail("slice of untyped nil");
  if (indexes.length > 3) run.fail(`too many slice indexes: ${indexes.length}`);
  if (kind === "string" && indexes.length === 3) run.fail("cannot 3-index slice a string");
  if (kind !== "string" && kind !== "list") run.fail(`can't slice item of type ${typeNameOf(value)}`);
  return kind === "string" ? sliceText(String(value), indexes, run) : sliceList(value as readonly unknown[], indexes, run);
}

function sliceText(text: string, indexes: readonly unknown[], run: Run): string {
  run.walk(text.length);
  const length = utf8Length(text);
  const { from, to } = boundsOf(indexes, length, length, run);
  run.chars(to - from);
  run.hasCutText ||= length !== text.length;
  return sliceBytes(text, from, to);
}

/** What a slice was cut from, and how far it can be made longer again: Go's capacity. */
interface Cut {
  readonly from: readonly unknown[];
  readonly start: number;
  readonly capacity: number;
}

const cuts = new WeakMap<readonly unknown[], Cut>();

function sliceList(list: readonly unknown[], indexes: readonly unknown[], run: Run): readonly unknown[] {
  const cut = cuts.get(list) ?? { from: list, start: 0, capacity: list.length };
  const { from, to, limit } = boundsOf(indexes, list.length, cut.capacity, run);
  run.elements(to - from);
  const result = cut.from.slice(cut.start + from, cut.start + to);
  cuts.set(result, { from: cut.from, start: cut.start + from, capacity: limit - from });
  return result;
}

function boundsOf(indexes: readonly unknown[], length: number, capacity: number, run: Run): { from: number; to: number; limit: number } {
  const [from = 0, to = length, limit = capacity] = indexes.map((at) => positionIn(capacity, at, run));
  if (from > to) run.fail(`invalid slice index: ${from} > ${to}`);
  if (to > limit) run.fail(`invalid slice index: ${to} > ${limit}`);
  return { from, to, limit };
}

export const accessors: FunctionSet = {
  len: { takes: ["raw"], call: ([value], run) => lengthOf(value, run), call1: lengthOf },
  index: {
    takes: ["raw"],
    rest: "raw",
    call: index,
    call2: (value, at, run) => (value === NIL_WORD ? run.fail("index of untyped nil") : itemOf(value, at, run)),
  },
  slice: { takes: ["raw"], rest: "raw", call: slice },
};
