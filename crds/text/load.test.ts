import { expect } from "chai";
import fc from "fast-check";
import { loadYaml } from "./load.ts";

/** `line:column message` of every fault. */
const faultsOf = (text: string | Uint8Array): string[] =>
  loadYaml(text, "f.yaml").faults.map(({ line, column, message }) => `${line}:${column} ${message}`);
const objectsOf = (text: string | Uint8Array): unknown[] => {
  const { documents, faults } = loadYaml(text, "f.yaml");
  expect(faults).to.deep.equal([]);
  return documents.map(({ object }) => object);
};

describe("loadYaml: what is read", () => {
  const cases: Record<string, { text: string | Uint8Array; want: unknown[] }> = {
    "several documents, empty ones passed over": {
      text: "# head\n---\na: 1\n---\n# nothing\n---\nb: 2\n---\n",
      want: [{ a: 1 }, { b: 2 }],
    },
    "nothing at all": { text: "", want: [] },
    "only a comment": { text: "# nothing\n", want: [] },
    JSON: { text: '{"a": {"b": [1, true, null]},\n\t"c": "\\ud83d\\ude00\\/"}', want: [{ a: { b: [1, true, null] }, c: "😀/" }] },
    "a byte order mark and Windows line ends": {
      text: "\uFEFFa: 1\r\nb: |\r\n  x\r\n  y\r\n---\r\nc: 2\r\n",
      want: [{ a: 1, b: "x\ny\n" }, { c: 2 }],
    },
    "a byte order mark in bytes": { text: new TextEncoder().encode("\uFEFFa: 1"), want: [{ a: 1 }] },
    "--- inside a block scalar is text": { text: "a: |\n  x\n  ---\n  y\nb: 1\n", want: [{ a: "x\n---\ny\n", b: 1 }] },
    "... ends a document": { text: "a: 1\n...\nb: 2\n", want: [{ a: 1 }, { b: 2 }] },
    "a directive stays with its document": { text: "%YAML 1.2\n---\na: yes\n", want: [{ a: true }] },
    "values as kubectl reads them": {
      text: "a: NO\nb: 0o17\nc: 'yes'\nd: 2020-01-01\ne: 1_000\n",
      want: [{ a: false, b: 15, c: "yes", d: "2020-01-01", e: 1000 }],
    },
    "keys as kubectl reads them": { text: "0x10: a\n1.0: b\n'on': c\n", want: [{ "16": "a", "1": "b", on: "c" }] },
    "a key that is a boolean, in a document that is not ours": { text: "kind: Other\non: 1\n", want: [{ kind: "Other", true: 1 }] },
    "tags that say what is there anyway": {
      text: 'a: !!str 12\nb: !!int "12"\nc: !!float 1\nd: !!map {x: !!null ""}\ne: !!seq [! x]\n',
      want: [{ a: "12", b: 12, c: 1, d: { x: null }, e: ["x"] }],
    },
    "a few aliases": { text: "a: &a {x: [1]}\nb: *a\nc: &b 1\nd: *b\n", want: [{ a: { x: [1] }, b: { x: [1] }, c: 1, d: 1 }] },
    "an anchor that is given anew": { text: "a: &x 1\nb: &y [*x]\nc: &x 2\nd: *x\ne: *y\n", want: [{ a: 1, b: [1], c: 2, d: 2, e: [1] }] },
    "a key without a value": { text: "{a, b: 1}", want: [{ a: null, b: 1 }] },
    "the items of a List": { text: "apiVersion: v1\nkind: List\nitems:\n- a: 1\n- b: 2\n", want: [{ a: 1 }, { b: 2 }] },
  };
  for (const [sentence, { text, want }] of Object.entries(cases)) {
    it(sentence, () => expect(objectsOf(text)).to.deep.equal(want));
  }

  it("keys of Object.prototype are keys like any other", () => {
    const [object] = objectsOf("__proto__: {polluted: 1}\nconstructor: 2\nhasOwnProperty: 3\n") as [Record<string, unknown>];
    expect(Object.keys(object)).to.deep.equal(["__proto__", "constructor", "hasOwnProperty"]);
    expect(Object.getPrototypeOf(object)).to.equal(Object.prototype);
    expect("polluted" in object).to.equal(false);
  });

  it("numbers the documents with the empty ones", () => {
    const { documents } = loadYaml("---\n# nothing\n---\na: 1\n---\nb: 2\n", "f.yaml");
    expect(documents.map(({ index, file }) => ({ index, file }))).to.deep.equal([
      { index: 1, file: "f.yaml" },
      { index: 2, file: "f.yaml" },
    ]);
  });
});

