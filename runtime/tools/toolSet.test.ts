import { expect } from "chai";
import type { JsonValue } from "../../crds/index.ts";
import { aTask } from "../../test/builders/agentWorld.ts";
import type { Tool, ToolSource } from "./tool.ts";
import { ToolSet } from "./toolSet.ts";

const aTool = (
  name: string,
  source: ToolSource,
  call: Tool["call"] = async () => ({ text: `${source} ${name}`, isError: false }),
): Tool => ({
  name,
  description: name,
  inputSchema: { type: "object", properties: { n: { type: "number" } }, required: [] },
  source,
  call,
});
const context = { task: aTask(), signal: new AbortController().signal, span: "0", n: 1, idle: <T>(wait: () => Promise<T>) => wait() };
const deep = (levels: number): JsonValue => (levels === 0 ? 1 : { d: deep(levels - 1) });

describe("the tools of a task (B75)", () => {
  it("are looked up built-in, HTTP, MCP; whoever comes later with a name is dropped", async () => {
    const set = new ToolSet([aTool("a", "mcp"), aTool("a", "http"), aTool("delegate", "http"), aTool("delegate", "built-in")]);
    expect((await set.call("delegate", {}, context)).content).to.equal("built-in delegate");
    expect((await set.call("a", {}, context)).content).to.equal("http a");
    expect(set.dropped.map(({ name }) => name)).to.deep.equal(["delegate", "a"]);
    expect(set.offered().map(({ name }) => name)).to.deep.equal(["delegate", "a"]);
  });

  const refusals: Record<string, { name?: string; args: JsonValue; want: RegExp }> = {
    "an unknown name": { name: "b", args: {}, want: /there is no tool "b"; there are: a$/ },
    "a name of every object": { name: "constructor", args: {}, want: /there is no tool/ },
    "arguments that are a text": { args: '{"n":1}', want: /have to be a JSON object/ },
    "arguments that are a list": { args: [], want: /have to be a JSON object/ },
    "arguments that are nothing": { args: null, want: /have to be a JSON object/ },
    "arguments that do not fit, with the path": { args: { n: "x" }, want: /do not fit: .*n.*nothing was called/ },
    "arguments that are nested too deep": { args: deep(200), want: /do not fit/ },
    "arguments that are too long": { args: { t: "x".repeat(2 ** 20) }, want: /longer than 1 MiB/ },
  };
  for (const [sentence, { name = "a", args, want }] of Object.entries(refusals)) {
    it(`answer ${sentence} with an error, and call nothing`, async () => {
      let called = false;
      const set = new ToolSet([aTool("a", "http", async () => ((called = true), { text: "", isError: false }))]);
      const answer = await set.call(name, args, context);
      expect(answer.isError).to.equal(true);
      expect(answer.content).to.match(want);
      expect(called).to.equal(false);
    });
  }

  it("turn what a tool throws into an answer", async () => {
    const set = new ToolSet([aTool("a", "mcp", () => Promise.reject(new Error("broken")))]);
    expect(await set.call("a", {}, context)).to.deep.equal({ content: "a failed: broken", isError: true });
  });
  it("cut what is too long, and mark what is not ours (S71)", async () => {
    const set = new ToolSet([aTool("a", "mcp", async () => ({ text: "ü".repeat(2 ** 20), isError: false, from: "tool a" }))]);
    const { content } = await set.call("a", {}, context);
    expect(content)
      .to.match(/^<untrusted source="tool a">\nü/)
      .and.to.match(/\(cut: the answer is longer than 256 KiB\)\n<\/untrusted>$/);
    expect(Buffer.byteLength(content)).to.be.lessThan(262_144 + 100);
  });
  it("say that there are none", async () =>
    expect((await new ToolSet([]).call("a", {}, context)).content).to.contain("answer without tools"));
});
