import { readFileSync } from "node:fs";
import { expect } from "chai";
import { compile, TemplateError } from "./index.ts";

interface Vector {
  readonly name: string;
  readonly cat: string;
  readonly template: string;
  readonly data: unknown;
  readonly out: string;
  readonly err: string;
}

const vectors = JSON.parse(readFileSync(new URL("../test/vectors/template-vectors.json", import.meta.url), "utf8")) as Vector[];

/** Go says `template: t:LINE:COLUMN: …`, or only the line when the text does not parse; its columns count from 0. */
function positionIn(goError: string): { line: number; column: number | undefined } {
  const match = /^template: t:(\d+)(?::(\d+))?:/.exec(goError);
  expect(match, goError).not.to.equal(null);
  return { line: Number(match?.[1]), column: match?.[2] === undefined ? undefined : Number(match[2]) + 1 };
}

function errorOf(vector: Vector): unknown {
  try {
    compile(vector.template).render(vector.data);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("templates print what Go's text/template prints (B30, B35)", () => {
  it("has all vectors", () => {
    expect(vectors).to.have.length(330);
  });

  for (const vector of vectors) {
    if (vector.err === "") {
      it(`${vector.name}: ${JSON.stringify(vector.template)}`, () => {
        expect(compile(vector.template).render(vector.data)).to.equal(vector.out);
      });
      continue;
    }
    it(`${vector.name}: ${JSON.stringify(vector.template)} is refused where Go refuses it`, () => {
      const error = errorOf(vector);
      expect(error).to.be.instanceOf(TemplateError);
      const { line, column } = error as TemplateError;
      const want = positionIn(vector.err);
      expect(line).to.equal(want.line);
      if (want.column === undefined) expect(column).to.be.at.least(1);
      else expect(column).to.equal(want.column);
    });
  }
});
