import { expect } from "chai";
import fc from "fast-check";
import {
  agentQueueName,
  derivedName,
  isDnsLabel,
  isDnsSubdomain,
  isTemplateName,
  managedAgentName,
  roleQueueName,
  templateNameHint,
} from "./names.ts";

describe("names (B12)", () => {
  it("a template name is a word of small letters, digits and underscores", () => {
    for (const name of ["a", "legal_review", "a1", "constructor", "x".repeat(40)]) expect(isTemplateName(name), name).to.equal(true);
    for (const name of ["", "A", "1a", "_a", "a_", "legal-review", "a.b", "x".repeat(41), "__proto__", "ä", "а" /* Cyrillic */, "a\n"])
      expect(isTemplateName(name), name).to.equal(false);
  });

  it("the hint is what the author meant", () => {
    const cases = {
      "legal-review": "legal_review",
      LegalReview: "legal_review",
      "1st": "st",
      résumé: "resume",
      a__: "a",
      "a.b c": "a_b_c",
      ["x".repeat(50)]: "x".repeat(40),
    };
    for (const [name, want] of Object.entries(cases)) expect(templateNameHint(name), name).to.equal(want);
    expect(templateNameHint("日本")).to.equal(undefined);
    expect(templateNameHint("")).to.equal(undefined);
  });

  it("every hint is a name that can be used", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => isTemplateName(templateNameHint(text) ?? "ok")));
  });

  it("labels and subdomains are those of RFC 1123", () => {
    for (const name of ["a", "a-b", "1", "x".repeat(63)]) expect(isDnsLabel(name) && isDnsSubdomain(name), name).to.equal(true);
    for (const name of ["", "-a", "a-", "A", "a_b", "x".repeat(64), "a\n"]) expect(isDnsLabel(name), name).to.equal(false);
    expect(isDnsLabel("a.b")).to.equal(false);
    expect(isDnsSubdomain("a.b")).to.equal(true);
    for (const name of [".a", "a.", "a..b", "a.-b", "x".repeat(254)]) expect(isDnsSubdomain(name), name).to.equal(false);
  });

  it("a derived name of up to 52 characters is the whole", () => {
    expect(derivedName("news", "legal_review")).to.equal("news-legal-review");
    expect(derivedName("x".repeat(50), "y")).to.equal(`${"x".repeat(50)}-y`);
    expect(managedAgentName("news", "lead")).to.equal("news-lead");
  });

  it("over 52 it is the first 43, a hyphen and 8 hex of the sha256", () => {
    expect(derivedName("x".repeat(51), "y")).to.equal(`${"x".repeat(43)}-fd05498c`);
  });

  it("two long names stay two, and legal", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,40}(\.[a-z0-9]{1,20}){0,3}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, other) => {
        const derived = derivedName(a, b);
        expect(derived.length).to.be.at.most(52);
        expect(isDnsSubdomain(derived), derived).to.equal(true);
        if (b !== other) expect(derivedName(a, other)).not.to.equal(derived);
      }),
    );
  });

  it("no agent's queue is a team's (B60)", () => {
    expect(roleQueueName("demo", "news", "lead")).to.equal("demo.news.lead");
    expect(agentQueueName("demo", "worker")).to.equal("demo._.worker");
  });
});
