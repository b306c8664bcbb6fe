import { expect } from "chai";
import fc from "fast-check";
import { BUILTIN_PLUGINS } from "./builtin.ts";
import { chooseAuto, matchesGlob, missingCredentials, providerNameOf, type Route } from "./routing.ts";

describe("providerNameOf (B70)", () => {
  const acme = { name: "acme", models: ["acme-*", "claude-own"] };
  const cases: Record<string, { model: string; route?: Route; want: string }> = {
    "claude is Anthropic's": { model: "claude-sonnet-4", want: "anthropic" },
    "gemini is Google's": { model: "gemini-2.5-pro", want: "gemini" },
    "gpt is OpenAI's": { model: "gpt-5", want: "openai" },
    "so are the o models": { model: "o3-mini", want: "openai" },
    "and everything else": { model: "llama3.1:8b", want: "openai" },
    "mock is the mock": { model: "mock", want: "mock" },
    "a name that only begins like it is not": { model: "mockingbird", want: "openai" },
    "the agent's provider comes before the rule": { model: "claude-x", route: { provider: "openai" }, want: "openai" },
    "AGENT_PROVIDER comes before the agent's": { model: "x", route: { provider: "openai", agentProvider: "gemini" }, want: "gemini" },
    "the flag comes before all": { model: "x", route: { provider: "a", agentProvider: "b", flag: "mock" }, want: "mock" },
    "auto decides nothing": { model: "x", route: { flag: "auto", agentProvider: "gemini" }, want: "gemini" },
    "empty is not set": { model: "claude-x", route: { flag: "", agentProvider: " " }, want: "anthropic" },
    "a plugin's claim comes before the rule": { model: "claude-own", route: { plugins: [acme] }, want: "acme" },
    "a plugin claims no more than it says": { model: "claude-x", route: { plugins: [acme] }, want: "anthropic" },
    "the agent's provider comes before a plugin's claim": {
      model: "acme-1",
      route: { plugins: [acme], provider: "openai" },
      want: "openai",
    },
  };
  for (const [sentence, { model, route, want }] of Object.entries(cases)) {
    it(sentence, () => expect(providerNameOf(model, route)).to.equal(want));
  }
});

describe("chooseAuto and missingCredentials (B70)", () => {
  const env = (values: Record<string, string>) => (name: string) => values[name];

  it("with nothing in the environment the whole run is the mock's", () => {
    expect(chooseAuto({ env: env({}) })).to.equal("mock");
    expect(chooseAuto({ env: env({ OPENAI_API_KEY: " " }) })).to.equal("mock");
  });
  for (const name of [
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "GEMINI_API_KEY",
    "GEMINI_BASE_URL",
  ]) {
    it(`${name} alone ends that`, () => expect(chooseAuto({ env: env({ [name]: "x" }) })).to.equal(undefined));
  }
  it("so does a plugin's provider", () => expect(chooseAuto({ env: env({}), plugins: [{ name: "acme" }] })).to.equal(undefined));

  const cases: Record<string, { provider: string; values: Record<string, string>; want: string | undefined }> = {
    "a provider without its key names it": { provider: "anthropic", values: { OPENAI_API_KEY: "x" }, want: "ANTHROPIC_API_KEY" },
    "a key is enough": { provider: "gemini", values: { GEMINI_API_KEY: "x" }, want: undefined },
    "an endpoint of one's own needs none": {
      provider: "openai",
      values: { OPENAI_BASE_URL: "http://localhost:11434/v1" },
      want: undefined,
    },
    "the mock needs nothing": { provider: "mock", values: {}, want: undefined },
    "a plugin knows itself": { provider: "acme", values: {}, want: undefined },
    "so does a name of Object.prototype": { provider: "constructor", values: {}, want: undefined },
  };
  for (const [sentence, { provider, values, want }] of Object.entries(cases)) {
    it(sentence, () => expect(missingCredentials(provider, env(values))).to.equal(want));
  }
});

describe("matchesGlob", () => {
  const cases: [string, string, boolean][] = [
    ["gpt-5", "gpt-*", true],
    ["gpt-", "gpt-*", true],
    ["my-gpt-5", "gpt-*", false],
    ["o1", "o1*", true],
    ["abc", "a?c", true],
    ["ac", "a?c", false],
    ["a.c", "a.c", true],
    ["abc", "a.c", false],
    ["axbxc", "a*b*c", true],
    ["", "*", true],
    ["a", "", false],
  ];
  for (const [text, glob, want] of cases) it(`${text} and ${glob}`, () => expect(matchesGlob(text, glob)).to.equal(want));

  it("is what a regular expression says", () => {
    const letters = fc.array(fc.constantFrom("a", "b"), { maxLength: 8 }).map((list) => list.join(""));
    const globs = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 6 }).map((list) => list.join(""));
    fc.assert(
      fc.property(letters, globs, (text, glob) => {
        const pattern = new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(matchesGlob(text, glob)).to.equal(pattern.test(text));
      }),
    );
  });
});

describe("the built-in plugins", () => {
  for (const { kind, name, models, load } of BUILTIN_PLUGINS) {
    it(`${kind} ${name} is what the list says`, async () => {
      const plugin = await load();
      expect({ kind: plugin.kind, name: plugin.name, models: plugin.models }).to.deep.equal({ kind, name, models });
    });
  }
});
