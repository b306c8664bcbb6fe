/**
 * `toJson`, `toPrettyJson` and `fromJson`: Go's encoding/json with sorted keys, but `<`, `>` and `&` stay as they are, and what is no
 * JSON is an error (B30a).
 */
import type { FunctionSet } from "./functionSet.ts";
import { formatFloat } from "./goFloat.ts";
import { formatTime } from "./goTime.ts";
import { MAX_TEMPLATE_DEPTH } from "./limits.ts";
import type { Run } from "./run.ts";
import { bigintOf, entryOf, type GoTime, isInt64, kindOf, numberOf, readable } from "./values.ts";

const SURROGATE = /[\ud800-\udfff]/;

class JsonWriter {
  out = "";
  readonly #run: Run;
  readonly #indent: string;

  constructor(run: Run, indent: string) {
    this.#run = run;
    this.#indent = indent;
  }

  #write(text: string): void {
    this.#run.makes(this.out.length, text.length);
    this.out += text;
  }

  #line(depth: number): void {
    if (this.#indent !== "") this.#write(`\n${this.#indent.repeat(depth)}`);
  }

  value(value: unknown, depth: number): void {
    if (depth > MAX_TEMPLATE_DEPTH) this.#run.refuse(`a value with more than ${MAX_TEMPLATE_DEPTH} levels cannot be written as JSON`);
    switch (kindOf(value)) {
      case "nil":
        return this.#write("null");
      case "bool":
        return this.#write(value === true ? "true" : "false");
      case "int":
        return this.#write(typeof value === "number" ? String(value + 0) : bigintOf(value).toString());
      case "float":
        return this.#write(floatJson(numberOf(value)));
      case "string":
        return this.#text(String(value));
      case "time":
        return this.#text(formatTime("2006-01-02T15:04:05.999999999Z07:00", (value as GoTime).ms));
      case "list":
        return this.#list(value as readonly unknown[], depth);
      case "map":
        return this.#map(value as object, depth);
    }
  }

  #text(text: string): void {
    this.#run.chars(text.length);
    const json = JSON.stringify(SURROGATE.test(text) ? text.replace(/\p{Cs}/gu, "\uFFFD") : text);
    this.#run.scan(json.length - text.length);
    this.#write(json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029"));
  }

  #list(list: readonly unknown[], depth: number): void {
    this.#run.spend(list.length);
    if (list.length === 0) return this.#write("[]");
    this.#write("[");
    for (let i = 0; i < list.length; i++) {
      if (i > 0) this.#write(",");
      this.#line(depth + 1);
      this.value(readable(list[i]), depth + 1);
    }
    this.#line(depth);
    this.#write("]");
  }

  #map(map: object, depth: number): void {
    const keys = this.#run.keysOf(map);
    if (keys.length === 0) return this.#write("{}");
    this.#write("{");
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? "";
      if (i > 0) this.#write(",");
      this.#line(depth + 1);
      this.#text(key);
      this.#write(this.#indent === "" ? ":" : ": ");
      this.value(entryOf(map, key), depth + 1);
    }
    this.#line(depth);
    this.#write("}");
  }
}

/** Go writes floats below 1e-6 and from 1e21 on with an exponent, without a zero in front of it; JSON has no infinity. */
function floatJson(n: number): string {
  if (!Number.isFinite(n)) return "null";
  if (isInt64(n)) return Object.is(n, -0) ? "-0" : String(n);
  const size = Math.abs(n);
  return size < 1e-6 || size >= 1e21 ? formatFloat(n, "e", -1).replace(/e-0(\d)$/, "e-$1") : formatFloat(n, "f", -1);
}

function toJson(value: unknown, run: Run, indent: string): string {
  const writer = new JsonWriter(run, indent);
  writer.value(value, 0);
  return writer.out;
}

function fromJson(value: unknown, run: Run): unknown {
  const text = String(value);
  // Parsing costs about ten times as much as copying.
  run.chars(text.length);
  run.scan(text.length * 10);
  try {
    return readable(JSON.parse(text) as unknown);
  } catch (error) {
    return run.fail(`this is no JSON${error instanceof Error ? placeOf(error.message) : ""}; check it with an if, or leave fromJson out`);
  }
}

/** Where the parser gave up, without the text that it quotes: data does not belong into an error. */
function placeOf(message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `, from character ${Number(position) + 1} on`;
  return message.startsWith("Unexpected end") ? ", it ends too early" : "";
}

export const jsonFunctions: FunctionSet = {
  toJson: { takes: ["any"], call: ([value], run) => toJson(value, run, ""), call1: (value, run) => toJson(value, run, "") },
  toPrettyJson: { takes: ["any"], call: ([value], run) => toJson(value, run, "  ") },
  fromJson: { takes: ["text"], call: ([text], run) => fromJson(text, run), call1: fromJson },
};
