import { expect } from "chai";
import { fakeClock } from "./fakeClock.ts";

describe("fakeClock", () => {
  it("timers fire in the order of their moments, each at its own time", async () => {
    const clock = fakeClock(1_000);
    const fired: [string, number][] = [];
    for (const [name, ms] of [
      ["c", 30],
      ["a", 10],
      ["b", 20],
      ["d", 10],
    ] as const)
      clock.after(ms, () => fired.push([name, clock.monotonic()]));
    await clock.advance(25);
    expect(fired).to.deep.equal([
      ["a", 10],
      ["d", 10],
      ["b", 20],
    ]);
    expect([clock.now(), clock.monotonic(), clock.pending()]).to.deep.equal([1_025, 25, 1]);
  });

  it("what a timer starts is done before the next one, also when it begins another", async () => {
    const clock = fakeClock();
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        seen.push(clock.monotonic());
      }
    };
    const done = loop();
    await clock.advance(100);
    await done;
    expect(seen).to.deep.equal([10, 20, 30]);
  });

  it("an aborted sleep rejects with the reason and leaves nothing", async () => {
    const clock = fakeClock();
    const abort = new AbortController();
    const reason = new Error("stop");
    const slept = clock.sleep(10, abort.signal).catch((error: unknown) => error);
    abort.abort(reason);
    expect(await slept).to.equal(reason);
    expect(clock.pending()).to.equal(0);
  });

  it("a timer that is called off does not fire", async () => {
    const clock = fakeClock();
    let fired = false;
    clock.after(10, () => (fired = true))();
    await clock.advance(20);
    expect(fired).to.equal(false);
  });
});
