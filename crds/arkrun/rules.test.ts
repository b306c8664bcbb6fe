import { expect } from "chai";
import { brief, verdicts } from "../../test/builders/faults.ts";
import { aRun } from "../../test/builders/objects.ts";
import { aTeam } from "../../test/builders/team.ts";
import { checkRunInput } from "../arkteam/inputRules.ts";
import { normalizeArkTeam } from "../arkteam/normalize.ts";
import type { ArkRunSpec, ArkTeamSpec } from "../generated/types.ts";
import type { JsonValue } from "../json.ts";
import type { CheckContext } from "../rule.ts";

const update = (old: ArkRunSpec): CheckContext => ({ operation: "update", oldObject: aRun(old) });
const team = (inputs: NonNullable<ArkTeamSpec["inputs"]>, input: Record<string, JsonValue> = {}) =>
  normalizeArkTeam(aTeam().with({ inputs, input }).build());

describe("checkObject: ArkRun (B17)", () => {
  const known: CheckContext = { teamOf: (name) => (name === "demo" ? team([{ name: "topic", required: true }]) : null) };
  verdicts({
    "a team": { of: aRun() },
    "an agent with a prompt": { of: aRun({ agent: "worker", prompt: "Go." }) },
    neither: { of: aRun({}), want: ["spec required"] },
    both: { of: aRun({ teamRef: "demo", agent: "worker", prompt: "Go." }), want: ["spec forbidden"] },
    "an agent without prompt": { of: aRun({ agent: "worker" }), want: ["spec.prompt required"] },
    "a team with a prompt": { of: aRun({ teamRef: "demo", prompt: "Go." }), want: ["spec.prompt forbidden"] },
    "a team that does not exist": { of: aRun({ teamRef: "other" }), context: known, want: ["spec.teamRef notFound"] },
    "a required input is missing": { of: aRun(), context: known, want: ["spec.input.topic required"] },
    "a required input is there": { of: aRun({ teamRef: "demo", input: { topic: "x" } }), context: known },
    "a required input of a wrong type": {
      of: aRun({ teamRef: "demo", input: { topic: 7 } }),
      context: known,
      want: ["spec.input.topic type"],
    },
    "an input that nobody declared": {
      of: aRun({ teamRef: "demo", input: { topic: "x", tpoic: "y" } }),
      context: known,
      want: ["spec.input.tpoic unknownField"],
    },
    "a retry takes the rest from its earlier run": { of: aRun({ teamRef: "demo", retry: { run: "demo-1" } }), context: known },
    "two decisions on one attempt": {
      of: aRun({
        teamRef: "demo",
        approvals: [
          { step: "a", decision: "approve" },
          { step: "a", iteration: 2, decision: "approve" },
          { step: "a", attempt: 1, decision: "reject" },
        ],
      }),
      want: ["spec.approvals[2] duplicate"],
    },
  });
});

describe("checkObject: updates of an ArkRun (B17)", () => {
  const base: ArkRunSpec = { teamRef: "demo", input: { a: 1, b: [1] } };
  const yes = { step: "a", decision: "approve" } as const;
  const no = { step: "b", decision: "reject" } as const;
  verdicts({
    "nothing changes": { of: aRun({ input: { b: [1], a: 1 }, teamRef: "demo" }), context: update(base) },
    "another team": { of: aRun({ ...base, teamRef: "other" }), context: update(base), want: ["spec.teamRef immutable"] },
    "other input": { of: aRun({ ...base, input: { a: 1, b: [2] } }), context: update(base), want: ["spec.input immutable"] },
    "no input any more": { of: aRun({ teamRef: "demo" }), context: update(base), want: ["spec.input immutable"] },
    "from a team to an agent": {
      of: aRun({ agent: "x", prompt: "y" }),
      context: update({ teamRef: "demo" }),
      want: ["spec.teamRef immutable", "spec.agent immutable", "spec.prompt immutable"],
    },
    "a retry is one from the start": { of: aRun({ ...base, retry: { run: "r" } }), context: update(base), want: ["spec.retry immutable"] },
    cancel: { of: aRun({ ...base, cancel: true }), context: update(base) },
    "cancel is not taken back": {
      of: aRun({ ...base, cancel: false }),
      context: update({ ...base, cancel: true }),
      want: ["spec.cancel immutable"],
    },
    "a decision is added": { of: aRun({ ...base, approvals: [yes, no] }), context: update({ ...base, approvals: [yes] }) },
    "a decision is changed": {
      of: aRun({ ...base, approvals: [{ ...yes, decision: "reject" }, no] }),
      context: update({ ...base, approvals: [yes] }),
      want: ["spec.approvals[0] immutable"],
    },
    "a decision is taken back": { of: aRun(base), context: update({ ...base, approvals: [yes] }), want: ["spec.approvals immutable"] },
    "an old object that cannot be read proves nothing": {
      of: aRun({ teamRef: "demo" }),
      context: { operation: "update", oldObject: { spec: 7 } },
      want: ["spec.teamRef immutable"],
    },
    "an update asks for no team": { of: aRun({ teamRef: "gone" }), context: { ...update({ teamRef: "gone" }), teamOf: () => null } },
  });
});

describe("checkRunInput (B17)", () => {
  const all = team([
    { name: "s", required: true },
    { name: "n", type: "number" },
    { name: "b", type: "boolean" },
    { name: "o", type: "object" },
    { name: "l", type: "array" },
  ]);
  const cases: Record<string, { input: Record<string, unknown>; want: string[]; of?: ReturnType<typeof team> }> = {
    "each of its type": { input: { s: "x", n: 1.5, b: false, o: {}, l: [] }, want: [] },
    "each of another": {
      input: { s: [], n: "1", b: "true", o: [], l: {} },
      want: ["s", "n", "b", "o", "l"].map((key) => `spec.input.${key} type`),
    },
    "null is no value": { input: { s: null, n: null }, want: ["spec.input.s required"] },
    "an empty text is a value": { input: { s: "" }, want: [] },
    "what the team gives need not be given": { of: team([{ name: "s", required: true }], { s: "x" }), input: {}, want: [] },
    "a default is enough": { of: team([{ name: "s", required: true, default: "x" }]), input: {}, want: [] },
    "no declaration takes anything": { of: normalizeArkTeam(aTeam().build()), input: { whatever: 1 }, want: [] },
    "an empty declaration takes nothing": { of: team([]), input: { x: 1 }, want: ["spec.input.x unknownField"] },
    "names of objects are names": {
      of: team([{ name: "constructor", required: true }]),
      input: JSON.parse('{"__proto__": 1}') as Record<string, unknown>,
      want: ["spec.input.__proto__ unknownField", "spec.input.constructor required"],
    },
  };
  for (const [sentence, { input, want, of = all }] of Object.entries(cases)) {
    it(sentence, () => expect(checkRunInput(of, input).map(brief)).to.deep.equal(want));
  }
});
