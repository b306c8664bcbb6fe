import { expect } from "chai";
import fc from "fast-check";
import { cutUtf8, utf8Bytes } from "./utf8.ts";

describe("cutUtf8", () => {
  it("what is left fits, is a beginning, holds whole characters, and could not be longer", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 60 }), (text, max) => {
        const cut = cutUtf8(text, max);
        expect(text.startsWith(cut)).to.equal(true);
        expect(utf8Bytes(cut)).to.be.at.most(max);
        const [next] = text.slice(cut.length);
        if (next !== undefined) expect(utf8Bytes(cut) + utf8Bytes(next)).to.be.above(max);
      }),
    );
  });
});
