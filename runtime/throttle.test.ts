import { expect } from "chai";
import { fakeClock } from "../plugins/sdk/testing/fakeClock.ts";
import { ModelGate, throttleDelayMs } from "./throttle.ts";
import { backOffMs, DEFAULT_TIMINGS } from "./timings.ts";

describe("throttling (B72, P15)", () => {
  const delays: Record<string, { retryAfterMs: number | undefined; n: number; random: number; want: number }> = {
    "doubles, half by chance": { retryAfterMs: undefined, n: 3, random: 0, want: 4_000 },
    "at most its whole": { retryAfterMs: undefined, n: 3, random: 1, want: 8_000 },
    "at most a minute": { retryAfterMs: undefined, n: 50, random: 1, want: 60_000 },
    "honours the vendor": { retryAfterMs: 5_000, n: 1, random: 0, want: 5_000 },
    "with up to a tenth on top": { retryAfterMs: 5_000, n: 1, random: 1, want: 5_500 },
    "but for ten minutes only": { retryAfterMs: 86_400_000, n: 1, random: 0, want: 600_000 },
    "takes nonsense for silence": { retryAfterMs: Number.NaN, n: 1, random: 0, want: 1_000 },
  };
  for (const [sentence, { retryAfterMs, n, random, want }] of Object.entries(delays)) {
    it(sentence, () => expect(throttleDelayMs(retryAfterMs, n, DEFAULT_TIMINGS, () => random)).to.equal(want));
  }
  it("waits at least half a range however often", () => expect(backOffMs(1_000_000, { minMs: 1, maxMs: 10 }, () => 0)).to.equal(5));

  const signal = new AbortController().signal;
  const aGate = () => {
    const clock = fakeClock();
    return { clock, gate: new ModelGate(clock, DEFAULT_TIMINGS, () => 1) };
  };

  it("opens after five unavailable answers in a row, tries one call, and closes on its success", async () => {
    const { clock, gate } = aGate();
    for (let i = 0; i < 5; i++) gate.unavailable();
    expect(gate.closedForMs()).to.equal(5_000);
    await clock.advance(5_000);
    await gate.enter(false, signal);
    expect(gate.closedForMs()).to.be.greaterThan(0); // one trial, no more
    gate.succeeded(false);
    expect(gate.closedForMs()).to.equal(0);
  });
  it("stays open for longer when the trial fails", async () => {
    const { clock, gate } = aGate();
    for (let i = 0; i < 5; i++) gate.unavailable();
    await clock.advance(5_000);
    await gate.enter(false, signal);
    gate.unavailable();
    expect(gate.closedForMs()).to.equal(10_000);
  });
  it("does not count failures that are half a minute old", async () => {
    const { clock, gate } = aGate();
    for (let i = 0; i < 4; i++) gate.unavailable();
    await clock.advance(30_000);
    gate.unavailable();
    expect(gate.closedForMs()).to.equal(0);
  });
  it("allows few retries at first, then one each 10 s, and one for ten successes", async () => {
    const { clock, gate } = aGate();
    for (let i = 0; i < 3; i++) await gate.enter(true, signal);
    expect(gate.isOpenFor(true)).to.equal(false);
    expect(gate.isOpenFor(false)).to.equal(true);
    await clock.advance(10_000);
    expect(gate.isOpenFor(true)).to.equal(true);
    await gate.enter(true, signal);
    for (let i = 0; i < 10; i++) gate.succeeded(false);
    expect(gate.isOpenFor(true)).to.equal(true);
  });
  it("takes nothing for a retry that is answered: what was held up drains one after the other, then more at a time", async () => {
    const { gate } = aGate();
    for (let i = 0; i < 2; i++) await gate.enter(true, signal);
    for (let i = 0; i < 50; i++) {
      expect(gate.isOpenFor(true)).to.equal(true);
      await gate.enter(true, signal);
      gate.succeeded(true);
    }
    for (let i = 0; i < 6; i++) await gate.enter(true, signal); // one, and a tenth for each of the 50
    expect(gate.isOpenFor(true)).to.equal(false);
  });
  it("lets a first retry in as soon as the breaker closes", async () => {
    const { clock, gate } = aGate();
    for (let i = 0; i < 3; i++) await gate.enter(true, signal);
    for (let i = 0; i < 5; i++) gate.unavailable();
    await clock.advance(5_000);
    await gate.enter(false, signal);
    gate.succeeded(false);
    expect(gate.isOpenFor(true)).to.equal(true);
  });
});
