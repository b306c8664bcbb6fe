import { expect } from "chai";
import fc from "fast-check";
import { oneLine, visible } from "./visible.ts";

describe("visible: text on its way to a terminal (B114)", () => {
  const cases: Record<string, [string, string]> = {
    "an escape sequence is shown, not obeyed": ["\u001b[2Jgone", "␛[2Jgone"],
    "a carriage return cannot overwrite a line": ["safe\revil", "safe␍evil"],
    "a Windows line end is a line end": ["a\r\nb", "a\nb"],
    "a C1 control is named": ["\u009b2J", "\\u009b2J"],
    "reversed text is named": ["a\u202eb", "a\\u202eb"],
    "zero-width characters are named": ["a\u200bb", "a\\u200bb"],
    "a lone surrogate is named": ["a\ud800b", "a\\ud800b"],
    "tabs, newlines and ordinary text of any script stay": ["é\t✓\n漢字 😀", "é\t✓\n漢字 😀"],
  };
  for (const [sentence, [text, want]] of Object.entries(cases)) {
    it(sentence, () => expect(visible(text)).to.equal(want));
  }

  it("leaves nothing that a terminal would obey in any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) =>
        /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]*$/.test(visible(text)),
      ),
    );
  });

  it("cuts a line at the width, in whole characters", () => {
    expect(oneLine("one\ntwo  three", 9)).to.equal("one two …");
    expect(oneLine("😀😀😀", 2)).to.equal("😀…");
  });
});
