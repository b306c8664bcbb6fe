// Sums of money are exact: decimal strings in, decimal strings out, whole numbers between (never floats).
const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

/** An amount as an integer of 10^-scale USD. */
export interface Amount {
  readonly units: bigint;
  readonly scale: number;
}

/** Nothing. */
export const NO_AMOUNT: Amount = { units: 0n, scale: 0 };

/** The amount of a decimal string; undefined for what is none ("", "-1", "1e3"). */
export function amountOf(decimal: string): Amount | undefined {
  const match = DECIMAL.exec(decimal);
  if (match === null) return undefined;
  const fraction = match[2] ?? "";
  return { units: BigInt((match[1] ?? "") + fraction), scale: fraction.length };
}

/** Both together, at the finer scale of the two. */
export function addAmounts(a: Amount, b: Amount): Amount {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

/** Decimal string without trailing zeros: "0.0125", "3", "0". */
export function decimalOf({ units, scale }: Amount): string {
  const digits = units.toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** The sum of two costs as decimal strings. What is absent or no decimal counts as nothing; both absent stays absent. */
export function addCosts(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return decimalOf(addAmounts(amountOf(a) ?? NO_AMOUNT, amountOf(b) ?? NO_AMOUNT));
}

function unitsAt({ units, scale }: Amount, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}
