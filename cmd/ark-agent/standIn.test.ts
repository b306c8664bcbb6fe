import { expect } from "chai";
import { isDue, MAX_STALL_LEASES } from "./standIn.ts";

describe("standing in for a busy event loop", () => {
  const timings = { leaseMs: 15_000, heartbeatMs: 5_000 };
  const never = Number.NEGATIVE_INFINITY;
  const cases: Record<string, readonly [stillMs: number, sinceBeatMs: number, want: boolean]> = {
    "not while the loop runs": [1_000, Number.POSITIVE_INFINITY, false],
    "once a heartbeat is missed": [5_000, Number.POSITIVE_INFINITY, true],
    "not twice in one heartbeat": [7_000, 2_000, false],
    "with each further heartbeat": [10_000, 5_000, true],
    "up to some leases": [MAX_STALL_LEASES * 15_000, 5_000, true],
    "not for a loop that hangs": [MAX_STALL_LEASES * 15_000 + 1, 5_000, false],
  };
  for (const [sentence, [stillMs, sinceBeatMs, want]] of Object.entries(cases)) {
    const nowMs = 1_000_000;
    const beatAtMs = Number.isFinite(sinceBeatMs) ? nowMs - sinceBeatMs : never;
    it(sentence, () => expect(isDue({ tickedAtMs: nowMs - stillMs, beatAtMs, nowMs }, timings)).to.equal(want));
  }
});
