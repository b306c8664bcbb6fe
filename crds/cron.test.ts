import { expect } from "chai";
import fc from "fast-check";
import { cronProblem, nextFireMs, timeZoneProblem } from "./cron.ts";

describe("cron (B16)", () => {
  const good = [
    "0 9 * * 1-5",
    "*/5 * * * *",
    "0 0 29 2 *",
    "0 0 * JAN,jul SUN",
    "0 0 30 2 1",
    "0  9\t* * 7",
    "5-59/15 0-23/2 1,15 * *",
    "0 0 * * 5-7",
  ];
  for (const text of good) it(`takes ${text}`, () => expect(cronProblem(text)).to.equal(undefined));

  const bad = [
    ...[
      "",
      "* * * *",
      "* * * * * *",
      "0 0 1 1 * 2030",
      "@reboot",
      "@daily",
      "@every 5m",
      "*/0 * * * *",
      "61 * * * *",
      "* 24 * * *",
      "* * 0 * *",
    ],
    ...["* * 32 * *", "* * * 13 *", "* * * * 8", "10-5 * * * *", "5/15 * * * *", "0 0 L * *", "0 0 ? * *", "0 0 * * 1#2", "0 0 15W * *"],
    ...[
      "-1 * * * *",
      "1.5 * * * *",
      "a * * * *",
      "* * * FOO *",
      "1,,2 * * * *",
      ", * * * *",
      "*/70 * * * *",
      "0 0 * * SUN-",
      "*-5 * * * *",
    ],
    ...["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30,31 FEB *", "0 0 31 4 */1"],
  ];
  for (const text of bad) it(`refuses ${JSON.stringify(text)}`, () => expect(cronProblem(text)).to.be.a("string"));

  it("says where the fault is", () => {
    expect(cronProblem("61 * * * *")).to.equal('minute "61": only 0 to 59');
    expect(cronProblem("5/15 * * * *")).to.contain("5-59/15");
  });

  it("takes the zones of the data base and no others", () => {
    for (const zone of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
      expect(timeZoneProblem(zone)).to.equal(undefined);
    for (const zone of ["Mars/Phobos", "Local", "+02:00", "", "Europe/Berlin ", "../etc/passwd", "TZ=UTC"]) {
      expect(timeZoneProblem(zone), zone).to.be.a("string");
    }
  });

  it("finds the next time in the zone", () => {
    const at = (cron: string, zone: string, after: string) => new Date(nextFireMs(cron, zone, Date.parse(after)) ?? 0).toISOString();
    expect(at("0 9 * * 1-5", "UTC", "2026-01-02T09:00:00Z")).to.equal("2026-01-05T09:00:00.000Z");
    expect(at("0 9 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z")).to.equal("2026-07-01T07:00:00.000Z");
    expect(at("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z")).to.equal("2028-02-29T00:00:00.000Z");
    expect(at("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).to.equal("2026-03-29T01:00:00.000Z");
    expect(at("0 0 1 * 0-6", "UTC", "2026-01-01T12:00:00Z"), "every weekday is no restriction").to.equal("2026-02-01T00:00:00.000Z");
    expect(at("0 0 1 * 0", "UTC", "2026-01-01T12:00:00Z"), "either day may match").to.equal("2026-01-04T00:00:00.000Z");
    expect(() => nextFireMs("@daily", "UTC", 0)).to.throw(RangeError);
  });

  it("every schedule that is taken fires at some time", () => {
    const field = (min: number, max: number) =>
      fc.oneof(
        fc.constant("*"),
        fc.integer({ min: 1, max }).map((step) => `*/${step}`),
        fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc.array(fc.integer({ min, max }), { minLength: 1, maxLength: 3 }).map((list) => list.join(",")),
      );
    const lines = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map((parts) => parts.join(" "));
    fc.assert(
      fc.property(lines, (line) => {
        const refused = cronProblem(line) !== undefined;
        if (!refused) expect(nextFireMs(line, "UTC", 0)).to.be.a("number");
      }),
      { numRuns: 300 },
    );
  });
});
