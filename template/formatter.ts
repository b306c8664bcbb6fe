/** One verb of a format with its flags, and how it puts strings and numbers on paper (Go: fmt/format.go). */
import { type FloatVerb, formatFloat } from "./goFloat.ts";
import { canBackquote, isPrintable, quoted, quotedRune } from "./goQuote.ts";
import { bytesOf, runeCount, utf8Length } from "./goText.ts";
import { REPLACED_CHARS_PER_STEP, STEPS_PER_EXACT_FLOAT } from "./limits.ts";
import type { Run } from "./run.ts";

const MAX_RUNE = 0x10ffffn;

/** Writes to `out`, and pays for what it is about to write. Flags hold until `clear`. */
export class Formatter {
  out = "";
  plus = false;
  minus = false;
  sharp = false;
  space = false;
  zero = false;
  /** `%+v` and `%#v` are formats of their own, in which plus and sharp mean nothing else. */
  plusV = false;
  sharpV = false;
  width = -1;
  precision = -1;
  readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  clear(): void {
    this.plus = this.minus = this.sharp = this.space = this.zero = this.plusV = this.sharpV = false;
    this.width = this.precision = -1;
  }

  /** Writes text as it is. */
  write(text: string): void {
    this.run.makes(this.out.length, text.length);
    this.out += text;
  }

