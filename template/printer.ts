/**
 * Go's print and printf (fmt/print.go) over a template's values. nil that comes from the data prints as nothing where the whole
 * argument is nil (B30); inside a list or map, and as the word `nil`, it is Go's `<nil>`.
 */
import { Formatter } from "./formatter.ts";
import { floatText } from "./goFloat.ts";
import { goTimeText } from "./goTime.ts";
import { MAX_TEMPLATE_DEPTH } from "./limits.ts";
import type { Run } from "./run.ts";
import {
  bigintOf,
  entryOf,
  GoFloat,
  GoInteger,
  GoTime,
  isInt64,
  isMapping,
  kindOf,
  NIL_WORD,
  numberOf,
  readable,
  typeNameOf,
} from "./values.ts";

/** The text of a value as an action prints it. */
export function textOfValue(value: unknown, run: Run): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return isInt64(value) ? String(value + 0) : floatText(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value === null || value === undefined || value === NIL_WORD) return "";
  if (value instanceof GoInteger) return value.text;
  if (value instanceof GoFloat) return floatText(value.value);
  return typeof value === "object" ? compositeText(value, run, 0) : new Printer(run).formatted(value, "v");
}

/** A list, map or time without any flags, which is how they are nearly always printed. */
function compositeText(value: object, run: Run, depth: number): string {
  if (depth > MAX_TEMPLATE_DEPTH) run.refuse(`a value with more than ${MAX_TEMPLATE_DEPTH} levels cannot be printed`);
  if (value instanceof GoTime) return goTimeText(value.ms);
  const isList = Array.isArray(value);
  const keys = isList ? undefined : run.keysOf(value);
  const length = isList ? value.length : (keys?.length ?? 0);
  let out = isList ? "[" : "map[";
  for (let i = 0; i < length; i++) {
    const key = keys?.[i];
    const element = key === undefined ? readable(isList ? value[i] : null) : entryOf(value, key);
    const text = elementText(element, run, depth + 1);
    const piece = (i > 0 ? " " : "") + (key === undefined ? text : `${key}:${text}`);
    run.makes(out.length, piece.length);
    run.spend(1);
    out += piece;
  }
  return `${out}]`;
}

/** Inside a list or map, nil is seen. */
function elementText(value: unknown, run: Run, depth: number): string {
  if (value === null || value === NIL_WORD) return "<nil>";
  return typeof value === "object" && isComposite(value) ? compositeText(value, run, depth) : textOfValue(value, run);
}

const isComposite = (value: object): boolean => Array.isArray(value) || kindOf(value) === "map";

/** Formats arguments with verbs. */
export class Printer extends Formatter {
  // While the text for a wrong verb is written, `%w` and the methods of values mean nothing.
  #isErring = false;

  /** The text of one argument by itself. */
  formatted(value: unknown, verb: string): string {
    this.argument(value, verb);
    return this.out;
  }

  /** One whole argument of a format. */
  argument(value: unknown, verb: string): void {
    const kind = kindOf(value);
    if (verb === "T") {
      this.string(typeNameOf(value));
    } else if (kind === "nil") {
      const isNothing = value !== NIL_WORD && (verb === "s" || (verb === "v" && !this.sharpV));
      if (isNothing) this.pad("");
      else if (verb === "v") this.pad("<nil>");
      else this.wrongVerb(value, verb, 0);
    } else if ((verb === "p" || verb === "w") && (kind === "list" || kind === "map")) {
      this.wrongVerb(value, verb, 0); // %w is for errors; for %p Go prints an address in its memory
    } else {
      this.#value(value, verb, 0);
    }
  }

