import { expect } from "chai";
import { fakeClock } from "../sdk/testing/fakeClock.ts";
import { StallWatch } from "./stallWatch.ts";

describe("whether a process stood still", () => {
  /** A clock whose timers come `lateMs` late once. */
  const watched = () => {
    const clock = fakeClock();
    let aheadMs = 0;
    const watch = new StallWatch({ ...clock, monotonic: () => clock.monotonic() + aheadMs });
    return { clock, watch, stall: (ms: number) => void (aheadMs += ms) };
  };
  it("is no while its timers come in time", async () => {
    const { clock, watch } = watched();
    await clock.advance(10_000);
    expect(watch.stoodStill(500)).to.equal(false);
  });
  it("is yes from the stall on, before any timer has noticed it", () => {
    const { watch, stall } = watched();
    stall(2_000);
    expect(watch.stoodStill(500)).to.equal(true);
  });
  it("is yes for a moment after, and then no", async () => {
    const { clock, watch, stall } = watched();
    stall(2_000);
    await clock.advance(200);
    expect(watch.stoodStill(500)).to.equal(true);
    await clock.advance(2_000);
    expect(watch.stoodStill(500)).to.equal(false);
  });
});
