import { expect } from "chai";
import { type Claim, type Log, silentLog, type TaskQueue } from "../plugins/sdk/index.ts";
import { fakeClock } from "../plugins/sdk/testing/fakeClock.ts";
import { aTask } from "../test/builders/agentWorld.ts";
import { Leases } from "./lease.ts";
import { DEFAULT_TIMINGS } from "./timings.ts";

describe("a lease", () => {
  const claim: Claim = {
    task: aTask(),
    token: "t",
    consumer: "c",
    counters: { crashes: 0, errors: 0, throttled: 0 },
    spent: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  };
  const setUp = (extend: TaskQueue["extend"], log: Log = silentLog) => {
    const clock = fakeClock();
    let ending = "";
    const leases = new Leases({ queue: { extend }, clock, timings: DEFAULT_TIMINGS, log });
    const lease = leases.keep(claim, (error) => (ending = error.ending));
    return { clock, lease, ending: () => ending };
  };

  it("is extended each 5 s until it is stopped, and leaves no timer", async () => {
    let times = 0;
    const { clock, lease } = setUp(async () => (times++, "ok"));
    await clock.advance(20_000);
    expect(times).to.equal(4);
    lease.stop();
    await clock.advance(20_000);
    expect(times).to.equal(4);
    expect(clock.pending()).to.equal(0);
  });

  const answers = { fenced: "fenced", cancel: "cancelled", stop: "stopped" } as const;
  for (const [said, want] of Object.entries(answers)) {
    it(`ends the work when the queue says ${said}`, async () => {
      const { clock, ending, lease } = setUp(() => Promise.resolve(said as keyof typeof answers));
      await clock.advance(5_000);
      expect(ending()).to.equal(want);
      lease.stop();
    });
  }

  it("lets nothing begin while the queue does not answer, and goes on when it does (§1.5)", async () => {
    let isAway = true;
    const { clock, lease } = setUp(() => (isAway ? Promise.reject(new Error("away")) : Promise.resolve("ok")));
    const signal = new AbortController().signal;
    await lease.confirm(signal); // fresh: no question asked
    await clock.advance(11_000);
    let isConfirmed = false;
    const confirming = lease.confirm(signal).then(() => (isConfirmed = true));
    await clock.advance(3_000);
    expect(isConfirmed).to.equal(false);
    isAway = false;
    await clock.advance(2_000);
    await confirming;
    lease.stop();
  });
});
