import { expect } from "chai";
import fc from "fast-check";
import { compile, TemplateError } from "./index.ts";

/** Pieces that templates are made of, in any order: most make no sense, many nearly do. */
const piece = fc.constantFrom(
  ..."{{ }} {{- -}} {{/* */}} | . $ $x := = , ( ) ' \" ` \\ \n".split(" "),
  ...["if ", "else ", "end", "range ", "with ", "define ", "template ", "block ", "break", "continue", "nil", "true", "false"],
  ...[
    ".a",
    ".b.c",
    "$.a",
    "1",
    "-2.5",
    "0x1f",
    "1e400",
    "'a'",
    '"text"',
    "`raw`",
    "print ",
    "index ",
    "printf ",
    "len ",
    "eq ",
    "join ",
    "toJson ",
  ],
  ...['"%s %[3]*.2d"', "é", "😀", "\u0000", "\ud800", " "],
);
const soup = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
const action = fc.array(piece, { maxLength: 6 }).map((pieces) => `{{ ${pieces.join(" ")} }}`);
const anyText = fc.oneof(
  soup,
  action,
  fc.array(action, { maxLength: 4 }).map((actions) => actions.join("x")),
  fc.string({ unit: "binary" }),
);

const anyData = fc.object({
  key: fc.constantFrom("a", "b", "c", "__proto__", "constructor", "x"),
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
});

function expectPlace(error: unknown, text: string): void {
  if (!(error instanceof TemplateError)) throw error;
  const lines = text.split("\n");
  expect(error.line).to.be.within(1, lines.length);
  expect(error.column).to.be.within(1, (lines[error.line - 1] ?? "").length + 1);
}

describe("templates: laws", () => {
  it("any text parses, or names a place inside itself; then it renders, or does so again", () => {
    fc.assert(
      fc.property(anyText, anyData, (text, data) => {
        try {
          expect(compile(text).render(data)).to.be.a("string");
        } catch (error) {
          expectPlace(error, text);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("text without actions is itself, and text in data too", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (text, value) => {
        const plain = text.replaceAll("{", "(");
        expect(compile(plain).render({})).to.equal(plain);
        expect(compile("{{ .value }}").render({ value })).to.equal(value);
      }),
    );
  });

  it("the same template with the same data gives the same text", () => {
    fc.assert(
      fc.property(anyText, fc.jsonValue(), (text, data) => {
        const once = outcomeOf(text, data);
        expect(outcomeOf(text, data)).to.equal(once);
      }),
    );
  });

  it("what toJson writes, fromJson reads", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const json = compile("{{ toJson .value }}").render({ value });
        // toJson writes no lone surrogates, and -0 as JSON does
        expect(JSON.parse(json)).to.deep.equal(JSON.parse(JSON.stringify(value).replace(/\\ud[89a-f][0-9a-f]{2}/gi, "\uFFFD")));
      }),
    );
  });

  it("every reference is a path that exists in the text, with a place inside it", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          for (const { path, line, column } of compile(text).references) {
            expect(text.split("\n")[line - 1]?.length ?? 0).to.be.at.least(column);
            for (const name of path) expect(text).to.include(name.slice(0, 1));
          }
        } catch (error) {
          expectPlace(error, text);
        }
      }),
    );
  });

  it("nothing outside the data is ever reached, whatever the path", () => {
    const name = fc.constantFrom(
      "constructor",
      "__proto__",
      "prototype",
      "toString",
      "valueOf",
      "length",
      "name",
      "call",
      "value",
      "ms",
      "type",
      "exact",
    );
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(".o", ".l", ".s", ".n", "(now)", "(len .s)", "(list 1)", "(dict)", "1.5"),
        (path, start) => {
          let printed = "";
          try {
            printed = compile(`{{ ${start}.${path.join(".")} }}`).render({ o: {}, l: [1], s: "text", n: 1 });
          } catch (error) {
            if (!(error instanceof TemplateError)) throw error;
          }
          expect(printed).to.equal("");
        },
      ),
    );
  });
});

function outcomeOf(text: string, data: unknown): string {
  try {
    return compile(text).render(data, { nowMs: 0 });
  } catch (error) {
    return error instanceof TemplateError ? error.message : expect.fail(String(error));
  }
}