  #padding(count: number): string {
    if (count <= 0) return "";
    this.run.makes(this.out.length, count);
    return (this.zero && !this.minus ? "0" : " ").repeat(count);
  }

  /** Writes text, filled up to the width. */
  pad(text: string): void {
    if (this.width <= 0) {
      this.write(text);
      return;
    }
    this.run.walk(text.length);
    const filling = this.#padding(this.width - runeCount(text));
    this.write(this.minus ? text + filling : filling + text);
  }

  #padWithSpaces(text: string): void {
    const { zero } = this;
    this.zero = false;
    this.pad(text);
    this.zero = zero;
  }

  bool(value: boolean): void {
    this.pad(value ? "true" : "false");
  }

  /** `%s`: the precision counts characters. */
  string(text: string): void {
    this.pad(this.#truncated(text));
  }

  #truncated(text: string): string {
    if (this.precision < 0 || text.length <= this.precision) return text;
    this.run.walk(this.precision);
    let units = 0;
    for (let left = this.precision; left > 0 && units < text.length; left -= 1) {
      units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
    }
    return text.slice(0, units);
  }

  /** `%q` of a text. */
  quoted(text: string): void {
    const shown = this.#truncated(text);
    this.run.chars(shown.length);
    const isRaw = this.sharp && canBackquote(shown);
    this.pad(isRaw ? `\`${shown}\`` : quoted(shown, this.plus, (text, special, by) => this.run.replace(text, special, by)));
  }

  /** `%x` of a text: its bytes. */
  hexBytes(text: string, isUpper: boolean): void {
    // No character has less than one byte, so a precision needs no more characters than that.
    const shown = this.precision >= 0 ? text.slice(0, this.precision) : text;
    this.run.walk(shown.length);
    const whole = utf8Length(shown);
    const length = this.precision >= 0 ? Math.min(this.precision, whole) : whole;
    if (length === 0) {
      this.write(this.#padding(this.width));
      return;
    }
    this.run.chars(length * (this.space ? (this.sharp ? 5 : 3) : 2));
    this.run.spend(length / REPLACED_CHARS_PER_STEP);
    const prefix = this.sharp ? (isUpper ? "0X" : "0x") : "";
    const bytes = bytesOf(shown).slice(0, length);
    const pairs = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
    const digits = isUpper ? pairs.map((pair) => pair.toUpperCase()) : pairs;
    this.pad(prefix + digits.join(this.space ? ` ${prefix}` : ""));
  }

  /** A whole number in base 2, 8, 10 or 16; `verb` tells `%X` and `%O`. */
  integer(value: bigint, base: number, verb: string): void {
    const isNegative = value < 0n;
    let digits = (isNegative ? -value : value).toString(base);
    let least = 0;
    if (this.precision >= 0) {
      least = this.precision;
      if (least === 0 && value === 0n) {
        this.#padWithSpaces("");
        return;
      }
    } else if (this.zero && !this.minus && this.width > 0) {
      least = this.width - (isNegative || this.plus || this.space ? 1 : 0);
    }
    this.run.chars(least);
    digits = digits.padStart(least, "0");
    if (this.sharp) {
      if (base === 2) digits = `0b${digits}`;
      else if (base === 16) digits = `0x${digits}`;
      else if (base === 8 && digits[0] !== "0") digits = `0${digits}`;
    }
    if (verb === "O") digits = `0o${digits}`;
    if (verb === "X") digits = digits.toUpperCase();
    this.#padWithSpaces((isNegative ? "-" : this.plus ? "+" : this.space ? " " : "") + digits);
  }

  /** `%c`: the character of a number. */
  rune(value: bigint): void {
    this.pad(String.fromCodePoint(runeOf(value)));
  }

  /** `%q` of a number. */
  quotedRune(value: bigint): void {
    this.pad(quotedRune(runeOf(value), this.plus));
  }

  /** `%U`. */
  unicode(value: bigint): void {
    const unsigned = BigInt.asUintN(64, value);
    const least = Math.max(this.precision, 4);
    this.run.chars(least);
    const shown = this.sharp && unsigned <= MAX_RUNE && isPrintable(Number(unsigned));
    const digits = unsigned.toString(16).toUpperCase().padStart(least, "0");
    this.#padWithSpaces(`U+${digits}${shown ? ` '${String.fromCodePoint(Number(unsigned))}'` : ""}`);
  }

  /** A float with the precision of the format, or else `precision`. */
  float(value: number, verb: FloatVerb, precision: number): void {
    const digits = this.precision >= 0 ? this.precision : precision;
    this.run.chars(Math.max(digits, 0));
    if (digits >= 0 && (digits > 17 || !(Math.abs(value) > 1e-20 && Math.abs(value) < 1e20))) this.run.spend(STEPS_PER_EXACT_FLOAT);
    const plain = formatFloat(value, verb, digits);
    let text = plain.startsWith("-") || plain.startsWith("+") ? plain : `+${plain}`;
    if (this.space && text.startsWith("+") && !this.plus) text = ` ${text.slice(1)}`;
    if (text[1] === "I" || text[1] === "N") {
      this.#padWithSpaces(text[1] === "N" && !this.space && !this.plus ? text.slice(1) : text);
      return;
    }
    if (this.sharp && verb !== "b") text = withPoint(text, verb, digits);
    if (!this.plus && text.startsWith("+")) {
      this.pad(text.slice(1));
    } else if (this.zero && !this.minus && this.width > text.length) {
      this.write(text[0] + this.#padding(this.width - text.length) + text.slice(1));
    } else {
      this.pad(text);
    }
  }
}

/** Go's conversion to a character: what is none is U+FFFD. */
function runeOf(value: bigint): number {
  if (value < 0n || value > MAX_RUNE) return 0xfffd;
  const code = Number(value);
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
}

/** The flag `#`: a decimal point always, and the zeros that `%g` leaves out. */
function withPoint(signed: string, verb: FloatVerb, precision: number): string {
  let missing = 0;
  if (verb === "g" || verb === "G" || verb === "x") missing = precision === -1 ? 6 : precision;
  const isHex = verb === "x" || verb === "X";
  const tailAt = signed.search(isHex ? /[pP]/ : /[eE]/);
  let number = tailAt === -1 ? signed : signed.slice(0, tailAt);
  const tail = tailAt === -1 ? "" : signed.slice(tailAt);
  let hasPoint = false;
  let isSignificant = false;
  for (const character of number.slice(1)) {
    if (character === ".") {
      hasPoint = true;
      continue;
    }
    isSignificant ||= character !== "0";
    if (isSignificant) missing -= 1;
  }
  if (!hasPoint) {
    if (number.slice(1) === "0") missing -= 1;
    number += ".";
  }
  return number + "0".repeat(Math.max(missing, 0)) + tail;
}
