import { expect } from "chai";
import fc from "fast-check";
import { compilePattern, PatternError } from "./pattern.ts";

const problem = (text: string): string => {
  try {
    compilePattern(text);
  } catch (error) {
    expect(error).to.be.instanceOf(PatternError);
    return (error as PatternError).message;
  }
  throw new Error(`${text} compiles`);
};

describe("compilePattern (S32)", () => {
  it("matches anywhere in the text", () => {
    expect(compilePattern("b+").test("abba")).to.equal(true);
    expect(compilePattern("^b").test("ab")).to.equal(false);
    expect(compilePattern("(?i)PASSWORD").test("my password")).to.equal(true);
  });

  it("understands what JavaScript spells otherwise", () => {
    expect(compilePattern("\\u0041\\/").test("A/")).to.equal(true);
    expect(compilePattern("(?<year>\\d{4})").test("in 2024")).to.equal(true);
  });

  it("the same text is compiled once", () => expect(compilePattern("once")).to.equal(compilePattern("once")));

  it("says what a linear-time engine cannot do, and the way out", () => {
    for (const text of ["(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b"]) expect(problem(text), text).to.contain("lookahead and lookbehind");
    for (const text of ["(a)\\1", "(?<n>a)\\k<n>"]) expect(problem(text), text).to.contain("backreferences");
    for (const text of ["a++", "(?>a)b"]) expect(problem(text), text).to.contain("possessive");
    expect(problem("a{1001}")).to.contain("at most 1000");
    expect(problem("(?:a{0,1000}){0,1000}")).to.contain("at most 1000");
    expect(problem("[a")).to.contain("missing closing ]");
    expect(problem("a".repeat(1_025))).to.contain("1025 characters");
  });

  it("patterns that blow up elsewhere take linear time", function () {
    this.timeout(5_000);
    for (const text of ["^(a+)+$", "(a|aa)+$", "(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$"])
      compilePattern(text).test(`${"a".repeat(200_000)}!`);
  });

  it("any text is a pattern or a PatternError", () => {
    const pieces = fc.constantFrom(..."ab[](){}*+?|^$\\.-,:<>=!1".split(""), "(?", "\\p{", "\\Q", "[[:alpha:]]", "{2,3}", "\\u00");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            compilePattern(text).test("ab1-");
          } catch (error) {
            expect(error).to.be.instanceOf(PatternError);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
