import { expect } from "chai";
import fc from "fast-check";
import type { ToolCall } from "../plugins/sdk/index.ts";
import type { Answer } from "./answer.ts";
import { begin, callKeyOf, type LoopEffect, type LoopStep, next } from "./loop.ts";

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const call = (name: string, args: ToolCall["args"] = {}, id = name): ToolCall => ({ id, name, args });
const answer = (change: Partial<Answer>): Answer => ({ text: "", toolCalls: [], usage, stopReason: "end", ...change });
const start = (change: { maxRounds?: number; underSchema?: boolean } = {}): LoopStep =>
  begin("go", { maxRounds: 2, underSchema: false, ...change });
const say = (step: LoopStep, change: Partial<Answer>): LoopStep => next(step.state, { is: "answered", answer: answer(change) });
const resolve = (step: LoopStep): LoopStep =>
  step.effect.do === "call"
    ? next(step.state, {
        is: "called",
        results: step.effect.calls.map((planned) => ({ call: planned.call, content: "ok", isError: false })),
      })
    : step;

describe("the loop of model and tools", () => {
  const endings: Record<string, { underSchema?: boolean; answer: Partial<Answer>; want: Partial<LoopEffect> }> = {
    "an answer is the end": { answer: { text: "done" }, want: { do: "finish", text: "done", stopReason: "end" } },
    "an empty answer is one too": { answer: {}, want: { do: "finish", text: "" } },
    "asking for tools without naming one is an answer": {
      answer: { text: "x", stopReason: "tool" },
      want: { do: "finish", stopReason: "end" },
    },
    "an answer that was cut off says so": { answer: { text: "do", stopReason: "length" }, want: { do: "finish", stopReason: "length" } },
    "under a schema it is none": {
      underSchema: true,
      answer: { stopReason: "length" },
      want: { do: "fail", reason: "AnswerCutOff", permanent: false },
    },
    "a refusal is final": {
      answer: { text: "I will not", stopReason: "refusal" },
      want: { do: "fail", reason: "Refused", permanent: true },
    },
  };
  for (const [sentence, { underSchema = false, answer: given, want }] of Object.entries(endings)) {
    it(sentence, () => expect(say(start({ underSchema }), given).effect).to.deep.include(want));
  }

  it("calls tools, shows their answers, and asks again", () => {
    const asked = say(start(), { text: "let me see", toolCalls: [call("a"), call("b")] });
    expect(asked.effect.do).to.equal("call");
    const answered = resolve(asked);
    expect(answered.effect).to.deep.equal({ do: "ask" });
    expect(answered.state.messages.map((message) => message.role)).to.deep.equal(["user", "assistant", "tool", "tool"]);
  });

  it("fails after the last permitted round (B75)", () => {
    let step = start();
    for (let round = 0; round < 2; round++) step = resolve(say(step, { toolCalls: [call("a", { round })] }));
    expect(say(step, { toolCalls: [call("a", { round: 9 })] }).effect).to.deep.include({
      do: "fail",
      reason: "ToolRoundsExceeded",
      permanent: false,
    });
    expect(say(step, { text: "enough" }).effect).to.deep.include({ do: "finish", text: "enough" });
  });

  const refusedOf = ({ effect }: LoopStep): (boolean | undefined)[] =>
    effect.do === "call" ? effect.calls.map((planned) => planned.refused !== undefined) : [];

  it("makes at most 64 calls of a turn (S65)", () => {
    const refused = refusedOf(say(start(), { toolCalls: Array.from({ length: 1_000 }, (_, i) => call("a", { i }, `${i}`)) }));
    expect(refused.filter((is) => is === false)).to.have.length(64);
  });

  it("makes an equal call five times, whatever the order of its keys (S65)", () => {
    const calls = Array.from({ length: 7 }, (_, i) => call("a", i % 2 === 0 ? { x: 1, y: 2 } : { y: 2, x: 1 }, `${i}`));
    expect(refusedOf(say(start(), { toolCalls: calls }))).to.deep.equal([false, false, false, false, false, true, true]);
  });

  it("makes no call of a turn that was cut off", () => {
    expect(refusedOf(say(start(), { toolCalls: [call("a")], stopReason: "length" }))).to.deep.equal([true]);
  });

  it("tells names like those of every object apart from counts", () => {
    expect(refusedOf(say(start(), { toolCalls: [call("constructor"), call("__proto__")] }))).to.deep.equal([false, false]);
  });

  it("ends whatever a model does, with an answer for every call before the next question", () => {
    const turn = fc.record({
      text: fc.string(),
      toolCalls: fc.array(
        fc.record({ id: fc.string(), name: fc.constantFrom("a", "b"), args: fc.jsonValue() as fc.Arbitrary<ToolCall["args"]> }),
        { maxLength: 4 },
      ),
      stopReason: fc.constantFrom("end" as const, "tool" as const, "length" as const, "refusal" as const),
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 4, maxLength: 4 }), fc.boolean(), (turns, underSchema) => {
        let step = start({ underSchema });
        for (const given of turns) if (step.effect.do === "ask") step = resolve(say(step, given));
        expect(["finish", "fail"]).to.include(step.effect.do);
        const { messages } = step.state;
        const asked = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
        const open = step.effect.do === "fail" ? 0 : asked.length - messages.filter((message) => message.role === "tool").length;
        expect(open).to.equal(0);
      }),
    );
  });

  it("knows equal calls by name and arguments alone", () => {
    expect(callKeyOf({ name: "a", args: { b: [1, { d: 1, c: 2 }] } })).to.equal(callKeyOf({ name: "a", args: { b: [1, { c: 2, d: 1 }] } }));
    expect(callKeyOf({ name: "a", args: [] })).not.to.equal(callKeyOf({ name: "a", args: {} }));
  });
});
