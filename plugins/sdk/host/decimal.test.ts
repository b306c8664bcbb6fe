import { expect } from "chai";
import fc from "fast-check";
import { addDecimals } from "./decimal.ts";

describe("addDecimals", () => {
  const cases: Record<string, { a: string | undefined; b: string | undefined; want: string | undefined }> = {
    "a tenth and two tenths are three": { a: "0.1", b: "0.2", want: "0.3" },
    "scales may differ": { a: "1.5", b: "0.000123", want: "1.500123" },
    "zeros at the end go": { a: "0.5", b: "0.5", want: "1" },
    "unknown and known is known": { a: undefined, b: "0.2", want: "0.2" },
    "unknown twice stays unknown": { a: undefined, b: undefined, want: undefined },
    "what is no amount counts as nothing": { a: "1e9", b: "2", want: "2" },
  };
  for (const [sentence, { a, b, want }] of Object.entries(cases)) {
    it(sentence, () => {
      expect(addDecimals(a, b)).to.equal(want);
    });
  }

  it("order does not matter, and millionths add up exactly", () => {
    const amount = fc.nat({ max: 1e12 }).map((n) => `${Math.floor(n / 1e6)}.${String(n % 1e6).padStart(6, "0")}`);
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        expect(addDecimals(a, b)).to.equal(addDecimals(b, a));
        const micros = (text: string): number => Math.round(Number(text) * 1e6);
        expect(micros(addDecimals(a, b) ?? "")).to.equal(micros(a) + micros(b));
      }),
    );
  });
});
