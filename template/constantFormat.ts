/** `printf` with a format that is written out, which is nearly always: what can be known about it is found once. */

import { textOfValue } from "./printer.ts";
import { printf } from "./printf.ts";
import type { Run } from "./run.ts";
import { isInt64 } from "./values.ts";

type Evaluate = (run: Run, dot: unknown) => unknown;

/** Only `%s`, `%d`, `%v` and `%%` are known; a format with anything else is read each time. */
const SIMPLE = /^(?:[^%]|%[sdv%])*$/;

/** A verb, and the text behind it. */
interface Part {
  readonly verb: string;
  readonly text: string;
}

/** A call of `printf` with this format. */
export function compileFormat(format: string, args: readonly Evaluate[], at: number): Evaluate {
  const slow: Evaluate = (run, dot) => {
    const values = args.map((arg) => arg(run, dot));
    run.at = at;
    run.spend(1);
    run.chars(format.length);
    return printf(format, values, run);
  };
  if (format.length > 1000 || !SIMPLE.test(format)) return slow;
  const { head, parts } = split(format);
  if (parts.length !== args.length) return slow;
  return (run, dot) => {
    let out = head;
    // What this cannot print as Go does, the careful way prints: all arguments are evaluated either way.
    const values: unknown[] = [];
    let isSimple = true;
    for (let i = 0; i < parts.length; i++) {
      const value = args[i]?.(run, dot);
      const part = parts[i];
      values.push(value);
      if (part === undefined || !isPlain(part.verb, value)) isSimple = false;
      else if (isSimple) out += textOfValue(value, run) + part.text;
    }
    run.at = at;
    run.spend(1);
    run.chars(out.length);
    return isSimple ? out : printf(format, values, run);
  };
}

/** Whether a verb prints a value as an action would. */
function isPlain(verb: string, value: unknown): boolean {
  if (typeof value === "string" || value === null) return verb !== "d";
  if (typeof value === "number") return verb === "v" || (verb === "d" && isInt64(value));
  return verb === "v" && typeof value === "boolean";
}

function split(format: string): { head: string; parts: Part[] } {
  const pieces = format.split(/(%[sdv%])/);
  let head = "";
  const parts: { verb: string; text: string }[] = [];
  for (const piece of pieces) {
    const isVerb = /^%[sdv%]$/.test(piece);
    if (isVerb && piece !== "%%") {
      parts.push({ verb: piece.slice(1), text: "" });
      continue;
    }
    const text = piece === "%%" ? "%" : piece;
    const last = parts.at(-1);
    if (last === undefined) head += text;
    else last.text += text;
  }
  return { head, parts };
}
