import { expect } from "chai";
import { errorText } from "./errorText.ts";

const plain = { redact: (text: string) => text };

describe("errorText", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:6379"), { code: "ECONNREFUSED" });
  const cases: Record<string, { thrown: unknown; want: string }> = {
    "an error tells its message": { thrown: new Error("no"), want: "no" },
    "and those of its causes": {
      thrown: new TypeError("fetch failed", { cause: refused }),
      want: "fetch failed: connect ECONNREFUSED 10.0.0.1:6379",
    },
    "a message that repeats its cause is told once": { thrown: new Error("no: inner", { cause: new Error("inner") }), want: "no: inner" },
    "several errors tell the first": {
      thrown: new AggregateError([refused, new Error("b")], "all failed"),
      want: "all failed: connect ECONNREFUSED 10.0.0.1:6379",
    },
    "an empty message tells the code": { thrown: Object.assign(new Error(""), { code: "EPIPE" }), want: "EPIPE" },
    "an empty error tells its kind": { thrown: new TypeError(""), want: "TypeError" },
    "a text is its own message": { thrown: "just text", want: "just text" },
    "a number is told": { thrown: 42, want: "42" },
    "nothing is an unknown error": { thrown: undefined, want: "unknown error" },
    "an object without a message is an unknown error": { thrown: { a: 1 }, want: "unknown error" },
    "line breaks and control characters are spaces": { thrown: new Error("a\r\nb\u0000\u001b[31mc\u2028d"), want: "a b [31mc d" },
    "getters that throw are passed over": {
      thrown: {
        get message() {
          throw new Error("trap");
        },
      },
      want: "unknown error",
    },
  };
  for (const [sentence, { thrown, want }] of Object.entries(cases)) {
    it(sentence, () => {
      expect(errorText(thrown, plain)).to.equal(want);
    });
  }

  it("a chain of causes without end is cut", () => {
    const error: Error & { cause?: unknown } = new Error("a");
    error.cause = error;
    expect(errorText(error, plain)).to.equal("a");
  });

  it("the text is redacted before it is cut, at a whole character", () => {
    const redact = (text: string): string => text.replaceAll("secret", "*");
    expect(errorText(new Error(`secret${"é".repeat(100)}`), { redact, maxBytes: 10 })).to.equal("*éééé");
  });
});
