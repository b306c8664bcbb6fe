/** Go's `printf`: reads a format, verb by verb (fmt/print.go, doPrintf). Widths and precisions end at a million, as in Go. */
import { Printer } from "./printer.ts";
import type { Run } from "./run.ts";
import { kindOf, numberOf, typeNameOf } from "./values.ts";

const MAX_NUMBER = 1e6;

/** A number in a format: none, one, or one that is too long, after which Go takes the format to be over. */
interface Numeral {
  readonly value: number;
  readonly next: number;
}

/** The text of a format and its arguments. Never fails: what is wrong stands in the text, as `%!d(string=hi)`. */
export function printf(format: string, args: readonly unknown[], run: Run): string {
  return new FormatReader(format, args, run).read();
}

class FormatReader {
  readonly #format: string;
  readonly #args: readonly unknown[];
  readonly #printer: Printer;
  #at = 0;
  #arg = 0;
  // An index that is no argument's, or in a place where none may be.
  #isGoodIndex = true;
  #isReordered = false;
  #isAfterIndex = false;

  constructor(format: string, args: readonly unknown[], run: Run) {
    this.#format = format;
    this.#args = args;
    this.#printer = new Printer(run);
  }

  read(): string {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf("%", this.#at);
      const end = percent === -1 ? format.length : percent;
      if (end > this.#at) this.#printer.write(format.slice(this.#at, end));
      this.#at = end + 1;
      if (percent === -1 || !this.#directive()) break;
    }
    if (!this.#isReordered && this.#arg < this.#args.length) this.#extra();
    return this.#printer.out;
  }

  /** Everything from behind the percent sign to the verb; false when the format ends before. */
  #directive(): boolean {
    const printer = this.#printer;
    printer.clear();
    this.#isGoodIndex = true;
    if (this.#flags()) return true;
    this.#index();
    this.#width();
    this.#precision();
    if (!this.#isAfterIndex) this.#index();
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) {
      printer.write("%!(NOVERB)");
      return false;
    }
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    if (verb === "%") printer.write("%");
    else if (!this.#isGoodIndex) printer.write(`%!${verb}(BADINDEX)`);
    else if (this.#arg >= this.#args.length) printer.write(`%!${verb}(MISSING)`);
    else this.#print(verb);
    return true;
  }

  /** Reads the flags; true when a plain verb followed, which is the common case, and has been printed. */
  #flags(): boolean {
    const printer = this.#printer;
    for (; this.#at < this.#format.length; this.#at++) {
      const character = this.#format[this.#at] ?? "";
      if (character === "#") printer.sharp = true;
      else if (character === "0") printer.zero = true;
      else if (character === "+") printer.plus = true;
      else if (character === "-") printer.minus = true;
      else if (character === " ") printer.space = true;
      else if (character >= "a" && character <= "z" && this.#arg < this.#args.length) {
        this.#at += 1;
        this.#print(character);
        return true;
      } else break;
    }
    return false;
  }

  #print(verb: string): void {
    const printer = this.#printer;
    if (verb === "v" || verb === "w") {
      printer.sharpV = printer.sharp;
      printer.sharp = false;
      printer.plusV = printer.plus;
      printer.plus = false;
    }
    printer.argument(this.#args[this.#arg], verb);
    this.#arg += 1;
  }

  /** `[2]`: which argument comes next. */
  #index(): void {
    this.#isAfterIndex = false;
    if (this.#format[this.#at] !== "[") return;
    this.#isReordered = true;
    const close = this.#format.indexOf("]", this.#at + 1);
    if (close === -1 || this.#format.length - this.#at < 3) {
      this.#isGoodIndex = false;
      this.#at += 1;
      return;
    }
    const { value, next } = this.#number(this.#at + 1, close);
    this.#at = close + 1;
    const isNumber = value >= 0 && next === close;
    this.#isAfterIndex = isNumber;
    if (isNumber && value >= 1 && value <= this.#args.length) this.#arg = value - 1;
    else this.#isGoodIndex = false;
  }

  #width(): void {
    const printer = this.#printer;
    if (this.#format[this.#at] === "*") {
      this.#at += 1;
      const width = this.#numberArgument();
      if (width === undefined) printer.write("%!(BADWIDTH)");
      printer.width = Math.abs(width ?? -1);
      if (width === undefined) printer.width = -1;
      else if (width < 0) {
        printer.minus = true;
        printer.zero = false;
      }
      this.#isAfterIndex = false;
      return;
    }
    const { value, next } = this.#number(this.#at, this.#format.length);
    this.#at = next;
    printer.width = value;
    if (this.#isAfterIndex && value >= 0) this.#isGoodIndex = false;
  }

  #precision(): void {
    const printer = this.#printer;
    if (this.#format[this.#at] !== "." || this.#at + 1 >= this.#format.length) return;
    this.#at += 1;
    if (this.#isAfterIndex) this.#isGoodIndex = false;
    this.#index();
    if (this.#format[this.#at] === "*") {
      this.#at += 1;
      const precision = this.#numberArgument();
      printer.precision = precision === undefined || precision < 0 ? -1 : precision;
      if (printer.precision < 0) printer.write("%!(BADPREC)");
      this.#isAfterIndex = false;
      return;
    }
    const { value, next } = this.#number(this.#at, this.#format.length);
    this.#at = next;
    printer.precision = Math.max(value, 0);
  }

  /** The number that stands at `start`; value -1 when there is none, next `end` when it is too long. */
  #number(start: number, end: number): Numeral {
    if (start >= end) return { value: -1, next: end };
    let value = 0;
    let at = start;
    for (; at < end; at++) {
      const digit = this.#format.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      if (value > MAX_NUMBER) return { value: -1, next: end };
      value = value * 10 + digit;
    }
    return { value: at === start ? -1 : value, next: at };
  }

  /** `*`: the argument that says how wide. */
  #numberArgument(): number | undefined {
    if (this.#arg >= this.#args.length) return undefined;
    const arg = this.#args[this.#arg];
    this.#arg += 1;
    const value = kindOf(arg) === "int" ? numberOf(arg) : Number.NaN;
    return Math.abs(value) <= MAX_NUMBER ? value : undefined;
  }

  #extra(): void {
    const printer = this.#printer;
    printer.clear();
    printer.write("%!(EXTRA ");
    this.#args.slice(this.#arg).forEach((arg, i) => {
      if (i > 0) printer.write(", ");
      if (kindOf(arg) === "nil") {
        printer.write("<nil>");
        return;
      }
      printer.write(`${typeNameOf(arg)}=`);
      printer.argument(arg, "v");
    });
    printer.write(")");
  }
}
