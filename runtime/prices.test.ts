import { expect } from "chai";
import fc from "fast-check";
import { addCost, BUILT_IN_PRICES, costOf, type PriceTable, priceOf } from "./prices.ts";

const usage = (inputTokens: number, outputTokens: number, cachedInputTokens = 0) => ({
  inputTokens,
  outputTokens,
  totalTokens: inputTokens + outputTokens,
  cachedInputTokens,
});

describe("prices", () => {
  const table: PriceTable = {
    "m-*": { input: "1", output: "2" },
    "m-big-*": { input: "10", output: "20", cachedInput: "1" },
    "m-big-1": { input: "0.123456", output: "0" },
    odd: { input: "a lot", output: "1" },
  };
  const costs: Record<string, { model: string; usage: ReturnType<typeof usage>; want: string | undefined }> = {
    "a price is per million tokens": { model: "m-small", usage: usage(1_000_000, 500_000), want: "2" },
    "one token is not rounded away": { model: "m-small", usage: usage(1, 0), want: "0.000001" },
    "the longest pattern wins": { model: "m-big-2", usage: usage(1_000, 1_000), want: "0.03" },
    "a whole name wins over patterns": { model: "m-big-1", usage: usage(1, 0), want: "0.000000123456" },
    "cached input is cheaper, and part of the input": { model: "m-big-2", usage: usage(1_000_000, 0, 500_000), want: "5.5" },
    "more cached than input is the input": { model: "m-big-2", usage: usage(1_000_000, 0, 9_000_000), want: "1" },
    "nothing costs nothing": { model: "m-small", usage: usage(0, 0), want: "0" },
    "an unknown model has no cost": { model: "gpt", usage: usage(1, 1), want: undefined },
    "a name of every object is no model": { model: "constructor", usage: usage(1, 1), want: undefined },
    "a price that is no number is none": { model: "odd", usage: usage(1, 1), want: undefined },
  };
  for (const [sentence, { model, usage: used, want }] of Object.entries(costs)) {
    it(sentence, () => expect(costOf(used, model, table)).to.equal(want));
  }

  it("adds exactly, and keeps what is known", () => {
    expect(addCost("0.1", "0.2")).to.equal("0.3");
    expect(addCost(undefined, "0.2")).to.equal("0.2");
    expect(addCost("1", undefined)).to.equal("1");
    expect(addCost(undefined, undefined)).to.equal(undefined);
  });

  it("costs the same in one piece as in many", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.nat(100_000)), { minLength: 1 }), (calls) => {
        const parts = calls.map(([i, o]) => costOf(usage(i, o), "m-big-1", table)).reduce(addCost);
        const [input, output] = calls.reduce(([a, b], [i, o]) => [a + i, b + o], [0, 0]);
        expect(parts).to.equal(costOf(usage(input, output), "m-big-1", table));
      }),
    );
  });

  it("has a price for the vendors' models and for the mock", () => {
    for (const model of ["claude-sonnet-4-20250514", "gpt-4o-mini-2024-07-18", "gemini-2.5-flash", "mock"]) {
      expect(priceOf(model, BUILT_IN_PRICES), model).not.to.equal(undefined);
    }
    expect(priceOf("gpt-4o-mini", BUILT_IN_PRICES)?.input).to.equal("0.15");
  });
});
