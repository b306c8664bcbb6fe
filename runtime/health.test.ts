import { expect } from "chai";
import { afterProbe, isHealthyAnswer, PROBE_START, type ProbeOutcome } from "./health.ts";

describe("the semantic probe (B77)", () => {
  const answers: Record<string, boolean> = {
    HEALTHY: true,
    " healthy.\n": true,
    Healthy: true,
    "HEALTHY..": false,
    "I am HEALTHY": false,
    "": false,
    "HEALTHY!": false,
  };
  for (const [text, want] of Object.entries(answers)) {
    it(`${JSON.stringify(text)} ${want ? "passes" : "does not pass"}`, () => expect(isHealthyAnswer(text)).to.equal(want));
  }
  const good: ProbeOutcome = { is: "answered", text: "HEALTHY" };
  const bad: ProbeOutcome = { is: "answered", text: "hm" };
  const down: ProbeOutcome = { is: "failed", message: "503" };
  const rows: Record<string, { outcomes: ProbeOutcome[]; want: boolean }> = {
    "two failures are forgiven": { outcomes: [bad, down], want: true },
    "three in a row are not": { outcomes: [bad, down, bad], want: false },
    "a success between them is": { outcomes: [bad, bad, good, bad, bad], want: true },
    "one success brings it back": { outcomes: [bad, bad, bad, bad, good], want: true },
    "and it goes again only after three": { outcomes: [bad, bad, bad, good, bad], want: true },
  };
  for (const [sentence, { outcomes, want }] of Object.entries(rows)) {
    it(sentence, () => expect(outcomes.reduce(afterProbe, PROBE_START).healthy).to.equal(want));
  }
});
