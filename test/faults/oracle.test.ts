// The oracle catches what it is for: each invariant, by a history that breaks it.
import { expect } from "chai";
import { type Fact, violations } from "./oracle.ts";

const none = { crashes: 0, errors: 0, throttled: 0 };
const verdict = (task: string, change: Partial<Extract<Fact, { is: "verdict" }>> = {}): Fact => ({
  is: "verdict",
  task,
  id: "1",
  state: "done",
  output: "x",
  counters: none,
  ...change,
});
const submit = (task: string): Fact => ({ is: "submit", task });
const call = (task: string): Fact => ({ is: "call", task });
const dead = (task: string, reason: string): Fact => verdict(task, { state: "dead", output: undefined, reason });
const letter = (task: string, reason: string): Fact => ({ is: "letter", task, reason });
const kill: Fact = { is: "fault", kind: "kill" };

const HISTORIES: Readonly<Record<string, readonly [Fact[], string[]]>> = {
  "all is well": [[submit("a"), call("a"), verdict("a")], []],
  "the same event told twice is one verdict": [[submit("a"), call("a"), verdict("a"), verdict("a")], []],
  "a kill explains a second execution": [
    [submit("a"), call("a"), kill, call("a"), verdict("a", { counters: { ...none, crashes: 1 } })],
    [],
  ],
  "a task is lost": [[submit("a"), call("a")], ["I1"]],
  "a task that nobody submitted": [[verdict("a")], ["I1"]],
  "two verdicts": [[submit("a"), call("a"), verdict("a"), verdict("a", { id: "2" })], ["I3"]],
  "two results": [
    [submit("a"), call("a"), verdict("a"), verdict("a", { output: "y" })],
    ["I3", "I3"],
  ],
  "an execution that nothing explains": [[submit("a"), call("a"), call("a"), verdict("a")], ["I4"]],
  "crashes without faults": [[submit("a"), call("a"), verdict("a", { counters: { ...none, crashes: 1 } })], ["I4"]],
  "a dead task with its letter": [[submit("a"), dead("a", "Permanent"), letter("a", "Permanent")], []],
  "a dead task without a letter": [[submit("a"), dead("a", "Permanent")], ["I5"]],
  "a dead task with two letters": [[submit("a"), dead("a", "Permanent"), letter("a", "Permanent"), letter("a", "Permanent")], ["I5"]],
  "a dead task without a reason": [[submit("a"), dead("a", ""), letter("a", "Permanent")], ["I5"]],
  "a letter of a task that lives": [[submit("a"), call("a"), verdict("a"), letter("a", "Permanent")], ["I5"]],
  "poison that never crashed": [[submit("a"), dead("a", "Poison"), letter("a", "Poison")], ["I5"]],
};

describe("the oracle of faults", () => {
  for (const [what, [history, wanted]] of Object.entries(HISTORIES)) {
    it(what, () => expect(violations(history, { slots: 5 }).map(({ invariant }) => invariant)).to.deep.equal(wanted));
  }
});
