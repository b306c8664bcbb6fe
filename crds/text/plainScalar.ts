// What a plain (unquoted) scalar means. kubectl and the API server read manifests with go-yaml v2, which is YAML 1.1 with a few exceptions
// of its own; a file has to mean the same to us. Hence: `yes`, `on`, `y` are true; `0o17`, `017`, `0x1F`, `0b11` and `1_000` are integers;
// `1:30`, `2020-01-01` and a number too large for a float64 stay text. Checked against kubectl by the table of plainScalar.test.ts.

/** What {@link plainScalar} may find; a number is finite unless it was written as `.inf` or `.nan`, which JSON cannot hold. */
export type PlainValue = string | number | boolean | null;

const WORDS: ReadonlyMap<string, PlainValue> = new Map<string, PlainValue>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

/** Longest text that is taken for a number: 64 binary digits, a sign, a prefix and some underscores. */
const MAX_NUMBER_CHARS = 128;

const MAX_UINT64 = 2 ** 64 - 1;

/** The value of a plain scalar. Integers beyond ±2⁵³ lose digits, as they do in JSON that JavaScript reads. */
export function plainScalar(text: string): PlainValue {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text) || text.length > MAX_NUMBER_CHARS) return text;
  if (text.startsWith(".")) return floatOf(text, /^\.\d+(_\d+)*([eE][-+]?\d+)?$/) ?? text;
  const plain = text.replaceAll("_", "");
  return integerOf(plain) ?? floatOf(plain, /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/) ?? text;
}

/** `12`, `017` and `0o17`, `0x1F`, `0b11`, each with a sign or without. `08` is no octal number, but it is a float. */
function integerOf(text: string): number | undefined {
  const match = /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9]\d*|0))$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const digits = hex ? `0x${hex}` : binary ? `0b${binary}` : octal ? `0o${octal}` : (decimal ?? "");
  const value = Number(digits);
  if (octal && value > MAX_UINT64 && !/^[-+]?0[oO]/.test(text)) return undefined; // beyond 64 bits go-yaml takes the zero for a decimal's
  return sign === "-" && value !== 0 ? -value : value;
}

function floatOf(text: string, form: RegExp): number | undefined {
  if (!form.test(text)) return undefined;
  const value = Number(text.replaceAll("_", ""));
  return Number.isFinite(value) ? value : undefined;
}
