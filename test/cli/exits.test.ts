// Wrong usage, wrong input, limits and interruptions of `ark run`: the documented exit code, one clear message, nothing called (B100).

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { ark, inFolder, type Outcome, until } from "./ark.ts";

const TEAM = `apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata:
  name: demo
spec:
  inputs:
    - { name: topic, type: string, required: true }
    - { name: count, type: number, default: 1 }
  roles:
    - name: one
      model: llama3.2
      systemPrompt: First.
    - name: two
      model: llama3.2
      systemPrompt: Second.
  pipeline:
    - role: one
      inputs: { prompt: "{{ .input.topic }} {{ .input.count }}" }
    - role: two
      dependsOn: [one]
      inputs: { text: "{{ .steps.one.output }}" }
`;
const SLOW = "responses:\n  - match: { role: ^two$ }\n    reply: { text: late, delayMs: 60000 }\n";

const all = ({ stdout, stderr }: Outcome): string => stdout + stderr;
const inTeam = <T>(use: (folder: string) => Promise<T>, more: Record<string, string> = {}): Promise<T> =>
  inFolder({ "team.yaml": TEAM, "slow.yaml": SLOW, ...more }, use);

describe("ark run: exit codes (B100)", () => {
  const refusals: Record<string, { args: string[]; says: RegExp; env?: Record<string, string> }> = {
    "a missing input": { args: ["team.yaml"], says: /topic/ },
    "an input that is not declared": { args: ["team.yaml", "topic=x", "cuont=1"], says: /did you mean "count"/ },
    "an input of the wrong type": { args: ["team.yaml", "topic=x", "count=many"], says: /count.*number/ },
    "input that is no JSON": { args: ["team.yaml", "--input", "{nope"], says: /--input is no JSON/ },
    "no k=v pair": { args: ["team.yaml", "topic"], says: /k=v/ },
    "a team that is not there": { args: ["team.yaml", "--team", "dmeo", "topic=x"], says: /did you mean "demo"/ },
    "a provider that is not known": { args: ["team.yaml", "topic=x", "--provider", "nope"], says: /provider "nope" is not known/ },
    "a key for another provider than the role needs": {
      args: ["team.yaml", "topic=x", "--provider", "anthropic"],
      says: /set ANTHROPIC_API_KEY/,
      env: { OPENAI_API_KEY: "sk-canary-0123456789" },
    },
    "a duration that is none": { args: ["team.yaml", "topic=x", "--timeout", "7d"], says: /168h/ },
    "a budget that is none": { args: ["team.yaml", "topic=x", "--max-tokens", "-5"], says: /whole number/ },
    "a format that is not known": { args: ["team.yaml", "topic=x", "-o", "xml"], says: /text, json, yaml/ },
    "a script that is not there": { args: ["team.yaml", "topic=x", "--mock", "no.yaml"], says: /no\.yaml does not exist/ },
    "a script that is wrong": { args: ["team.yaml", "topic=x", "--mock", "bad.yaml"], says: /bad\.yaml:2:\d+: / },
    "a journal that is none": { args: ["team.yaml", "--resume", "team.yaml"], says: /journal/ },
    "a journal that would overwrite a file": { args: ["team.yaml", "topic=x", "--journal", "team.yaml"], says: /exists already/ },
    "a flag that nobody knows": { args: ["team.yaml", "--frob"], says: /unknown option/ },
    "a file that is not there": { args: ["nope.yaml"], says: /does not exist/ },
  };
  for (const [sentence, { args, says, env }] of Object.entries(refusals)) {
    it(`2: ${sentence}`, () =>
      inTeam(
        async (folder) => {
          const outcome = await ark(["run", ...args], { cwd: folder, ...(env && { env }) });
          expect(outcome.code, all(outcome)).to.equal(2);
          expect(all(outcome)).to.match(says);
          expect(outcome.stdout).to.equal("");
          expect(all(outcome)).to.not.match(/\n\s+at .*:\d+|canary/);
        },
        { "bad.yaml": "responses:\n  - match: { roel: x }\n    reply: { text: a }\n" },
      ));
  }

  it("0: values of any type, text by k=v", () =>
    inTeam(async (folder) => {
      const outcome = await ark(["run", "team.yaml", "topic=tea", "count=3", "-o", "json"], { cwd: folder });
      expect((JSON.parse(outcome.stdout) as { spec: { input: unknown } }).spec.input).to.deep.equal({ topic: "tea", count: 3 });
    }));

  it("0: an agent alone, from standard input, its prompt by --input", async () => {
    const agent =
      "apiVersion: arkonis.dev/v1alpha1\nkind: ArkAgent\nmetadata: { name: solo }\nspec: { model: mock, systemPrompt: Answer. }\n";
    const outcome = await ark(["run", "-", "--input", "say this"], { stdin: agent });
    expect({ code: outcome.code, stdout: outcome.stdout }, outcome.stderr).to.deep.equal({ code: 0, stdout: "say this\n" });
  });

  it("1: the budget of tokens ends a run before the call that would exceed it (B47)", () =>
    inTeam(async (folder) => {
      const outcome = await ark(["run", "team.yaml", "topic=x", "--max-tokens", "12", "-o", "json"], { cwd: folder });
      const { status } = JSON.parse(outcome.stdout) as {
        status: { conditions: { reason: string }[]; totalTokenUsage?: { totalTokens: number } };
      };
      expect(outcome.code).to.equal(1);
      expect(status.conditions[0]?.reason).to.equal("BudgetExceeded");
      expect(status.totalTokenUsage?.totalTokens ?? 0).to.be.at.most(12);
    }));

  it("1: a template that fails at run time names its line and column (B32)", () =>
    inTeam(
      async (folder) => {
        const outcome = await ark(["run", "broken.yaml", "topic=x"], { cwd: folder });
        expect(outcome.code).to.equal(1);
        expect(outcome.stderr).to.match(/TemplateError.*line 1, column \d+/);
      },
      { "broken.yaml": TEAM.replace("{{ .steps.one.output }}", "{{ fromJson .steps.one.output }}") },
    ));

  it("1: a step's own timeout; 3: the run's", () =>
    inTeam(
      async (folder) => {
        const step = await ark(["run", "step.yaml", "topic=x", "--mock", "slow.yaml"], { cwd: folder });
        expect({ code: step.code, says: /TimedOut/.test(step.stderr) }, step.stderr).to.deep.equal({ code: 1, says: true });
        const run = await ark(["run", "team.yaml", "topic=x", "--mock", "slow.yaml", "--timeout", "1s"], { cwd: folder });
        expect(run.code, run.stderr).to.equal(3);
        expect(run.ms).to.be.lessThan(10_000);
      },
      { "step.yaml": TEAM.replace("role: two", "role: two\n      timeoutSeconds: 1") },
    ));

  it("130: Ctrl-C ends the run as Cancelled within 2 s, its journal whole", () =>
    inTeam(async (folder) => {
      let sentMs = 0;
      const outcome = await ark(["run", "team.yaml", "topic=x", "--mock", "slow.yaml", "--journal", "run.jsonl"], {
        cwd: folder,
        meanwhile: async (child, seen) => {
          await until(seen, "two: started");
          sentMs = performance.now();
          child.kill("SIGINT");
        },
      });
      expect(outcome.code, outcome.stderr).to.equal(130);
      expect(performance.now() - sentMs).to.be.lessThan(2_000);
      const events = (await readFile(join(folder, "run.jsonl"), "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(events.map(({ seq }) => seq)).to.deep.equal(events.map((_, i) => i + 1));
      expect(events.find(({ type }) => type === "run.finished")).to.include({ phase: "Cancelled" });
      expect(events[0]).to.have.property("snapshot");
    }));
});

describe("ark run: real providers (B70–B72)", () => {
  const KEY = "sk-canary-0123456789abcdef";
  const withServer = async <T>(
    answer: (n: number, respond: { status: number; headers: Record<string, string>; body: string }) => void,
    use: (url: string, calls: () => number) => Promise<T>,
  ): Promise<T> => {
    let calls = 0;
    const server: Server = createServer((request, response) => {
      request.resume().on("end", () => {
        const respond = { status: 200, headers: { "content-type": "text/event-stream" } as Record<string, string>, body: "" };
        answer(++calls, respond);
        response.writeHead(respond.status, respond.headers).end(respond.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      return await use(`http://127.0.0.1:${(server.address() as { port: number }).port}/v1`, () => calls);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  };
  const chat = (text: string): string =>
    `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta: { content: text }, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })}\n\ndata: [DONE]\n\n`;

  it("an OpenAI-compatible endpoint answers; its tokens count", () =>
    withServer(
      (_, respond) => (respond.body = chat("from a model")),
      (url) =>
        inTeam(async (folder) => {
          const outcome = await ark(["run", "team.yaml", "topic=x", "-o", "json"], {
            cwd: folder,
            env: { OPENAI_BASE_URL: url, OPENAI_API_KEY: KEY },
          });
          const { status } = JSON.parse(outcome.stdout) as { status: { output: string; totalTokenUsage: { totalTokens: number } } };
          expect(status).to.deep.include({ output: "from a model" });
          expect(status.totalTokenUsage.totalTokens).to.equal(10);
        }),
    ));

  it("429 is waited out and never counts as the agent's failure", () =>
    withServer(
      (n, respond) => {
        if (n === 1) Object.assign(respond, { status: 429, headers: { "retry-after": "1" }, body: "{}" });
        else respond.body = chat("after a while");
      },
      (url) =>
        inTeam(async (folder) => {
          const outcome = await ark(["run", "team.yaml", "topic=x"], { cwd: folder, env: { OPENAI_BASE_URL: url } });
          expect({ code: outcome.code, stdout: outcome.stdout }, outcome.stderr).to.deep.equal({ code: 0, stdout: "after a while\n" });
        }),
    ));

  it("401 fails at once, and the key is nowhere", () =>
    withServer(
      (_, respond) => Object.assign(respond, { status: 401, headers: {}, body: JSON.stringify({ error: { message: `bad key ${KEY}` } }) }),
      (url, calls) =>
        inTeam(async (folder) => {
          const env = { OPENAI_BASE_URL: url, OPENAI_API_KEY: KEY, ARK_LOG: "debug" };
          const outcome = await ark(["run", "team.yaml", "topic=x", "--journal", "j.jsonl", "-o", "json"], { cwd: folder, env });
          expect(outcome.code).to.equal(1);
          expect(calls()).to.equal(1);
          expect(outcome.stderr).to.contain("401");
          expect(all(outcome) + (await readFile(join(folder, "j.jsonl"), "utf8"))).to.not.contain("canary");
        }),
    ));

  const hostile: Record<string, { headers?: Record<string, string>; body: string }> = {
    "HTML with 200": { headers: { "content-type": "text/html" }, body: "<html><body>hello</body></html>" },
    "no choices": { body: 'data: {"choices":[]}\n\ndata: [DONE]\n\n' },
    "an answer that is cut off": { body: 'data: {"choices":[{"index":0,"del' },
    "an answer of the wrong type": { headers: { "content-type": "application/json" }, body: "[1,2,3]" },
    "nothing at all": { body: "" },
    "100 MB without an end": { body: `data: ${"x".repeat(100 * 1024 * 1024)}` },
  };
  for (const [sentence, { headers, body }] of Object.entries(hostile)) {
    it(`${sentence}: one clear message, bounded time`, () =>
      withServer(
        (_, respond) => Object.assign(respond, { body, ...(headers && { headers }) }),
        (url) =>
          inTeam(async (folder) => {
            const outcome = await ark(["run", "team.yaml", "topic=x", "--timeout", "6s"], { cwd: folder, env: { OPENAI_BASE_URL: url } });
            expect(outcome.code, all(outcome)).to.be.oneOf([1, 3]);
            expect(all(outcome)).to.not.match(/\n\s+at .*:\d+/);
            expect(outcome.ms).to.be.lessThan(20_000);
          }),
      ));
  }
});
