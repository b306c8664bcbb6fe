/** `printf` with a format that is written out, which is nearly always: what can be known about it is found once. */
import { formatFloat } from "./goFloat.ts";
import { textOfValue } from "./printer.ts";
import { printf } from "./printf.ts";
import type { Run } from "./run.ts";
import { isInt64 } from "./values.ts";

type Evaluate = (run: Run, dot: unknown) => unknown;

/** Text, and verbs that take one argument each: with flags, a width and a precision, but without `*` and `[1]`. */
const REGULAR = /^(?:[^%]|%%|%[-+# 0]*\d{0,3}(?:\.\d{0,2})?[a-zA-Z])*$/;
const VERB = /(%%|%[-+# 0]*\d{0,3}(?:\.\d{0,2})?[a-zA-Z])/;

/** A verb, and the text behind it. */
interface Part {
  readonly verb: string;
  /** N of a plain `%.Nf`. */
  readonly decimals: number | undefined;
  readonly text: string;
}

/** A call of `printf` with this format. */
export function compileFormat(format: string, args: readonly Evaluate[], at: number): Evaluate {
  const { head, parts } = format.length > 1000 || !REGULAR.test(format) ? { head: "", parts: [] } : split(format);
  if (parts.length === 0 || parts.length !== args.length) {
    return (run, dot) => {
      const values = args.map((arg) => arg(run, dot));
      run.at = at;
      run.spend(1);
      run.chars(format.length);
      return printf(format, values, run);
    };
  }
  const [only] = args;
  const [part] = parts;
  if (parts.length === 1 && only !== undefined && part !== undefined) {
    return (run, dot) => {
      const value = only(run, dot);
      run.at = at;
      run.spend(1);
      const text = textOf(part, value, run);
      run.makes(head.length + part.text.length, text.length);
      return head + text + part.text;
    };
  }
  return (run, dot) => {
    const values = args.map((arg) => arg(run, dot));
    run.at = at;
    run.spend(1);
    let out = head;
    for (let i = 0; i < parts.length; i++) {
      const next = parts[i];
      if (next === undefined) break;
      const text = textOf(next, values[i], run);
      run.makes(out.length + next.text.length, text.length);
      out += text + next.text;
    }
    return out;
  };
}

/** What a verb makes of a value: the quick way where it prints what an action would, else as any format. */
function textOf({ verb, decimals }: Part, value: unknown, run: Run): string {
  if (decimals !== undefined && typeof value === "number" && !isInt64(value)) return formatFloat(value, "f", decimals);
  return isPlain(verb, value) ? textOfValue(value, run) : printf(verb, [value], run);
}

function isPlain(verb: string, value: unknown): boolean {
  if (typeof value === "string" || value === null) return verb === "%s" || verb === "%v";
  if (typeof value === "number") return verb === "%v" || (verb === "%d" && isInt64(value));
  return verb === "%v" && typeof value === "boolean";
}

function split(format: string): { head: string; parts: Part[] } {
  let head = "";
  const parts: { verb: string; decimals: number | undefined; text: string }[] = [];
  for (const piece of format.split(VERB)) {
    if (piece.startsWith("%") && piece !== "%%") {
      const decimals = /^%\.(\d)f$/.exec(piece)?.[1];
      parts.push({ verb: piece, decimals: decimals === undefined ? undefined : Number(decimals), text: "" });
      continue;
    }
    const text = piece === "%%" ? "%" : piece;
    const last = parts.at(-1);
    if (last === undefined) head += text;
    else last.text += text;
  }
  return { head, parts };
}
