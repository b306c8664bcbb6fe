import { expect } from "chai";
import { fakeClock } from "../plugins/sdk/testing/fakeClock.ts";
import { Presence } from "./presence.ts";
import { Slots } from "./slots.ts";
import { startTaskClock } from "./taskClock.ts";

describe("slots and presence (B65)", () => {
  const setUp = (size: number) => {
    const clock = fakeClock();
    const slots = new Slots(size);
    const ended = new AbortController();
    let timedOut = false;
    const enter = () => {
      expect(slots.tryTake()).to.equal(true);
      return new Presence(
        slots,
        startTaskClock(1_000, clock, () => (timedOut = true)),
        ended.signal,
      );
    };
    return { clock, slots, enter, ended, timedOut: () => timedOut };
  };

  it("gives its slot away while it waits, and takes one again", async () => {
    const { clock, slots, enter } = setUp(1);
    const presence = enter();
    const waiting = presence.idle(() => clock.sleep(10));
    expect(slots.free()).to.equal(1);
    await clock.advance(10);
    await waiting;
    expect(slots.free()).to.equal(0);
    presence.end();
    expect(slots.free()).to.equal(1);
  });

  it("comes back before a new task may begin", async () => {
    const { clock, slots, enter } = setUp(1);
    const first = enter();
    let isBack = false;
    const waiting = first.idle(() => clock.sleep(10)).then(() => (isBack = true));
    const second = enter();
    await clock.advance(20);
    expect(isBack).to.equal(false);
    expect(slots.tryTake()).to.equal(false);
    second.end();
    await waiting;
    expect(slots.free()).to.equal(0);
  });

  it("stops its clock while it waits, and for the slot too", async () => {
    const { clock, enter, timedOut } = setUp(1);
    const presence = enter();
    await clock.advance(600);
    const waiting = presence.idle(() => clock.sleep(5_000));
    await clock.advance(5_000);
    await waiting;
    expect(timedOut()).to.equal(false);
    await clock.advance(399);
    expect(timedOut()).to.equal(false);
    await clock.advance(1);
    expect(timedOut()).to.equal(true);
  });

  it("keeps the slot while one strand of several still works", async () => {
    const { clock, slots, enter } = setUp(1);
    const presence = enter();
    const forked = presence.fork([() => clock.sleep(100), () => presence.idle(() => clock.sleep(300))]);
    await clock.advance(50);
    expect(slots.free()).to.equal(0);
    await clock.advance(100);
    expect(slots.free()).to.equal(1);
    await clock.advance(200);
    await forked;
    expect(slots.free()).to.equal(0);
  });

  it("leaks no slot when it is aborted while it waits for one", async () => {
    const { clock, slots, enter, ended } = setUp(1);
    const presence = enter();
    const waiting = presence.idle(() => clock.sleep(10)).catch(() => "aborted");
    const second = enter();
    await clock.advance(10);
    ended.abort(new Error("over"));
    expect(await waiting).to.equal("aborted");
    presence.end();
    second.end();
    expect(slots.free()).to.equal(1);
  });
});
