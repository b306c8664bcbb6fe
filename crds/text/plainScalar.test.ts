import { expect } from "chai";
import { type PlainValue, plainScalar } from "./plainScalar.ts";

// What `kubectl annotate --local -f - -o json` of kubectl 1.32 makes of `v: <text>`.
const AS_KUBECTL: Readonly<Record<string, PlainValue>> = {
  y: true,
  Y: true,
  yes: true,
  on: true,
  True: true,
  n: false,
  NO: false,
  off: false,
  FALSE: false,
  "": null,
  "~": null,
  Null: null,
  yEs: "yEs",
  nil: "nil",
  none: "none",
  "0": 0,
  "-0": 0,
  "+1": 1,
  "017": 15,
  "-017": -15,
  "0o17": 15,
  "0O17": 15,
  "0x1F": 31,
  "0X1f": 31,
  "+0x10": 16,
  "0b11": 3,
  "0B11": 3,
  "-0b11": -3,
  "+0b1": 1,
  "08": 8,
  "1_000": 1000,
  "1__0": 10,
  "1_": 1,
  "-_1": -1,
  "0x_1F": 31,
  "0_7": 7,
  _1: "_1",
  "1e3": 1000,
  "1.": 1,
  "1.0": 1,
  "1.e2": 100,
  ".5": 0.5,
  "-.5": -0.5,
  "+.5": 0.5,
  ".5_0": 0.5,
  "1_0.5": 10.5,
  "99999999999999999999999": 1e23,
  "0777777777777777777777777": 7.777777777777778e23,
  "1:30": "1:30",
  "2020-01-01": "2020-01-01",
  "2020-1-1": "2020-1-1",
  "2020-01-01T00:00:00Z": "2020-01-01T00:00:00Z",
  "0x1p4": "0x1p4",
  "0x": "0x",
  "0b": "0b",
  "0b12": "0b12",
  "0o8": "0o8",
  "1e": "1e",
  ".e3": ".e3",
  ".": ".",
  "+": "+",
  "._": "._",
  "._1": "._1",
  ".1.2": ".1.2",
  "1e309": "1e309",
  "0.1e400": "0.1e400",
  "=": "=",
};

describe("plainScalar", () => {
  for (const [text, want] of Object.entries(AS_KUBECTL)) {
    it(`reads ${JSON.stringify(text)} as kubectl does`, () => expect(plainScalar(text)).to.equal(want));
  }

  it("says .nan and .inf, which the caller has to refuse", () => {
    expect(Number.isNaN(plainScalar(".NaN"))).to.equal(true);
    expect(plainScalar("+.inf")).to.equal(Number.POSITIVE_INFINITY);
    expect(plainScalar("-.Inf")).to.equal(Number.NEGATIVE_INFINITY);
  });

  it("does not take a very long row of digits for a number", () => expect(plainScalar("1".repeat(1_000_000))).to.be.a("string"));
});
