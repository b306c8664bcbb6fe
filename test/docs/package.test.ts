// The package as a stranger installs it: packed, put into an empty folder, used.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "../..");

/** Runs a program to its end. */
function run(program: string, args: readonly string[], cwd: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(program, args, { cwd, encoding: "utf8", env: { PATH: process.env["PATH"], HOME: process.env["HOME"] } });
}

describe("the packed package", () => {
  let folder = "";
  before(function () {
    this.timeout(240_000);
    folder = mkdtempSync(join(tmpdir(), "ark-package-"));
    const packed = run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root);
    expect(packed.status, packed.stderr).to.equal(0);
    writeFileSync(join(folder, "package.json"), '{ "name": "stranger", "private": true, "type": "module" }\n');
    const installed = run(
      "npm",
      ["install", "--ignore-scripts", "--no-audit", "--no-fund", join(folder, packed.stdout.trim().split("\n").at(-1) ?? "")],
      folder,
    );
    expect(installed.status, installed.stderr).to.equal(0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("runs a sample with the mock", () => {
    const { status, stdout, stderr } = run(
      "npx",
      ["ark", "run", join(root, "manifests/samples/pipeline.yaml"), "topic=tea", "--provider", "mock"],
      folder,
    );
    expect({ status, stdout }, stderr).to.deep.equal({ status: 0, stdout: "draft: facts: tea\n" });
  });

  it("checks a wrong manifest, schemas and patterns included", () => {
    writeFileSync(
      join(folder, "bad.yaml"),
      'apiVersion: arkonis.dev/v1alpha1\nkind: ArkTeam\nmetadata: { name: bad }\nspec:\n  roles: [{ name: a, model: m, systemPrompt: x }]\n  pipeline: [{ role: a, outputSchema: \'{"type": "strin"}\', validate: { rejectPatterns: ["(?=x)"] } }]\n',
    );
    const { status, stdout } = run("npx", ["ark", "validate", "bad.yaml"], folder);
    expect(status).to.equal(1);
    expect(stdout).to.contain("outputSchema").and.to.contain("rejectPatterns");
  });

  it("publishes the template language, the plugin contract and its conformance kit", () => {
    const script = `
      import { compile } from "kubectl-ark/template";
      import { definePlugin, ProviderError } from "kubectl-ark/plugin";
      import { llmClauses } from "kubectl-ark/plugin/testing";
      console.log(compile("Hello {{ .name }}").render({ name: "Ada" }), typeof definePlugin, new ProviderError("permanent", "x").kind, llmClauses.length > 3);`;
    writeFileSync(join(folder, "use.mjs"), script);
    const { stdout, stderr } = run(process.execPath, ["use.mjs"], folder);
    expect(stdout, stderr).to.equal("Hello Ada function permanent true\n");
  });

  it("makes a plugin project whose conformance test passes, and runs with it (B120, B123)", function () {
    this.timeout(60_000);
    expect(run("npx", ["ark", "init", "--plugin", "llm", "shout"], folder).status).to.equal(0);
    const tested = run(process.execPath, ["--test"], join(folder, "shout"));
    expect(tested.status, tested.stdout + tested.stderr).to.equal(0);
    const listed = run("npx", ["ark", "plugins", "--plugins", "shout/plugins.yaml", "-o", "json"], folder);
    const { plugins } = JSON.parse(listed.stdout) as { plugins: { name: string; state: string; models: string[] }[] };
    expect(plugins[0]).to.deep.include({ name: "shout", state: "Loaded", models: ["shout-*"] });
  });

  it("runs a team with a plugin that imports the contract without having it installed (B122)", () => {
    const other = mkdtempSync(join(tmpdir(), "ark-plugin-"));
    try {
      writeFileSync(
        join(other, "loud.mjs"),
        `import { definePlugin } from "kubectl-ark/plugin";
export default definePlugin({ apiVersion: "plugin.arkonis.dev/v1", kind: "llm", name: "loud", models: ["loud-*"],
  create: () => ({ async complete({ messages }) {
    return { text: messages.at(-1).content.toUpperCase(), toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, stopReason: "end" };
  } }) });`,
      );
      writeFileSync(join(other, "plugins.yaml"), "plugins: [{ file: ./loud.mjs }]\n");
      writeFileSync(
        join(other, "loud.yaml"),
        "apiVersion: arkonis.dev/v1alpha1\nkind: ArkAgent\nmetadata: { name: loud }\nspec: { model: loud-1, systemPrompt: Shout. }\n",
      );
      const ran = run(
        join(folder, "node_modules/.bin/ark"),
        ["run", "loud.yaml", "--input", "hello", "--plugins", "plugins.yaml", "-q"],
        other,
      );
      expect(ran.stdout, ran.stderr).to.equal("HELLO\n");
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});
