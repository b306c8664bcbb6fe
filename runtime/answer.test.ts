import { expect } from "chai";
import type { LlmResponse } from "../plugins/sdk/index.ts";
import { answerOf, inputEstimate } from "./answer.ts";

/** What a plugin may hand back whatever the types say. */
const read = (raw: unknown) => answerOf(raw as LlmResponse, 7);
const good = { text: "abcd", toolCalls: [], usage: { inputTokens: 3, outputTokens: 2 }, stopReason: "end" };
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

describe("answerOf", () => {
  const usages: Record<string, { usage: unknown; want: object }> = {
    "counts are taken as they are": {
      usage: { inputTokens: 3, outputTokens: 2 },
      want: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    },
    "cached tokens are part of the input": {
      usage: { inputTokens: 3, outputTokens: 2, cachedInputTokens: 9 },
      want: { inputTokens: 3, outputTokens: 2, totalTokens: 5, cachedInputTokens: 3 },
    },
    "none: our own estimate": { usage: undefined, want: { inputTokens: 7, outputTokens: 1, totalTokens: 8, estimated: true } },
    "negative: our own": {
      usage: { inputTokens: -3, outputTokens: 2 },
      want: { inputTokens: 7, outputTokens: 2, totalTokens: 9, estimated: true },
    },
    "NaN: our own": {
      usage: { inputTokens: 3, outputTokens: Number.NaN },
      want: { inputTokens: 3, outputTokens: 1, totalTokens: 4, estimated: true },
    },
    "absurd: our own": {
      usage: { inputTokens: 1e18, outputTokens: "5" },
      want: { inputTokens: 7, outputTokens: 1, totalTokens: 8, estimated: true },
    },
  };
  for (const [sentence, { usage, want }] of Object.entries(usages)) {
    it(`usage, ${sentence}`, () => expect(read({ ...good, usage }).usage).to.deep.equal(want));
  }

  it("takes an unknown stop for an ordinary end", () => expect(read({ ...good, stopReason: "weird" }).stopReason).to.equal("end"));
  it("makes half characters whole", () => expect(read({ ...good, text: "a\uD800b" }).text).to.equal("a\uFFFDb"));
  it("gives every call an id of its own", () => {
    const calls = [
      { id: "x", name: "a", args: {} },
      { id: "x", name: "b", args: {} },
      { name: "c" },
      { id: "call_2", name: "d", args: 1 },
      "no call",
      { id: "n" },
    ];
    const { toolCalls } = read({ ...good, toolCalls: calls });
    expect(toolCalls.map(({ name }) => name)).to.deep.equal(["a", "b", "c", "d"]);
    expect(new Set(toolCalls.map(({ id }) => id)).size).to.equal(4);
  });
  it("passes on arguments that are no JSON, or too deep, as a text that tools refuse", () => {
    const { toolCalls } = read({
      ...good,
      toolCalls: [
        { id: "1", name: "a", args: deep(100) },
        { id: "2", name: "a", args: () => 1 },
      ],
    });
    expect(toolCalls.map(({ args }) => typeof args)).to.deep.equal(["string", "string"]);
  });
  for (const raw of [undefined, null, "text", {}, { text: 5 }]) {
    it(`refuses ${JSON.stringify(raw)}`, () => expect(() => read(raw)).to.throw("no text"));
  }
});

describe("inputEstimate (B47)", () => {
  it("is all bytes by four, rounded up", () => {
    expect(inputEstimate({ system: "12345", messages: [], tools: [] })).to.equal(2);
    expect(inputEstimate({ system: "ü".repeat(4), messages: [], tools: [] })).to.equal(2);
    expect(inputEstimate({ system: "", messages: [{ role: "user", content: "x" }], tools: [], responseSchema: {} })).to.equal(9);
  });
});
