// Every sample of manifests/samples, run as its first lines say.

import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { ark, inFolder, type Outcome } from "./ark.ts";

const SAMPLES = join(import.meta.dirname, "../../manifests/samples");

interface Step {
  name: string;
  role?: string;
  phase: string;
  parent?: string;
  depth?: number;
  output?: string;
  message?: string;
  resolvedAgent?: string;
  tokenUsage?: { totalTokens: number };
}
interface Run {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; uid: string; labels: Record<string, string> };
  spec: Record<string, unknown>;
  status: {
    phase: string;
    output?: string;
    steps: Step[];
    totalTokenUsage: { totalTokens: number };
    snapshot: unknown;
    conditions: { type: string; reason: string }[];
    failedStep?: string;
  };
}

const runOf = ({ stdout }: Outcome): Run => JSON.parse(stdout) as Run;
const sample = (args: readonly string[]): Promise<Outcome> => ark(["run", ...args], { cwd: SAMPLES });

describe("the samples (B100)", () => {
  it("pipeline: three steps, the result alone on standard output", async () => {
    const { code, stdout, stderr } = await sample(["pipeline.yaml", "topic=tea"]);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "draft: facts: tea\n" });
    expect(stderr).to.contain("mock").and.to.contain("OPENAI_API_KEY");
  });

  it("delegation: the work of the delegates stands in the record, with parent and depth (B62)", async () => {
    const outcome = await sample(["delegation.yaml", "--mock", "../mock/delegation.yaml", "-o", "json"]);
    const run = runOf(outcome);
    expect(outcome.code, outcome.stderr).to.equal(0);
    expect(run).to.include({ apiVersion: "arkonis.dev/v1alpha1", kind: "ArkRun" });
    expect(run.metadata.labels).to.deep.equal({ "arkonis.dev/team": "newsroom" });
    const delegated = run.status.steps.filter(({ parent }) => parent === "lead");
    expect(delegated.map(({ role, depth, phase }) => `${role} ${depth} ${phase}`).sort()).to.deep.equal([
      "researcher 1 Succeeded",
      "writer 1 Succeeded",
    ]);
    expect(delegated.every(({ name }) => /^lead~[0-9a-f]{8}~1$/.test(name))).to.equal(true);
    const sum = run.status.steps.reduce((total, step) => total + (step.tokenUsage?.totalTokens ?? 0), 0);
    expect(run.status.totalTokenUsage.totalTokens).to.equal(sum);
    expect(run.status.snapshot).to.be.an("object");
    expect(run.status.conditions[0]).to.include({ type: "Ready", reason: "Succeeded" });
  });

  it("mixed: a role of a pipeline delegates while it works on its step", async () => {
    const run = runOf(await sample(["mixed.yaml", "--mock", "../mock/mixed.yaml", "-o", "json"]));
    expect(run.status.steps.map(({ role, parent }) => [role, parent])).to.deep.include.members([
      ["database", "analysis"],
      ["reporter", undefined],
    ]);
  });

  it("loop: asked again when an answer does not fit, repeated until it is approved (B43, B44, B45)", async () => {
    const { code, stdout, stderr } = await sample(["loop.yaml", "--mock", "../mock/loop.yaml"]);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "Your morning, in tune. (rounds: 2)\n" });
    expect(stderr).to.contain("asked again").and.to.contain("review: Skipped");
  });

  it("routed: one call of the model picks the agent (B98)", async () => {
    const run = runOf(await sample(["routed.yaml", "--mock", "../mock/routed.yaml", "-o", "json"]));
    expect(run.status.phase).to.equal("Succeeded");
    expect(run.status.steps.map(({ name, resolvedAgent }) => [name, resolvedAgent])).to.deep.include.members([["route", "billing"]]);
    expect(run.status.output).to.equal("Send me the number of the invoice.");
  });

  it("cross-team: a whole team runs as one step, and its tokens count (B48)", async () => {
    const outcome = await sample(["crossteam.yaml", "--team", "product", "--mock", "../mock/crossteam.yaml", "-o", "json"]);
    const legal = runOf(outcome).status.steps.find(({ name }) => name === "legal");
    expect(legal).to.include({ phase: "Succeeded", output: "Keep the invoices for as long as the law says; delete the rest." });
    expect(legal?.tokenUsage?.totalTokens).to.be.greaterThan(0);
    expect(legal?.message).to.match(/^done by run "product-\w+-legal"$/);
    expect(outcome.stderr).to.match(/run product-\w+-legal: Succeeded/);
  });

  it("approval: decided by a flag, or stopped with exit 4 and gone on with from the journal (B50)", async () => {
    expect((await sample(["approval.yaml", "--approve", "publish"])).stdout).to.equal("notes: faster start, fewer words\n");
    const rejected = await sample(["approval.yaml", "--reject", "publish"]);
    expect(rejected.code).to.equal(1);
    expect(rejected.stderr).to.contain("Rejected");
    await inFolder({ "approval.yaml": readFileSync(join(SAMPLES, "approval.yaml")) }, async (folder) => {
      const stopped = await ark(["run", "approval.yaml"], { cwd: folder });
      expect(stopped.code, stopped.stderr).to.equal(4);
      const [journal = ""] = (await readdir(folder)).filter((file) => file.endsWith(".journal.jsonl"));
      expect(stopped.stderr).to.contain(journal);
      const resumed = await ark(["run", "approval.yaml", "--resume", journal, "--approve", "publish"], { cwd: folder });
      expect(resumed.code, resumed.stderr).to.equal(0);
      expect(resumed.stdout).to.equal("notes: faster start, fewer words\n");
      expect(resumed.stderr).to.not.contain("notes: started");
      const again = await ark(["run", "approval.yaml", "--resume", journal, "--approve", "publish"], { cwd: folder });
      expect(again.code).to.equal(2);
      expect(again.stderr).to.contain("has ended as Succeeded");
    });
  });

  it("tools over HTTP: the model's arguments fill the address, the answer comes back (B74)", () =>
    new Promise<void>((resolve, reject) => {
      const asked: string[] = [];
      const server = createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`);
        response.setHeader("content-type", "application/json").end('{"sky":"rain"}');
      }).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as { port: number };
        const yaml = readFileSync(join(SAMPLES, "tools-http.yaml"), "utf8").replaceAll("8765", String(port));
        inFolder({ "team.yaml": yaml, "mock.yaml": readFileSync(join(SAMPLES, "../mock/tools-http.yaml")) }, (folder) =>
          ark(["run", "team.yaml", "--mock", "mock.yaml"], { cwd: folder }),
        )
          .then(({ code, stdout, stderr }) => {
            expect({ code, stdout }, stderr).to.deep.equal({ code: 0, stdout: "Yes: rain.\n" });
            expect(asked).to.deep.equal(["GET /weather/Hamburg"]);
          })
          .finally(() => server.close())
          .then(resolve, reject);
      });
    }));

  it("tools over MCP: a server of its own process (B73)", async () => {
    const { code, stdout, stderr } = await sample(["tools-mcp.yaml", "--mock", "../mock/tools-mcp.yaml"]);
    expect({ code, stdout }, stderr).to.deep.equal({ code: 0, stdout: "Noted.\n" });
  });
});
