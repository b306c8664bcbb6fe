// What tokens cost. Prices change; the table is a value that may be replaced (B86), and a model that it does not know has no cost
// rather than a wrong one. Money is exact: integers of 10^-12 USD, a decimal string outside.
import type { Usage } from "../plugins/sdk/index.ts";

/** USD per 1,000,000 tokens, as decimal strings. `cachedInput` absent: as `input`. */
export interface Price {
  readonly input: string;
  readonly output: string;
  readonly cachedInput?: string;
}

/** Prices by model id; `*` at the end stands for any rest. The longest pattern that fits wins. */
export type PriceTable = Readonly<Record<string, Price>>;

/** List prices of the vendors as of 2026-10, for models of general use; others are added by whoever uses them. */
export const BUILT_IN_PRICES: PriceTable = {
  mock: { input: "0", output: "0" },
  "mock-*": { input: "0", output: "0" },
  "claude-opus-4*": { input: "5", output: "25", cachedInput: "0.5" },
  "claude-opus-4-0*": { input: "15", output: "75", cachedInput: "1.5" },
  "claude-opus-4-1*": { input: "15", output: "75", cachedInput: "1.5" },
  "claude-opus-4-20250514": { input: "15", output: "75", cachedInput: "1.5" },
  "claude-sonnet-4*": { input: "3", output: "15", cachedInput: "0.3" },
  "claude-haiku-4*": { input: "1", output: "5", cachedInput: "0.1" },
  "claude-3-7-sonnet*": { input: "3", output: "15", cachedInput: "0.3" },
  "claude-3-5-sonnet*": { input: "3", output: "15", cachedInput: "0.3" },
  "claude-3-5-haiku*": { input: "0.8", output: "4", cachedInput: "0.08" },
  "claude-3-haiku*": { input: "0.25", output: "1.25", cachedInput: "0.03" },
  "gpt-5*": { input: "1.25", output: "10", cachedInput: "0.125" },
  "gpt-5-mini*": { input: "0.25", output: "2", cachedInput: "0.025" },
  "gpt-5-nano*": { input: "0.05", output: "0.4", cachedInput: "0.005" },
  "gpt-4.1*": { input: "2", output: "8", cachedInput: "0.5" },
  "gpt-4.1-mini*": { input: "0.4", output: "1.6", cachedInput: "0.1" },
  "gpt-4.1-nano*": { input: "0.1", output: "0.4", cachedInput: "0.025" },
  "gpt-4o*": { input: "2.5", output: "10", cachedInput: "1.25" },
  "gpt-4o-mini*": { input: "0.15", output: "0.6", cachedInput: "0.075" },
  "o3*": { input: "2", output: "8", cachedInput: "0.5" },
  "o3-mini*": { input: "1.1", output: "4.4", cachedInput: "0.55" },
  "o4-mini*": { input: "1.1", output: "4.4", cachedInput: "0.275" },
  "gemini-2.5-pro*": { input: "1.25", output: "10", cachedInput: "0.125" },
  "gemini-2.5-flash*": { input: "0.3", output: "2.5", cachedInput: "0.03" },
  "gemini-2.5-flash-lite*": { input: "0.1", output: "0.4", cachedInput: "0.01" },
  "gemini-2.0-flash*": { input: "0.1", output: "0.4", cachedInput: "0.025" },
};

/** Digits behind the point that are kept: a price of six digits per 10^6 tokens is exact. */
const SCALE = 12;
const DECIMAL = /^(\d{1,9})(?:\.(\d{1,6}))?$/;

/** The price of a model, or undefined when the table does not know it. */
export function priceOf(model: string, table: PriceTable): Price | undefined {
  if (Object.hasOwn(table, model)) return table[model];
  let best: string | undefined;
  for (const pattern of Object.keys(table)) {
    if (!pattern.endsWith("*") || !model.startsWith(pattern.slice(0, -1))) continue;
    if (best === undefined || pattern.length > best.length) best = pattern;
  }
  return best === undefined ? undefined : table[best];
}

/**
 * What so many tokens cost, as a decimal string of USD without trailing zeros ("0.0125", "0"). Cached input is part of the input.
 * Undefined when the model has no price, or the price is no decimal number of at most six places.
 */
export function costOf(usage: Usage, model: string, table: PriceTable): string | undefined {
  const price = priceOf(model, table);
  if (price === undefined) return undefined;
  const [input, output, cached] = [parts(price.input), parts(price.output), parts(price.cachedInput ?? price.input)];
  if (input === undefined || output === undefined || cached === undefined) return undefined;
  const cachedTokens = BigInt(Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens));
  const sum = (BigInt(usage.inputTokens) - cachedTokens) * input + cachedTokens * cached + BigInt(usage.outputTokens) * output;
  return decimalOf(sum);
}

/** The sum of two costs. A side that is unknown leaves the other; both unknown is unknown. */
export function addCost(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return decimalOf(scaled(a) + scaled(b));
}

/** A decimal number as millionths: USD per 10^6 tokens, so per token it counts 10^-12. */
function parts(decimal: string): bigint | undefined {
  const match = DECIMAL.exec(decimal);
  if (match === null) return undefined;
  return BigInt(match[1] ?? "0") * 1_000_000n + BigInt((match[2] ?? "").padEnd(6, "0"));
}

/** A decimal string of our own making as an integer of 10^-12. */
function scaled(decimal: string): bigint {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return BigInt(whole) * 10n ** BigInt(SCALE) + BigInt(fraction.slice(0, SCALE).padEnd(SCALE, "0"));
}

function decimalOf(value: bigint): string {
  const digits = value.toString().padStart(SCALE + 1, "0");
  const fraction = digits.slice(-SCALE).replace(/0+$/, "");
  const whole = digits.slice(0, -SCALE);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
