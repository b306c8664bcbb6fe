import { expect } from "chai";
import fc from "fast-check";
import { dumpYaml } from "./dump.ts";
import { loadYaml } from "./load.ts";

describe("dumpYaml", () => {
  it("keeps the order of keys, writes blocks, breaks no line, leaves out what is undefined", () => {
    const value = { kind: "X", apiVersion: "v1", prompt: "one\ntwo\n", list: [{ b: 1, a: [] }], long: "word ".repeat(40), none: undefined };
    expect(dumpYaml(value)).to.equal(
      `kind: X\napiVersion: v1\nprompt: |\n  one\n  two\nlist:\n  - b: 1\n    a: []\nlong: "${"word ".repeat(40)}"\n`,
    );
  });

  it("quotes text that YAML 1.1 would take for something else", () => {
    expect(dumpYaml({ on: "yes", a: "0o17", b: "1_000", c: "<<", d: "null", e: "1:30", "<<": "x", f: "" })).to.equal(
      '"on": "yes"\na: "0o17"\nb: "1_000"\nc: "<<"\nd: "null"\ne: "1:30"\n"<<": x\nf: ""\n',
    );
  });

  it("writes an object that stands in two places twice", () => {
    const shared = { x: 1 };
    expect(dumpYaml({ a: shared, b: shared })).to.equal("a:\n  x: 1\nb:\n  x: 1\n");
  });

  it("writes no control character as it is", () =>
    expect(dumpYaml({ a: "\u001b[31m\u0085\u2028\r\n" })).to.equal('a: "\\u001b[31m\\u0085\\u2028\\r\\n"\n'));

  it("writes no block that begins with white space, which kubectl cannot read", () => {
    expect(dumpYaml({ a: "\tx\ny", b: "\n\nx", c: "x\n\ty\n" })).to.equal('a: "\\tx\\ny"\nb: "\\n\\nx"\nc: |\n  x\n  \ty\n');
  });

  it("whatever it writes is read back as the same object", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string(),
      fc
        .array(fc.constantFrom("\n", " ", "\t", "a", "#", ": ", "- ", "---", "'", '"', "\\", "|", "\r", "yes", "1", "%"))
        .map((parts) => parts.join("")),
      fc.constantFrom("yes", "y", "0x1F", ".inf", "~", "<<", "---", "...", "=", "2020-01-01", "@a", "__proto__"),
    );
    const { object } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        tie("object"),
      ),
      object: fc.dictionary(text, tie("value"), { maxKeys: 5 }) as fc.Arbitrary<Record<string, unknown>>,
    }));
    fc.assert(
      fc.property(object, (value) => {
        const { documents, faults } = loadYaml(dumpYaml(value), "f.yaml");
        expect(faults).to.deep.equal([]);
        expect(documents[0]?.object).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });
});
