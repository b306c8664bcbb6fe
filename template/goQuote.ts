/** Go's quoting (`strconv`): what `%q` prints, and what a quoted literal of a template means. */
import { byteOfUnit, bytesOf, loneByte, textOf } from "./goText.ts";

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Whether Go shows a character as itself: letters, marks, numbers, punctuation, symbols, and the ASCII space. */
export function isPrintable(code: number): boolean {
  if (code < 0x7f) return code >= 0x20;
  return PRINTABLE.test(String.fromCodePoint(code));
}

const NAMED: Readonly<Record<number, string>> = { 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r" };

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

function escaped(code: number, quote: string, isAsciiOnly: boolean): string {
  if (code === quote.charCodeAt(0) || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  if (code < 0x80 || !isAsciiOnly ? isPrintable(code) : false) return String.fromCodePoint(code);
  const named = NAMED[code];
  if (named !== undefined) return named;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** What `%q` and `%+q` do not show as itself. */
const ESCAPED = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
const ESCAPED_ASCII = /["\\]|[^ -~]/gu;

function escapedInText(character: string, isAsciiOnly: boolean): string {
  const code = character.codePointAt(0) ?? 0;
  const byte = byteOfUnit(code);
  if (byte !== undefined) return `\\x${hex(byte, 2)}`;
  return escaped(isSurrogate(code) ? 0xfffd : code, '"', isAsciiOnly);
}

/** Replaces what matches; a run's pays for it. */
export type Replace = (text: string, special: RegExp, replacement: (match: string) => string) => string;

/** A text in double quotes with Go's escapes. */
export function quoted(text: string, isAsciiOnly: boolean, replace: Replace): string {
  const inside = replace(text, isAsciiOnly ? ESCAPED_ASCII : ESCAPED, (character) => escapedInText(character, isAsciiOnly));
  return `"${inside}"`;
}

const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/** A character in single quotes with Go's escapes; what is no character is U+FFFD. */
export function quotedRune(code: number, isAsciiOnly = false): string {
  const valid = code >= 0 && code <= 0x10ffff && !isSurrogate(code) ? code : 0xfffd;
  return `'${escaped(valid, "'", isAsciiOnly)}'`;
}

/** Whether a text can stand in back quotes unchanged. */
export const canBackquote = (text: string): boolean => !NOT_IN_BACKQUOTES.test(text);

const NOT_IN_BACKQUOTES = /[^\P{Cc}\t\u0080-\u009f]|[`\ufeff\udc80-\udcff]/u;

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** One character of a literal: its text (or stray byte), its number, and where the next one begins. */
interface Unquoted {
  readonly text: string;
  readonly code: number;
  readonly next: number;
}

/** Reads the character at `at` of a literal in `quote`s; undefined when Go has no such escape. */
export function unquoteChar(literal: string, at: number, quote: string): Unquoted | undefined {
  const first = literal.codePointAt(at);
  if (first === undefined || literal[at] === quote || first === 10) return undefined;
  const text = String.fromCodePoint(first);
  if (text !== "\\") return { text, code: first, next: at + text.length };
  const letter = literal[at + 1] ?? "";
  if (letter === quote) return { text: quote, code: quote.charCodeAt(0), next: at + 2 };
  const simple = SIMPLE[letter];
  if (simple !== undefined && Object.hasOwn(SIMPLE, letter)) return { text: simple, code: simple.charCodeAt(0), next: at + 2 };
  const digits = { x: 2, u: 4, U: 8 }[letter];
  const numeral = digits === undefined ? literal.slice(at + 1, at + 4) : literal.slice(at + 2, at + 2 + digits);
  const isWellFormed = digits === undefined ? /^[0-7]{3}$/.test(numeral) : numeral.length === digits && /^[0-9a-fA-F]+$/.test(numeral);
  if (!isWellFormed) return undefined;
  const code = Number.parseInt(numeral, digits === undefined ? 8 : 16);
  const next = at + (digits === undefined ? 4 : 2 + digits);
  if (letter === "u" || letter === "U") {
    return code > 0x10ffff || isSurrogate(code) ? undefined : { text: String.fromCodePoint(code), code, next };
  }
  if (code > 255) return undefined;
  return { text: code < 0x80 ? String.fromCharCode(code) : loneByte(code), code, next };
}

/** What a literal in double or back quotes means; undefined when Go has no such literal. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0] ?? "";
  const end = literal.length - 1;
  if (quote === "`") return literal.slice(1, end).replaceAll("\r", "");
  let text = "";
  let hasBytes = false;
  for (let at = 1; at < end; ) {
    const character = unquoteChar(literal, at, quote);
    if (character === undefined) return undefined;
    text += character.text;
    hasBytes ||= byteOfUnit(character.text.charCodeAt(0)) !== undefined;
    at = character.next;
  }
  return hasBytes ? textOf(bytesOf(text)) : text; // "\xc3\xa9" is é
}