describe("loadYaml: what is refused (S31)", () => {
  const laughs = `a: &a [${"x,".repeat(9)}]\n${["b", "c", "d", "e", "f", "g", "h", "i"].map((key, i) => `${key}: &${key} [${`*${"abcdefgh"[i]},`.repeat(9)}]\n`).join("")}`;
  const cases: Record<string, { text: string | Uint8Array; want: string[] }> = {
    "aliases of aliases": { text: laughs, want: ["5:8 aliases repeat more than 10000 values"] },
    "more than 100 aliases": {
      text: `a: &a 1\n${Array.from({ length: 101 }, (_, i) => `k${i}: *a\n`).join("")}`,
      want: ["102:7 a document may have at most 100 aliases"],
    },
    "an alias of itself": { text: "a: &a [*a]", want: ["1:8 the alias *a stands for something that contains itself"] },
    "an alias without an anchor": { text: "a: *nope", want: ["1:4 the alias *nope has no anchor"] },
    "a merge key": { text: "a: &a {x: 1}\nb:\n  <<: *a\n", want: ["3:3 merge keys (<<) are not supported"] },
    "a tag": {
      text: "a: !foo 1\nb: !!binary aGk=\nc: !!set {a}\n",
      want: ['1:9 the tag "!foo"', '2:13 the tag "!!binary"', '3:10 the tag "!!set"'],
    },
    "a tag that is not true": { text: "a: !!int x\n", want: ['1:10 "x" is no !!int'] },
    "duplicate keys, also when they only look different": {
      text: 'a: 1\nb: 2\na: 3\n16: x\n0x10: y\n"16": z\n',
      want: ['3:1 the key "a" stands here twice', '5:1 the key "16"', '6:1 the key "16"'],
    },
    "a tab as indentation": { text: "a:\n\tb: 1\n", want: ["2:1 a tab cannot indent YAML; use spaces"] },
    "200,000 brackets": {
      text: `a:\n  ${"[".repeat(200_000)}`,
      want: ["2:66 objects and lists stand inside each other more than 64 deep"],
    },
    "200,000 lists in lists": { text: "- ".repeat(200_000), want: ["1:129 objects and lists stand inside each other more than 64 deep"] },
    "65 levels by way of aliases": {
      text: `a: &a ${"[".repeat(60)}${"]".repeat(60)}\nb: ${"[".repeat(10)}*a${"]".repeat(10)}\n`,
      want: ["2:14 objects and lists"],
    },
    "a document of more than 1 MiB": {
      text: `a: 1\n---\nb: ${"x".repeat(1024 * 1024)}\n---\nc: 1\n`,
      want: ["2:1 this document has 1048584 bytes; at most 1048576 are read"],
    },
    "more than 10 MiB": { text: "x".repeat(10 * 1024 * 1024 + 1), want: ["1:1 the file has more than 10485760 bytes"] },
    NUL: { text: new Uint8Array([97, 58, 32, 0]), want: ["1:1 the file is binary"] },
    "bytes that are no UTF-8": { text: new Uint8Array([0x61, 0xff]), want: ["1:1 the file is binary"] },
    "UTF-16": { text: new Uint8Array([0xff, 0xfe, 0x61, 0]), want: ["1:1 the file is UTF-16; save it as UTF-8"] },
    "a terminal escape": { text: "a: x\u001b[31m", want: ["1:5 the control character U+001B"] },
    "half a surrogate pair": { text: 'a: "\\ud800"', want: ["1:4 half of a surrogate pair"] },
    "not a number": { text: "a: .nan\nb: -.inf", want: ["1:4 .nan is no number that JSON has", "2:4 -.inf"] },
    "documents that are no objects": {
      text: "- a\n---\nfoo\n---\n12\n",
      want: [
        "1:1 a document has to be an object with apiVersion, kind and metadata, not a list",
        '3:1 a document has to be an object with apiVersion, kind and metadata, not the string "foo"',
        "5:1",
      ],
    },
    "a list as a key": { text: "? [a]\n: 1\n", want: ["1:3 a key has to be text"] },
    "no key": { text: ": 1\n", want: ["1:1 a key is missing"] },
    "a colon in plain text": {
      text: "a: You are: x\n",
      want: ["1:4 a second colon on the line; put text that contains a colon in quotes"],
    },
    "a character that means something": {
      text: "a: @x\n",
      want: ["1:4 plain value cannot start with reserved character @; put the text in quotes"],
    },
    "a bracket without its partner": { text: "]\n", want: ["1:1"] },
    "on as a key of ours, which kubectl reads as true": {
      text: "apiVersion: arkonis.dev/v1alpha1\nkind: ArkNotify\nspec:\n  on: [TeamFailed]\n",
      want: ['4:3 kubectl reads the key on as the boolean true; put it in quotes: "on"'],
    },
  };
  for (const [sentence, { text, want }] of Object.entries(cases)) {
    it(sentence, () => {
      const faults = faultsOf(text);
      expect(faults, faults.join("\n")).to.have.length(want.length);
      for (const [i, start] of want.entries()) expect(faults[i]).to.match(new RegExp(`^${start.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`));
    });
  }

  it("a fault in one document hides no other", () => {
    const { documents, faults } = loadYaml('a: "x\n---\nb: 1\n---\nc: [1\n---\nd: 2\n---\n- e\n', "f.yaml");
    expect(documents.map(({ object, index }) => ({ object, index }))).to.deep.equal([
      { object: { b: 1 }, index: 1 },
      { object: { d: 2 }, index: 3 },
    ]);
    expect(faults.map(({ line }) => line)).to.deep.equal([2, 6, 9]);
  });

  it("a million wrong places give a few faults", () => expect(faultsOf("]".repeat(100_000)).length).to.be.within(1, 10));
});

