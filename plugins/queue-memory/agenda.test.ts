import { expect } from "chai";
import fc from "fast-check";
import { fakeClock } from "../sdk/testing/index.ts";
import { Agenda, type Appointment } from "./agenda.ts";

describe("Agenda", () => {
  it("whatever is added, moved and cancelled, what is left happens at its time, in order, and only once", async () => {
    const step = fc.record({ what: fc.constantFrom("add", "move", "cancel", "pass"), ms: fc.nat({ max: 50 }), which: fc.nat() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = fakeClock();
        const agenda = new Agenda(clock);
        const due = new Map<Appointment, number>();
        const done: number[] = [];
        for (const { what, ms, which } of steps) {
          const one = [...due.keys()][which % Math.max(1, due.size)];
          if (what === "add") {
            const made: Appointment = agenda.after(ms, () => {
              expect(clock.monotonic()).to.equal(due.get(made));
              due.delete(made);
              done.push(clock.monotonic());
            });
            due.set(made, clock.monotonic() + ms);
          } else if (what === "move" && one !== undefined) {
            agenda.move(one, ms);
            due.set(one, clock.monotonic() + ms);
          } else if (what === "cancel") {
            agenda.cancel(one);
            if (one !== undefined) due.delete(one);
          } else if (what === "pass") {
            await clock.advance(ms);
            expect([...due.values()].every((atMs) => atMs > clock.monotonic())).to.equal(true);
          }
        }
        await clock.advance(50);
        expect(due.size).to.equal(0);
        expect(done).to.deep.equal([...done].sort((a, b) => a - b));
        expect(clock.pending()).to.equal(0);
      }),
      { numRuns: 60 },
    );
  });

  it("ten thousand appointments need one timer", () => {
    const clock = fakeClock();
    const agenda = new Agenda(clock);
    const made = Array.from({ length: 10_000 }, (_, i) => agenda.after(20_000 - i, () => {}));
    for (const appointment of made) agenda.move(appointment, 15_000);
    expect(clock.pending()).to.equal(1);
    agenda.close();
    expect(clock.pending()).to.equal(0);
  });
});
