import { expect } from "chai";
import type { JsonValue } from "../sdk/index.ts";
import { mockScriptOf } from "./script.ts";

/** Reads with JavaScript's patterns; a field stands in the line of its path's length, so that a test sees what was asked. */
function read(document: JsonValue): ReturnType<typeof mockScriptOf> {
  return mockScriptOf(document, {
    positionOf: (path) => ({ line: path.length, column: 1 }),
    compilePattern: (text) => new RegExp(text, "u"),
  });
}

const faultsOf = (document: JsonValue): string[] => {
  const verdict = read(document);
  return "faults" in verdict ? verdict.faults.map(({ line, message }) => `${line} ${message}`) : [];
};

describe("mockScriptOf (B102)", () => {
  const one = (match: JsonValue, reply: JsonValue): JsonValue => ({ responses: [{ match, reply }] });

  const right: Record<string, JsonValue> = {
    "an empty list": { responses: [] },
    "no match matches everything": { responses: [{ reply: { text: "x" } }] },
    "all parts of a match": one({ role: "^lead$", prompt: "news", system: "be brief", call: 2 }, { text: "x" }),
    "null is JSON": one({}, { json: null }),
    "tool calls with text and usage": one(
      {},
      { text: "x", toolCalls: [{ name: "delegate", args: { role: "a" } }, { name: "b" }], usage: { inputTokens: 0 } },
    ),
    "a refusal": one({}, { error: { status: 429, message: "slow down", retryAfterSeconds: 0.5 }, delayMs: 3 }),
    "a slow echo": one({ call: 1 }, { delayMs: 100 }),
  };
  for (const [sentence, document] of Object.entries(right)) {
    it(`takes ${sentence}`, () => expect(faultsOf(document)).to.deep.equal([]));
  }

  const wrong: Record<string, { document: JsonValue; want: string[] }> = {
    "a list": { document: [], want: ["0 must be an object with responses, not a list"] },
    nothing: { document: null, want: ["0 must be an object with responses, not null"] },
    "an object of something else": {
      document: { respones: [] },
      want: ["8 respones: unknown field; expected one of responses", '0 a script needs "responses", a list of {match, reply}'],
    },
    "responses that are no list": { document: { responses: {} }, want: ["9 responses: must be a list, not an object"] },
    "a response without reply": {
      document: { responses: [{ match: {} }] },
      want: ['12 responses[0]: "reply" is missing: say what the mock answers'],
    },
    "an unknown part of a match": {
      document: one({ rol: "x" }, {}),
      want: ["22 responses[0].match.rol: unknown field; expected one of role, prompt, system, call"],
    },
    "a key that needs quotes": {
      document: one({ "a.b": "x" }, {}),
      want: ['25 responses[0].match["a.b"]: unknown field; expected one of role, prompt, system, call'],
    },
    "a pattern that is a number": {
      document: one({ role: 5 }, {}),
      want: ["23 responses[0].match.role: must be text, not a number; put it in quotes"],
    },
    "call 0": { document: one({ call: 0 }, {}), want: ["23 responses[0].match.call: must be a whole number of at least 1, not 0"] },
    "text that is none": {
      document: one({}, { text: true }),
      want: ["23 responses[0].reply.text: must be text, not a boolean; put it in quotes"],
    },
    "text and json": {
      document: one({}, { text: "a", json: {} }),
      want: ["23 responses[0].reply.json: cannot stand beside text; keep one of the two"],
    },
    "a refusal that also answers": {
      document: one({}, { error: { status: 500 }, text: "a", usage: {} }),
      want: ["24 responses[0].reply.error: a refusal has no text, usage; take them out"],
    },
    "a refusal without status": {
      document: one({}, { error: {} }),
      want: ['24 responses[0].reply.error: "status" is missing: an HTTP status from 400 to 599'],
    },
    "a status that is no refusal": {
      document: one({}, { error: { status: 200 } }),
      want: ["31 responses[0].reply.error.status: must be a whole number from 400 to 599, not 200"],
    },
    "a negative delay": {
      document: one({}, { delayMs: -1 }),
      want: ["26 responses[0].reply.delayMs: must be a number from 0 to 2147483647, not -1"],
    },
    "half a token": {
      document: one({}, { usage: { inputTokens: 0.5 } }),
      want: ["36 responses[0].reply.usage.inputTokens: must be a whole number of at least 0, not 0.5"],
    },
    "a tool call without name": {
      document: one({}, { toolCalls: [{ args: {} }, { name: "" }, "x"] }),
      want: [
        '31 responses[0].reply.toolCalls[0]: "name" is missing: say which tool is called',
        "36 responses[0].reply.toolCalls[1].name: must not be empty",
        "31 responses[0].reply.toolCalls[2]: must be an object with name, args, not a string",
      ],
    },
    "several at once": {
      document: { responses: [{ reply: { text: 1 } }, { match: [], reply: {} }] },
      want: [
        "23 responses[0].reply.text: must be text, not a number; put it in quotes",
        "18 responses[1].match: must be an object with role, prompt, system, call, not a list",
      ],
    },
  };
  for (const [sentence, { document, want }] of Object.entries(wrong)) {
    it(`refuses ${sentence}`, () => expect(faultsOf(document)).to.deep.equal(want));
  }

  it("refuses a pattern that is none, with the engine's words", () => {
    expect(faultsOf(one({ prompt: "(" }, {}))[0]).to.match(
      /^25 responses\[0\]\.match\.prompt: is no regular expression that we can run: .+/,
    );
  });
});
