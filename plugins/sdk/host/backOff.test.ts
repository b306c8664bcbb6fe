import { expect } from "chai";
import fc from "fast-check";
import { errorDelayMs, MAX_RETRY_AFTER_MS, throttleDelayMs } from "./backOff.ts";

const LOW = (): number => 0;
const HIGH = (): number => 1 - Number.EPSILON;

describe("backOff (RELIABILITY §1.6)", () => {
  const cases: Record<string, { got: (random: () => number) => number; want: [number, number] }> = {
    "the first error waits half a second to a second": { got: (random) => errorDelayMs(1, random), want: [500, 1_000] },
    "the third error waits two to four": { got: (random) => errorDelayMs(3, random), want: [2_000, 4_000] },
    "errors never wait more than a minute": { got: (random) => errorDelayMs(1_000, random), want: [30_000, 60_000] },
    "the first throttling waits one to two seconds": { got: (random) => throttleDelayMs(1, undefined, random), want: [1_000, 2_000] },
    "throttling never waits more than a minute by itself": {
      got: (random) => throttleDelayMs(99, undefined, random),
      want: [30_000, 60_000],
    },
    "a vendor's wish is kept, with up to a tenth more": { got: (random) => throttleDelayMs(1, 7_000, random), want: [7_000, 7_700] },
    "a vendor may ask for ten minutes": { got: (random) => throttleDelayMs(1, 9e9, random), want: [MAX_RETRY_AFTER_MS, 660_000] },
    "a vendor may ask for nothing": { got: (random) => throttleDelayMs(1, 0, random), want: [0, 0] },
    "a wish that is no time is none": { got: (random) => throttleDelayMs(1, Number.NaN, random), want: [1_000, 2_000] },
  };
  for (const [sentence, { got, want }] of Object.entries(cases)) {
    it(sentence, () => {
      expect([got(LOW), got(HIGH)]).to.deep.equal(want);
    });
  }

  it("whatever the count and the chance, a delay is a whole number within its bounds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, chance) => {
        const delayMs = errorDelayMs(n, () => chance);
        expect(Number.isInteger(delayMs) && delayMs >= 500 && delayMs <= 60_000).to.equal(true);
      }),
    );
  });
});
