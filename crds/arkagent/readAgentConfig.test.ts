import { expect } from "chai";
import { readAgentConfig } from "./readAgentConfig.ts";

const GOOD = {
  ...{ v: 1, namespace: "demo", agent: "news-writer", model: "mock", prompt: { inline: "Write." }, before: [], after: [] },
  limits: { maxTokensPerCall: 8_000, maxConcurrentTasks: 5, timeoutSeconds: 120, maxDailyTokens: 0, retries: 3 },
  ...{ tools: [], mcpServers: [], capabilities: [], probe: { type: "ping", intervalSeconds: 30 } },
  queues: [{ name: "demo.news.writer", team: "news", role: "writer" }],
};
const faultsOf = (value: unknown): readonly string[] => {
  const read = readAgentConfig(typeof value === "string" ? value : JSON.stringify(value));
  return "faults" in read ? read.faults : [];
};

describe("agent.json", () => {
  it("is read as it is", () => expect(readAgentConfig(JSON.stringify(GOOD))).to.deep.equal({ config: GOOD }));
  it("may hold what only newer programs know", () => {
    expect(faultsOf({ ...GOOD, newer: 1, mcpServers: [{ name: "a", args: [], headers: [], mtls: { certFile: "x" } }] })).to.deep.equal([]);
  });

  const CASES: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    "no JSON": ["{", /^it is no JSON/],
    "a list": [[], /object/],
    null: ["null", /object/],
    "another version": [{ ...GOOD, v: 2 }, /version 2.*same release/],
    "no model": [{ ...GOOD, model: undefined }, /^model: is required/],
    "an empty model": [{ ...GOOD, model: "" }, /^model: /],
    "no queues": [{ ...GOOD, queues: [] }, /^queues: /],
    "a queue without a name": [{ ...GOOD, queues: [{ team: "a", role: "b" }] }, /^queues\[0\]\.name: /],
    "no slots": [{ ...GOOD, limits: { ...GOOD.limits, maxConcurrentTasks: 0 } }, /^limits\.maxConcurrentTasks: /],
    "two prompts": [{ ...GOOD, prompt: { inline: "a", file: "b" } }, /either inline or file/],
    "no prompt": [{ ...GOOD, prompt: {} }, /either inline or file/],
    "a probe that nobody knows": [{ ...GOOD, probe: { type: "other", intervalSeconds: 1 } }, /^probe\.type: /],
  };
  for (const [what, [value, pattern]] of Object.entries(CASES))
    it(`refuses ${what}`, () => expect(faultsOf(value).join()).to.match(pattern));
  it("names all faults at once", () => expect(faultsOf({ ...GOOD, model: "", queues: [] })).to.have.length(2));
});
