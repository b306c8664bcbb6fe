// Money as it stands in status: decimal strings. Binary fractions would make 0.1 + 0.2 a different text on every path.

const DECIMAL = /^(\d{1,30})(?:\.(\d{1,30}))?$/;

/**
 * The exact sum of two amounts in plain decimal notation, without trailing zeros after the point. An absent or ill-formed one counts
 * as nothing; both absent is `undefined`: unknown prices are not zero.
 */
export function addDecimals(a: string | undefined, b: string | undefined): string | undefined {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === undefined || right === undefined) return left === undefined ? (right === undefined ? undefined : b) : a;
  const scale = Math.max(left.fraction.length, right.fraction.length);
  const scaled = (parts: Parts): bigint => BigInt(parts.whole + parts.fraction.padEnd(scale, "0"));
  const digits = (scaled(left) + scaled(right)).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

interface Parts {
  readonly whole: string;
  readonly fraction: string;
}

function partsOf(text: string | undefined): Parts | undefined {
  const match = text === undefined ? null : DECIMAL.exec(text);
  return match === null ? undefined : { whole: match[1] ?? "0", fraction: match[2] ?? "" };
}
