import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { functions } from "./functions.ts";
import { compile, isTrue, TemplateError } from "./index.ts";

/** Cases of one kind; all share the data of their file unless they bring their own. */
interface CorpusFile {
  readonly about: string;
  readonly data: unknown;
  readonly cases: readonly CorpusCase[];
}

interface CorpusCase {
  readonly name: string;
  readonly input: { readonly template: string; readonly data?: unknown };
  readonly expected: {
    readonly out?: string;
    readonly length?: number;
    readonly code?: string;
    readonly line?: number;
    readonly column?: number;
  };
}

const NOW_MS = Date.UTC(2026, 0, 5, 6, 7, 8);
const folder = new URL("../test/corpus/templates/", import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
const names = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "truth.json");

interface Outcome {
  readonly out: string;
  readonly error: TemplateError | undefined;
}

function outcomeOf(template: string, data: unknown): Outcome {
  try {
    return { out: compile(template).render(data, { nowMs: NOW_MS }), error: undefined };
  } catch (error) {
    if (error instanceof TemplateError) return { out: "", error };
    throw error;
  }
}

for (const name of names) {
  const { about, data, cases } = read(name) as CorpusFile;
  describe(`corpus: ${about} (${name})`, () => {
    for (const { name: sentence, input, expected } of cases) {
      it(JSON.stringify(sentence.slice(0, 120)), () => {
        const { out, error } = outcomeOf(input.template, input.data ?? data);
        if (expected.code === undefined) {
          expect(error?.message).to.equal(undefined);
          if (expected.length === undefined) expect(out).to.equal(expected.out);
          else expect(out).to.have.length(expected.length);
          return;
        }
        const { code, line, column } = error ?? {};
        expect({ code, line, column }).to.deep.equal(expected);
      });
    }
  });
}

describe("corpus: truth of a rendered condition (B31)", () => {
  for (const { name, input, expected } of read("truth.json") as readonly { name: string; input: string; expected: boolean }[]) {
    it(name, () => {
      expect(isTrue(input)).to.equal(expected);
    });
  }
});

/** Arguments of every kind, as they stand in a template. */
const ARGUMENTS = [
  "",
  ".nope",
  "nil",
  ".text",
  ".list",
  ".map",
  ".n",
  "1.5",
  "true",
  '"x" .list',
  "1 .text",
  ".map .text",
  '"a" "b" .text',
  "-1 -1 -1",
];
const data = { text: "a,b <é>", list: ["x", 1, null, [2]], map: { b: 1, a: { c: "{{ . }}" } }, n: 12 };

// Every function with arguments that fit and that do not. What comes out is text or a TemplateError inside the text; nothing else ever does.
describe("corpus: any function with any arguments ends in text or in an error with a place", () => {
  const calls = [...Object.keys(functions), "and", "or"].flatMap((name) => ARGUMENTS.map((args) => `${name} ${args}`.trim()));

  it("has more than 600 cases of its own", () => {
    expect(calls.length).to.be.greaterThan(600);
  });

  for (const call of calls) {
    it(call, () => {
      for (const template of [`{{ ${call} }}`, `a\n{{ ${call} | print }}`, `{{ .text | ${call} }}`]) {
        const { out, error } = outcomeOf(template, data);
        expect(out).to.be.a("string").that.does.not.include("[object").and.does.not.include("undefined");
        if (error === undefined) continue;
        const line = template.split("\n")[error.line - 1];
        expect(line, `${error.message} in ${template}`).to.be.a("string");
        expect(error.column).to.be.within(1, (line ?? "").length + 1);
      }
    });
  }
});