  #value(value: unknown, verb: string, depth: number): void {
    if (depth > MAX_TEMPLATE_DEPTH) this.run.refuse(`a value with more than ${MAX_TEMPLATE_DEPTH} levels cannot be printed`);
    switch (kindOf(value)) {
      case "nil":
        this.write(this.sharpV ? "interface {}(nil)" : "<nil>");
        return;
      case "bool":
        if (verb === "t" || verb === "v") this.bool(value === true);
        else this.wrongVerb(value, verb, depth);
        return;
      case "int":
        this.#integer(value, verb, depth);
        return;
      case "float":
        this.#float(numberOf(value), value, verb, depth);
        return;
      case "string":
        this.#string(String(value), verb, depth);
        return;
      case "time":
        this.#time(value, verb, depth);
        return;
      case "list":
        if (Array.isArray(value)) this.#list(value, verb, depth);
        return;
      case "map":
        if (isMapping(value)) this.#map(value, verb, depth);
        return;
    }
  }

  #time(value: unknown, verb: string, depth: number): void {
    const text = goTimeText(value instanceof GoTime ? value.ms : 0);
    if (this.#isErring || !"vsxXq".includes(verb)) {
      if (verb === "v") this.write(text);
      else this.wrongVerb(value, verb, depth);
      return;
    }
    this.#string(text, verb === "v" && this.sharpV ? "s" : verb, depth);
  }

  #integer(value: unknown, verb: string, depth: number): void {
    const n = bigintOf(value);
    switch (verb) {
      case "v":
        if (this.sharpV && value instanceof GoInteger && value.type === "uint8") {
          this.sharp = true;
          this.integer(n, 16, verb);
          this.sharp = false;
        } else {
          this.integer(n, 10, verb);
        }
        return;
      case "d":
        this.integer(n, 10, verb);
        return;
      case "b":
        this.integer(n, 2, verb);
        return;
      case "o":
      case "O":
        this.integer(n, 8, verb);
        return;
      case "x":
      case "X":
        this.integer(n, 16, verb);
        return;
      case "c":
        this.rune(n);
        return;
      case "q":
        this.quotedRune(n);
        return;
      case "U":
        this.unicode(n);
        return;
      default:
        this.wrongVerb(value, verb, depth);
    }
  }

  #float(n: number, value: unknown, verb: string, depth: number): void {
    switch (verb) {
      case "v":
        this.float(n, "g", -1);
        return;
      case "b":
      case "g":
      case "G":
      case "x":
      case "X":
        this.float(n, verb, -1);
        return;
      case "f":
      case "e":
      case "E":
        this.float(n, verb, 6);
        return;
      case "F":
        this.float(n, "f", 6);
        return;
      default:
        this.wrongVerb(value, verb, depth);
    }
  }

  #string(text: string, verb: string, depth: number): void {
    switch (verb) {
      case "v":
        if (this.sharpV) this.quoted(text);
        else this.string(text);
        return;
      case "s":
        this.string(text);
        return;
      case "x":
      case "X":
        this.hexBytes(text, verb === "X");
        return;
      case "q":
        this.quoted(text);
        return;
      default:
        this.wrongVerb(text, verb, depth);
    }
  }

  #list(list: readonly unknown[], verb: string, depth: number): void {
    this.run.spend(list.length);
    this.write(this.sharpV ? "[]interface {}{" : "[");
    for (let i = 0; i < list.length; i++) {
      if (i > 0) this.write(this.sharpV ? ", " : " ");
      this.#value(readable(list[i]), verb, depth + 1);
    }
    this.write(this.sharpV ? "}" : "]");
  }

  #map(map: object, verb: string, depth: number): void {
    const keys = this.run.keysOf(map);
    this.write(this.sharpV ? "map[string]interface {}{" : "map[");
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? "";
      if (i > 0) this.write(this.sharpV ? ", " : " ");
      this.#string(key, verb, depth + 1);
      this.write(":");
      this.#value(entryOf(map, key), verb, depth + 1);
    }
    this.write(this.sharpV ? "}" : "]");
  }

  /** `%!d(string=hi)`. */
  wrongVerb(value: unknown, verb: string, depth: number): void {
    this.#isErring = true;
    this.write(`%!${verb}(`);
    if (kindOf(value) === "nil") {
      this.write("<nil>");
    } else {
      this.write(`${typeNameOf(value)}=`);
      this.#value(value, "v", depth);
    }
    this.write(")");
    this.#isErring = false;
  }
}

/** An argument of `print`: the word `nil` is seen there. */
const printedText = (value: unknown, run: Run): string => (value === NIL_WORD ? "<nil>" : textOfValue(value, run));

/** `print`: a space between two arguments of which neither is a string. */
export function print(args: readonly unknown[], run: Run): string {
  let out = "";
  let wasString = true;
  for (const arg of args) {
    const isString = typeof arg === "string";
    const text = isString || wasString ? printedText(arg, run) : ` ${printedText(arg, run)}`;
    run.makes(out.length, text.length);
    out += text;
    wasString = isString;
  }
  return out;
}

/** `println`: a space between any two arguments, and a line break. */
export function println(args: readonly unknown[], run: Run): string {
  let out = "";
  args.forEach((arg, i) => {
    const text = i > 0 ? ` ${printedText(arg, run)}` : printedText(arg, run);
    run.makes(out.length, text.length);
    out += text;
  });
  return `${out}\n`;
}