describe("loadYaml: positions", () => {
  const text =
    '# comment\n---\napiVersion: v1\nspec:\n  roles:\n    - name: a\n      model: x\n    -   name: b\n  input: {"a.b": 1, c: {d: 2}}\n  shared: &s {e: 1}\n  again: *s\n';
  const [document] = loadYaml(text, "f.yaml").documents;
  const cases: Record<string, string> = {
    "spec.roles[0].model": "7:7",
    "spec.roles[1]": "8:9",
    "spec.roles[1].name": "8:9",
    "spec.roles[1].model": "8:9",
    "spec.roles[7].model": "5:3",
    'spec.input["a.b"]': "9:11",
    "spec.input.c.d": "9:25",
    "spec.again.e": "10:15",
    "spec.nothing.here": "4:1",
    nothing: "3:1",
    "": "3:1",
  };
  for (const [path, want] of Object.entries(cases)) {
    it(`${path || "the object"} stands at ${want}`, () => {
      const { line, column } = document!.positionOf(path);
      expect(`${line}:${column}`).to.equal(want);
    });
  }

  it("an item of a List knows its own place", () => {
    const { documents } = loadYaml("apiVersion: v1\nkind: List\nitems:\n- a: 1\n- b:\n    c: 2\n", "f.yaml");
    expect(documents[1]!.positionOf("b.c")).to.deep.equal({ line: 6, column: 5 });
    expect(documents[1]!.positionOf("")).to.deep.equal({ line: 5, column: 3 });
  });

  it("every key that is read is found where it is written", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.integer(), { minKeys: 1 }), (object) => {
        const json = JSON.stringify(object, null, 2);
        const [document] = loadYaml(json, "f.json").documents;
        for (const key of Object.keys(object)) {
          const { line, column } = document!.positionOf(`[${JSON.stringify(key)}]`);
          expect(
            json
              .split("\n")
              [line - 1]?.slice(column - 1)
              .startsWith(`${JSON.stringify(key)}:`),
          ).to.equal(true);
        }
      }),
    );
  });
});

describe("loadYaml: any input", () => {
  const sane = (text: string | Uint8Array): void => {
    const { documents, faults } = loadYaml(text, "f.yaml");
    for (const { object } of documents) expect(() => JSON.stringify(object)).not.to.throw();
    for (const { line, column } of faults) expect(line > 0 && column > 0).to.equal(true);
  };

  it("any bytes are objects or faults, never an exception", () => fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), sane)));

  it("so is any text made of YAML's own characters", () => {
    const pieces = fc.constantFrom(
      ..."abc:-[]{}&*!|>'\"%@`#,?~ \n\t<.01\\".split(""),
      "\n---\n",
      "\n  ",
      "- ",
      ": ",
      "<<: ",
      "&a ",
      "*a",
      "!!int ",
      "\r\n",
      "\uFEFF",
      "😀",
      "...\n",
      "%YAML 1.2\n",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => sane(parts.join(""))),
      { numRuns: 2_000 },
    );
  });
});
