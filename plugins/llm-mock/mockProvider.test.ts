import { expect } from "chai";
import { type Clock, type CompleteOptions, type JsonValue, type LlmProvider, type LlmRequest, systemClock } from "../sdk/index.ts";
import { createMock } from "./mockProvider.ts";
import { mockScriptOf } from "./script.ts";

const aRequest = (change: Partial<LlmRequest> = {}): LlmRequest => ({
  model: "mock",
  system: "You are a writer.",
  messages: [{ role: "user", content: "Write about tea.\nKeep it short." }],
  tools: [],
  maxTokens: 1_000,
  ...change,
});

const asked = (change: Partial<CompleteOptions> = {}): CompleteOptions => ({ signal: new AbortController().signal, ...change });
const by = (role: string, call: number): CompleteOptions => asked({ caller: { run: "r", runUID: "u", step: "s", role, call } });

function scripted(responses: JsonValue, clock: Clock = systemClock): LlmProvider {
  const verdict = mockScriptOf(
    { responses },
    { positionOf: () => ({ line: 1, column: 1 }), compilePattern: (text) => new RegExp(text, "u") },
  );
  if ("faults" in verdict) throw new Error(verdict.faults.map(({ message }) => message).join("; "));
  return createMock(verdict.script, clock);
}

describe("mock provider (B102)", () => {
  const echoing = createMock(undefined, systemClock);

  describe("unscripted", () => {
    const cases: Record<string, { change: Partial<LlmRequest>; want: string }> = {
      "it says the last line of the prompt": { change: {}, want: "Keep it short." },
      "empty lines at the end do not count": { change: { messages: [{ role: "user", content: "a\nb\r\n\n  \n" }] }, want: "b" },
      "what tools answered is no prompt": {
        change: {
          messages: [
            { role: "user", content: "first" },
            { role: "assistant", content: "", toolCalls: [{ id: "call_1", name: "x", args: {} }] },
            { role: "tool", toolCallId: "call_1", name: "x", content: "result" },
          ],
        },
        want: "first",
      },
      "of several prompts it takes the last": {
        change: {
          messages: [
            { role: "user", content: "first" },
            { role: "assistant", content: "x" },
            { role: "user", content: "second" },
          ],
        },
        want: "second",
      },
      "it says something to an empty prompt": { change: { messages: [] }, want: "(empty prompt)" },
      "it calls no tool": { change: { tools: [{ name: "x", description: "", inputSchema: {} }] }, want: "Keep it short." },
      "under a schema it answers with the smallest instance": {
        change: { responseSchema: { type: "object", required: ["a"], properties: { a: { type: "integer", minimum: 2 } } } },
        want: '{"a":2}',
      },
      "under a schema that nothing fits it echoes": { change: { responseSchema: { enum: [] } }, want: "Keep it short." },
    };
    for (const [sentence, { change, want }] of Object.entries(cases)) {
      it(sentence, async () => {
        const response = await echoing.complete(aRequest(change), asked());
        expect(response).to.deep.include({ text: want, toolCalls: [], stopReason: "end" });
      });
    }

    it("counts four bytes as a token, in and out, and at least one", async () => {
      const request = aRequest({ system: "abcd", messages: [{ role: "user", content: "äöü" }] });
      expect((await echoing.complete(request, asked())).usage).to.deep.equal({ inputTokens: 3, outputTokens: 2 });
      const nothing = aRequest({ system: "", messages: [] });
      expect((await echoing.complete(nothing, asked())).usage.inputTokens).to.equal(1);
    });

    it("never says more than maxTokens, and splits no character", async () => {
      const request = aRequest({ messages: [{ role: "user", content: "äää" }], maxTokens: 1 });
      expect(await echoing.complete(request, asked())).to.deep.include({
        text: "ää",
        stopReason: "length",
        usage: { inputTokens: 6, outputTokens: 1 },
      });
    });

    it("streams what it says in pieces that make up the text", async () => {
      const pieces: string[] = [];
      const content = "  one  two\tthree ";
      const response = await echoing.complete(
        aRequest({ messages: [{ role: "user", content }] }),
        asked({ onText: (text) => pieces.push(text) }),
      );
      expect(pieces.join("")).to.equal(response.text);
      expect(pieces.length).to.equal(4);
    });

    it("embeds texts deterministically, the similar ones near each other", async () => {
      const signal = new AbortController().signal;
      const [tea, more, car, none] = (await echoing.embed?.(["green tea", "Tea, green!", "fast car", ""], { signal })) ?? [];
      const dot = (a: number[] = [], b: number[] = []): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
      expect(dot(tea, more)).to.be.closeTo(1, 1e-9);
      expect(dot(tea, car)).to.be.lessThan(0.9);
      expect(dot(none, none)).to.be.closeTo(1, 1e-9);
    });
  });

  describe("scripted", () => {
    it("the first match answers, and no match echoes", async () => {
      const mock = scripted([
        { match: { role: "^lead$", call: 1 }, reply: { toolCalls: [{ name: "delegate", args: { role: "writer" } }, { name: "collect" }] } },
        { match: { role: "^lead$" }, reply: { text: "done" } },
        { match: { prompt: "tea", system: "writer" }, reply: { json: { title: "Tea" } } },
      ]);
      const first = await mock.complete(aRequest(), by("lead", 1));
      expect(first).to.deep.include({
        text: "",
        stopReason: "tool",
        toolCalls: [
          { id: "call_1", name: "delegate", args: { role: "writer" } },
          { id: "call_2", name: "collect", args: {} },
        ],
      });
      expect((await mock.complete(aRequest(), by("lead", 2))).text).to.equal("done");
      expect((await mock.complete(aRequest(), by("writer", 1))).text).to.equal('{"title":"Tea"}');
      expect((await mock.complete(aRequest({ system: "" }), by("writer", 1))).text).to.equal("Keep it short.");
    });

    it("two calls of one conversation never share an id", async () => {
      const mock = scripted([{ reply: { toolCalls: [{ name: "a" }] } }]);
      const messages = [
        { role: "user" as const, content: "go" },
        { role: "assistant" as const, content: "", toolCalls: [{ id: "call_1", name: "a", args: {} }] },
        { role: "tool" as const, toolCallId: "call_1", name: "a", content: "ok" },
      ];
      expect((await mock.complete(aRequest({ messages }), asked())).toolCalls[0]?.id).to.equal("call_2");
    });

    it("a match on call needs a caller", async () => {
      const mock = scripted([{ match: { call: 1 }, reply: { text: "no" } }]);
      expect((await mock.complete(aRequest(), asked())).text).to.equal("Keep it short.");
    });

    it("usage is what the script says", async () => {
      const mock = scripted([{ reply: { text: "x", usage: { inputTokens: 7, outputTokens: 0 } } }]);
      expect((await mock.complete(aRequest(), asked())).usage).to.deep.equal({ inputTokens: 7, outputTokens: 0 });
    });

    const kinds = { 400: "permanent", 401: "permanent", 408: "transient", 429: "throttled", 500: "transient", 529: "throttled" };
    for (const [status, kind] of Object.entries(kinds)) {
      it(`a refusal with ${status} is ${kind} (B72)`, async () => {
        const mock = scripted([{ reply: { error: { status: Number(status), message: "no", retryAfterSeconds: 2 } } }]);
        const error: unknown = await mock.complete(aRequest(), asked()).catch((thrown: unknown) => thrown);
        expect(error).to.deep.include({ name: "ProviderError", kind, message: `mock answered ${status}: no`, retryAfterMs: 2_000 });
      });
    }

    it("waits by the clock it was given, and an abort ends the wait with its reason", async () => {
      const slept: number[] = [];
      const clock: Clock = {
        ...systemClock,
        sleep: (ms, signal) =>
          new Promise((resolve, reject) => {
            slept.push(ms);
            if (ms < 100) resolve();
            else signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          }),
      };
      const mock = scripted([{ match: { call: 1 }, reply: { delayMs: 5 } }, { reply: { delayMs: 500 } }], clock);
      expect((await mock.complete(aRequest(), by("a", 1))).text).to.equal("Keep it short.");
      const stop = new AbortController();
      const waiting = mock.complete(aRequest(), { signal: stop.signal });
      stop.abort(new Error("enough"));
      expect(await waiting.catch((error: Error) => error.message)).to.equal("enough");
      expect(slept).to.deep.equal([5, 500]);
    });
  });

  it("asked with an aborted signal, it rejects with the reason", async () => {
    const signal = AbortSignal.abort(new Error("gone"));
    expect(await echoing.complete(aRequest(), { signal }).catch((error: Error) => error.message)).to.equal("gone");
  });
});
