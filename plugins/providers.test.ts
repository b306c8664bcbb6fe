import { expect } from "chai";
import { mockScriptOf } from "./llm-mock/index.ts";
import { createProviders, type ProviderSource, type ProvidersParts } from "./providers.ts";
import { type LlmProvider, type LlmRequest, silentLog, systemClock } from "./sdk/index.ts";

const aRequest: LlmRequest = { model: "mock", system: "", messages: [{ role: "user", content: "hello" }], tools: [], maxTokens: 100 };
const signal = new AbortController().signal;

const partsOf = (env: Record<string, string> = {}, change: Partial<ProvidersParts> = {}): ProvidersParts => ({
  host: { log: silentLog, fetch, clock: systemClock, secret: (name) => env[name] },
  ...change,
});

/** A source that counts what is done with it. */
function aSource(name: string, fails = 0): ProviderSource & { opened: number; closed: number } {
  const source = {
    name,
    models: [`${name}-*`],
    opened: 0,
    closed: 0,
    async open(): Promise<LlmProvider> {
      source.opened++;
      if (source.opened <= fails) throw new Error("not yet");
      return {
        complete: async () => ({ text: name, toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, stopReason: "end" }),
        close: async () => void source.closed++,
      };
    },
  };
  return source;
}

describe("createProviders (B70)", () => {
  it("finds the provider of a model and makes it once", async () => {
    const acme = aSource("acme");
    const providers = createProviders(partsOf({}, { sources: [acme] }));
    const [first, second] = await Promise.all([providers.providerFor("acme-1", undefined), providers.providerFor("acme-2", undefined)]);
    expect(first.name).to.equal("acme");
    expect(first.provider).to.equal(second.provider);
    await providers.close();
    await providers.close();
    expect(acme).to.deep.include({ opened: 1, closed: 1 });
  });

  it("a plugin's provider takes the place of a built-in one of its name", async () => {
    const own = aSource("openai");
    const { provider } = await createProviders(partsOf({}, { sources: [own] })).providerFor("gpt-5", undefined);
    expect((await provider.complete(aRequest, { signal })).text).to.equal("openai");
  });

  it("a provider that could not be made is tried again by the next who asks", async () => {
    const acme = aSource("acme", 1);
    const providers = createProviders(partsOf({}, { sources: [acme] }));
    const error: unknown = await providers.providerFor("acme-1", undefined).catch((thrown: unknown) => thrown);
    expect(error).to.deep.include({ name: "ProviderError", kind: "permanent", message: 'provider "acme" could not be made: not yet' });
    expect((await providers.providerFor("acme-1", undefined)).name).to.equal("acme");
  });

  const obstacles: Record<string, { env?: Record<string, string>; model: string; provider?: string; want: string | undefined }> = {
    "a key that is missing is named": {
      env: { OPENAI_API_KEY: "x" },
      model: "claude-x",
      want: 'model "claude-x" is asked through provider anthropic, which has no key; set ANTHROPIC_API_KEY',
    },
    "a provider that nobody knows is named": {
      model: "x",
      provider: "acne",
      want: 'provider "acne" is not known; it is one of anthropic, gemini, mock, openai, or a plugin\'s',
    },
    "a key is enough": { env: { ANTHROPIC_API_KEY: "x" }, model: "claude-x", want: undefined },
    "the mock needs nothing": { model: "mock", want: undefined },
  };
  for (const [sentence, { env, model, provider, want }] of Object.entries(obstacles)) {
    it(sentence, async () => {
      const providers = createProviders(partsOf(env));
      expect(providers.obstacleFor(model, provider)).to.equal(want);
      const outcome: unknown = await providers.providerFor(model, provider).catch((thrown: unknown) => thrown);
      if (want !== undefined) expect(outcome).to.deep.include({ name: "ProviderError", kind: "permanent", message: want });
      else expect(outcome).to.have.property("provider");
      await providers.close();
    });
  }

  it("hands the mock its script", async () => {
    const verdict = mockScriptOf(
      { responses: [{ reply: { text: "scripted" } }] },
      { positionOf: () => ({ line: 1, column: 1 }), compilePattern: (text) => new RegExp(text, "u") },
    );
    if ("faults" in verdict) throw new Error("the script is right");
    const providers = createProviders(partsOf({}, { flag: "mock", options: { mock: { script: verdict.script } } }));
    const { name, provider } = await providers.providerFor("gpt-5", "openai");
    expect(name).to.equal("mock");
    expect((await provider.complete(aRequest, { signal })).text).to.equal("scripted");
  });

  it("closed, it gives out nothing", async () => {
    const providers = createProviders(partsOf());
    await providers.close();
    expect(await providers.providerFor("mock", undefined).catch((error: Error) => error.message)).to.equal("the providers are closed");
  });
});
