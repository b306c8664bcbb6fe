import { expect } from "chai";
import { TemplateError, templateCache } from "./index.ts";

describe("templateCache", () => {
  it("compiles a text once", () => {
    const cached = templateCache();
    expect(cached("{{ .a }}")).to.equal(cached("{{ .a }}"));
    expect(cached("{{ .a }}")).to.not.equal(cached("{{ .b }}"));
    expect(cached("{{ .a }}").render({ a: 1 })).to.equal("1");
  });

  it("holds no more characters than it may, and drops what was used longest ago", () => {
    const cached = templateCache(20);
    const first = cached("{{ .first }}");
    cached("{{ .second }}");
    expect(cached("{{ .first }}")).to.not.equal(first);
  });

  it("still compiles a text that is too long to be held", () => {
    expect(templateCache(5)("{{ .a }} and more").render({ a: 1 })).to.equal("1 and more");
  });

  it("throws the same error every time for a text that does not parse", () => {
    const cached = templateCache();
    for (let i = 0; i < 2; i++) expect(() => cached("{{ nope }}")).to.throw(TemplateError);
  });

  it("hands its clock to the templates", () => {
    expect(templateCache(100, { clock: () => 0 })("{{ now }}").render({})).to.equal("1970-01-01 00:00:00 +0000 UTC");
  });
});
