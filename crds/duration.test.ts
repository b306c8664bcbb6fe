import { expect } from "chai";
import fc from "fast-check";
import { durationHint, formatGoDuration, parseGoDuration } from "./duration.ts";

describe("parseGoDuration (B16)", () => {
  const cases: Record<string, number | undefined> = {
    "168h": 604_800_000,
    "90m": 5_400_000,
    "1h30m": 5_400_000,
    "1.5h": 5_400_000,
    "250ms": 250,
    "0": 0,
    "+0": 0,
    "0s": 0,
    "+1s": 1_000,
    ".5s": 500,
    "1.s": 1_000,
    "1us": 0.001,
    "1µs": 0.001,
    "1μs": 0.001,
    "5ns": 0.000005,
    "1m1m": 120_000,
    "999999h": 3_599_996_400_000,
    "2562047h47m": 9_223_372_020_000,
    "": undefined,
    " 1s": undefined,
    "1s ": undefined,
    "1": undefined,
    "+": undefined,
    "-": undefined,
    ".s": undefined,
    s: undefined,
    "7d": undefined,
    "1w": undefined,
    "-1s": undefined,
    "1h-5m": undefined,
    "1 h": undefined,
    "1H": undefined,
    "1e3s": undefined,
    "2562048h": undefined,
    "9999999999999h": undefined,
    "٣s": undefined,
    "0x1s": undefined,
  };
  for (const [text, want] of Object.entries(cases)) {
    it(`${JSON.stringify(text)} is ${want === undefined ? "none" : `${want} ms`}`, () => expect(parseGoDuration(text)).to.equal(want));
  }

  it("gives up on very long texts at once", () => expect(parseGoDuration("1h".repeat(1_000_000))).to.equal(undefined));

  it("any text is a duration or none", () => fc.assert(fc.property(fc.string(), (text) => (parseGoDuration(text) ?? 0) >= 0)));
});

describe("durationHint", () => {
  it("counts days and weeks in hours", () => {
    expect(durationHint("7d")).to.contain('"168h"');
    expect(durationHint("2 weeks")).to.contain('"336h"');
  });
  it("says that a sign or a missing unit is the matter", () => {
    expect(durationHint("-1s")).to.contain("negative");
    expect(durationHint("30")).to.contain('"30s"');
    expect(durationHint("soon")).to.contain('"168h"');
  });
});

describe("formatGoDuration", () => {
  const cases: Record<string, number> = {
    "0s": 0,
    "250ms": 250,
    "1.5s": 1_500,
    "1h30m": 5_400_000,
    "168h": 604_800_000,
    "1h0.001s": 3_600_001,
    "-2m": -120_000,
  };
  for (const [want, ms] of Object.entries(cases)) it(`${ms} ms are ${want}`, () => expect(formatGoDuration(ms)).to.equal(want));

  it("is read back as the same number", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 9_223_372_000_000 }), (ms) => parseGoDuration(formatGoDuration(ms)) === ms));
  });
});
