/**
 * Go's text for a float64 (`strconv.FormatFloat`). JavaScript finds the same shortest digits, but rounds ties up where Go rounds
 * them to even, and stops at 100 digits: whatever may be a tie is rounded here, from the exact decimal value.
 */

export type FloatVerb = "b" | "e" | "E" | "f" | "g" | "G" | "x" | "X";

/** A positive number in decimal: 0.DIGITS × 10^point. Zero has no digits. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/**
 * The text of a float64 with a precision, or with as many digits as tell it apart (-1). Cost: O(precision); the caller bounds it.
 * @see Go: strconv/ftoa.go
 */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign === "" ? "+Inf" : "-Inf";
  switch (verb) {
    case "b":
      return sign + binaryText(size);
    case "x":
      return sign + hexText(size, precision);
    case "X":
      return sign + hexText(size, precision).toUpperCase();
    case "f":
      return sign + fixedText(size, precision);
    case "e":
    case "E":
      return sign + exponentText(precision < 0 ? shortest(size) : rounded(size, precision + 1), precision, verb);
    case "g":
    case "G":
      return sign + generalText(size, precision, verb === "g" ? "e" : "E");
  }
}

/** What `%v` prints: the shortest digits. */
export const floatText = (value: number): string => formatFloat(value, "g", -1);

function fixedText(size: number, precision: number): string {
  if (precision < 0) return fixed(shortest(size), Math.max(shortest(size).digits.length - shortest(size).point, 0));
  const isQuick = precision <= 20 && size < 1e15;
  // A tie ends in 5 one digit further on; everything else toFixed rounds as Go does.
  if (isQuick && !size.toFixed(precision + 1).endsWith("5")) return size.toFixed(precision);
  const exact = exactDecimal(size);
  return fixed(roundTo(exact, exact.point + precision), precision);
}

function fixed({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (precision === 0) return whole;
  const fraction = point > 0 ? digits.slice(point) : "0".repeat(Math.min(-point, precision)) + digits;
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, "0")}`;
}

function exponentText({ digits, point }: Decimal, precision: number, letter: "e" | "E"): string {
  const fractionDigits = precision < 0 ? Math.max(digits.length - 1, 0) : precision;
  const fraction = digits.slice(1, fractionDigits + 1).padEnd(fractionDigits, "0");
  const exponent = digits === "" ? 0 : point - 1;
  return `${digits[0] ?? "0"}${fraction === "" ? "" : `.${fraction}`}${letter}${signed(exponent)}`;
}

/** From 1e+06 on `%v` shows an exponent; JavaScript does from 1e21. */
const SHORTEST_THRESHOLD = 6;

function generalText(size: number, precision: number, letter: "e" | "E"): string {
  const isShortest = precision < 0;
  const significant = precision === 0 ? 1 : precision;
  const decimal = isShortest ? shortest(size) : rounded(size, significant);
  const { length } = decimal.digits;
  // An exponent is shown below -4 and from the precision on.
  const threshold = isShortest ? SHORTEST_THRESHOLD : significant > length && length >= decimal.point ? length : significant;
  const exponent = decimal.point - 1;
  if (length > 0 && (exponent < -4 || exponent >= threshold)) {
    return exponentText(decimal, Math.min(isShortest ? length - 1 : significant - 1, length - 1), letter);
  }
  return fixed(decimal, Math.max(length - decimal.point, 0));
}

const signed = (exponent: number): string => `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;

/** The fewest digits that stand for this number and no other. */
function shortest(size: number): Decimal {
  if (size === 0) return { digits: "", point: 0 };
  const [mantissa = "", exponent = "0"] = size.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** Exactly `count` significant digits, less the zeros at the end. */
function rounded(size: number, count: number): Decimal {
  if (size === 0) return { digits: "", point: 0 };
  if (count <= 20) {
    const [mantissa = "", exponent = "0"] = size.toExponential(count - 1).split("e");
    if (!size.toExponential(count).split("e")[0]?.endsWith("5")) return trimmed(mantissa.replace(".", ""), Number(exponent) + 1);
  }
  return roundTo(exactDecimal(size), count);
}

const trimmed = (digits: string, point: number): Decimal => ({ digits: digits.replace(/0+$/, ""), point });

/** Keeps `count` digits; a tie goes to the even digit. */
function roundTo({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: "", point: 0 };
  const kept = digits.slice(0, count);
  const next = digits.charCodeAt(count) - 48;
  const isTie = next === 5 && count + 1 === digits.length;
  const isUp = isTie ? count > 0 && digits.charCodeAt(count - 1) % 2 === 1 : next >= 5;
  if (!isUp) return trimmed(kept, point);
  const raised = (BigInt(`0${kept}`) + 1n).toString();
  return trimmed(raised.padStart(count, "0"), raised.length > count ? point + 1 : point);
}

/** Mantissa and exponent of a positive float64: mantissa × 2^exponent. */
function parts(size: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, size);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

/** All digits of a float64, of which there are at most 767. */
function exactDecimal(size: number): Decimal {
  if (size === 0) return { digits: "", point: 0 };
  const { mantissa, exponent } = parts(size);
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return trimmed(digits, digits.length);
  }
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trimmed(digits, digits.length + exponent);
}

function binaryText(size: number): string {
  const { mantissa, exponent } = parts(size);
  return `${mantissa}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

function hexText(size: number, precision: number): string {
  const top = 1n << 60n;
  let { mantissa, exponent } = parts(size);
  exponent = mantissa === 0n ? 0 : exponent + 52;
  mantissa <<= 8n; // the leading 1 stands at bit 60
  while (mantissa !== 0n && (mantissa & top) === 0n) {
    mantissa <<= 1n;
    exponent -= 1;
  }
  if (precision >= 0 && precision < 15) {
    const shift = BigInt(precision * 4);
    const extra = (mantissa << shift) & (top - 1n);
    mantissa >>= 60n - shift;
    if ((extra | (mantissa & 1n)) > top >> 1n) mantissa += 1n;
    mantissa <<= 60n - shift;
    if ((mantissa & (top << 1n)) !== 0n) {
      mantissa >>= 1n;
      exponent += 1;
    }
  }
  const fraction = (mantissa & (top - 1n)).toString(16).padStart(15, "0");
  const shown = precision < 0 ? fraction.replace(/0+$/, "") : fraction.slice(0, precision).padEnd(precision, "0");
  return `0x${mantissa >> 60n}${shown === "" ? "" : `.${shown}`}p${signed(exponent)}`;
}
