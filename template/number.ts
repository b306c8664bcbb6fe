/** What a number in a template means (Go: parse/node.go, newNumber). Its spelling decides between int and float64. */

import type { Literal } from "./ast.ts";
import { unquoteChar } from "./goQuote.ts";
import { floatValue, GoFloat, GoInteger, intValue } from "./values.ts";

const INTEGER =
  /^([+-]?)(0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB]_?[01]+(?:_[01]+)*|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9][0-9]*(?:_[0-9]+)*)$/;
const DECIMAL = /^[+-]?(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]_?([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)?(?:\.([0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)?)?[pP]([+-]?[0-9]+)$/;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** More characters than any 64-bit integer needs, underscores included; beyond, it overflows. */
const MAX_INTEGER_CHARS = 200;
const UINT64_MAX = 2n ** 64n - 1n;

/** A number, or what is wrong with it, as text. */
export function numberLiteral(text: string): Literal | string {
  if (text.endsWith("i") && !/^[+-]?0[xX]/.test(text)) return `complex numbers cannot be used: "${text}"`;
  const integer = integerOf(text);
  if (integer !== undefined && integer >= INT64_MIN && integer <= INT64_MAX) return literal(text, integerValue(integer), Number(integer));
  if (integer !== undefined && integer > 0n && integer <= UINT64_MAX && !text.startsWith("+")) {
    return { type: "number", value: null, integer: undefined, overflows: true, text };
  }
  const float = floatOf(text);
  if (float === undefined || !Number.isFinite(float)) return `illegal number syntax: "${text}"`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: "${text}"`;
  return literal(text, float === 0 || Number.isInteger(float) ? new GoFloat(float) : floatValue(float), float);
}

/** The number of a character in single quotes, or what is wrong with it. */
export function characterLiteral(text: string): Literal | string {
  const character = unquoteChar(text, 1, "'");
  if (character === undefined) return `invalid character constant: ${text}`;
  if (character.next !== text.length - 1) return `malformed character constant: ${text}; texts stand in double quotes`;
  return literal(text, intValue(character.code), character.code);
}

const literal = (text: string, value: unknown, n: number): Literal => ({
  type: "number",
  value,
  integer: Number.isInteger(n) ? n : undefined,
  overflows: false,
  text,
});

const integerValue = (n: bigint): GoInteger => (n >= 0n && n < 256n ? intValue(Number(n)) : new GoInteger("int", n));

/** The whole number that a text spells as Go does, with any prefix and underscores; undefined when it spells none. */
export function integerOf(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (match === null || text.length > MAX_INTEGER_CHARS) return undefined;
  const digits = (match[2] ?? "").replaceAll("_", "").toLowerCase();
  const isOctal = /^0[0-7]/.test(digits);
  const size = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  return match[1] === "-" ? -size : size;
}

/** The float that a text spells as Go does; undefined when it spells none. */
export function floatOf(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text.replaceAll("_", ""));
  const match = HEX_FLOAT.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replaceAll("_", "");
  if (digits === "") return undefined;
  const size = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * fraction.replaceAll("_", "").length);
  return sign === "-" ? -size : size;
}
