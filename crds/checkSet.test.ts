import { expect } from "chai";
import { brief } from "../test/builders/faults.ts";
import { checkSet } from "./checkSet.ts";
import { loadYaml } from "./text/load.ts";

/** What is said about the files, as `file:line:column path code`. */
function said(files: Record<string, string>): { errors: string[]; warnings: string[] } {
  const documents = Object.entries(files).flatMap(([file, text]) => {
    const loaded = loadYaml(text, file);
    expect(loaded.faults).to.deep.equal([]);
    return loaded.documents;
  });
  const { errors, warnings } = checkSet(documents);
  const line = (fault: (typeof errors)[number]): string => `${fault.file}:${fault.line}:${fault.column} ${brief(fault)}`;
  return { errors: errors.map(line), warnings: warnings.map(line) };
}

const head = (kind: string, name: string, namespace?: string): string =>
  `apiVersion: arkonis.dev/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${namespace === undefined ? "" : `  namespace: ${namespace}\n`}`;
const team = (name: string, step: string, namespace?: string): string => `${head("ArkTeam", name, namespace)}spec:
  roles:
    - name: a
      ${step}
  pipeline:
    - role: a
`;
const agent = (name: string, more = ""): string => `${head("ArkAgent", name)}spec:\n  model: mock\n  systemPrompt: Work.\n${more}`;
const NOTHING = { errors: [], warnings: [] };

describe("checkSet (B101)", () => {
  it("finds what the files hold, in any order and file", () => {
    expect(said({ "a.yaml": team("demo", "arkAgent: worker"), "b.yaml": agent("worker") })).to.deep.equal(NOTHING);
    expect(said({ "b.yaml": agent("worker"), "a.yaml": team("demo", "arkAgent: worker") })).to.deep.equal(NOTHING);
  });

  it("warns of what they do not hold, with the nearest name", () => {
    expect(said({ "a.yaml": team("demo", "arkAgent: wroker"), "b.yaml": agent("worker") }).warnings).to.deep.equal([
      "a.yaml:8:7 spec.roles[0].arkAgent missingObject",
    ]);
  });

  it("an agent that is made for an inline role is there", () => {
    const made = "model: mock\n      systemPrompt: Work.";
    expect(said({ "a.yaml": team("demo", made), "b.yaml": team("other", "arkAgent: demo-a") })).to.deep.equal(NOTHING);
  });

  it("two agents of one name are a warning, however the name came about", () => {
    const made = "model: mock\n      systemPrompt: Work.";
    expect(said({ "a.yaml": team("demo", made), "b.yaml": agent("demo-a") }).warnings).to.deep.equal([
      "a.yaml:7:7 spec.roles[0].name duplicate",
    ]);
    const twice = said({ "a.yaml": team("x-y", made), "b.yaml": team("x", made).replaceAll(": a\n", ": y_a\n") });
    expect(twice).to.deep.equal({ errors: [], warnings: ["b.yaml:7:7 spec.roles[0].name duplicate"] });
  });

  it("the same object twice is an error that names both places", () => {
    expect(said({ "a.yaml": agent("worker"), "b.yaml": `# again\n${agent("worker")}` }).errors).to.deep.equal([
      "b.yaml:5:3 metadata.name duplicate",
    ]);
    expect(
      checkSet([...loadYaml(agent("w"), "a.yaml").documents, ...loadYaml(agent("w"), "b.yaml").documents]).errors[0]?.message,
    ).to.contain("a.yaml:4:3");
    expect(said({ "a.yaml": team("demo", "arkTeam: b", "one"), "b.yaml": team("demo", "arkTeam: b", "two") }).errors).to.deep.equal([]);
    expect(said({ "a.yaml": `${agent("w")}---\n${head("ArkMemory", "w")}spec:\n  backend: in-context\n` })).to.deep.equal(NOTHING);
  });

  it("the default namespace is the one that is not named", () => {
    const named = agent("worker").replace("  name: worker\n", "  name: worker\n  namespace: default\n");
    expect(said({ "a.yaml": agent("worker"), "b.yaml": named }).errors).to.deep.equal(["b.yaml:4:3 metadata.name duplicate"]);
  });

  it("passes over other kinds, and looks into ConfigMaps for prompts", () => {
    const prompt = "  systemPromptRef:\n    configMapKeyRef: { name: prompts, key: lead }\n";
    const referring = agent("worker", prompt).replace("  systemPrompt: Work.\n", "");
    const map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: prompts\ndata:\n  laed: Work.\n";
    expect(said({ "a.yaml": `${map}---\napiVersion: apps/v1\nkind: Deployment\n` })).to.deep.equal(NOTHING);
    expect(said({ "a.yaml": referring }).warnings).to.deep.equal(["a.yaml:8:24 spec.systemPromptRef.configMapKeyRef.name missingObject"]);
    expect(said({ "a.yaml": referring, "b.yaml": map }).warnings).to.deep.equal([
      "a.yaml:8:39 spec.systemPromptRef.configMapKeyRef.key missingObject",
    ]);
    expect(said({ "a.yaml": referring, "b.yaml": map.replace("laed", "lead") })).to.deep.equal(NOTHING);
  });

  it("an unknown kind of our group is a warning, the older ArkFlow with its way out", () => {
    expect(said({ "a.yaml": head("ArkTaem", "x") })).to.deep.equal({ errors: [], warnings: ["a.yaml:2:1 kind unknownKind"] });
    const flow = checkSet(loadYaml(head("ArkFlow", "x"), "a.yaml").documents);
    expect(flow.warnings[0]?.message).to.contain("ark convert");
    expect(said({ "a.yaml": "apiVersion: arkonis.dev/v1\nkind: ArkTeam\n" }).errors).to.deep.equal([
      "a.yaml:1:1 apiVersion unknownVersion",
    ]);
  });

  it("teams that run each other are found across files (B14)", () => {
    const files = { "a.yaml": team("one", "arkTeam: two"), "b.yaml": team("two", "arkTeam: one") };
    expect(said(files).errors).to.deep.equal(["a.yaml:8:7 spec.roles[0].arkTeam cycle", "b.yaml:8:7 spec.roles[0].arkTeam cycle"]);
    expect(said({ ...files, "b.yaml": team("two", "arkTeam: one", "elsewhere") }).errors).to.deep.equal([]);
  });

  it("a run's input is checked against its team (B17)", () => {
    const declared = `${team("demo", "arkAgent: worker")}  inputs:\n    - { name: topic, required: true }\n`;
    const run = `${head("ArkRun", "demo-1")}spec:\n  teamRef: demo\n  input: { tpoic: x }\n`;
    expect(said({ "a.yaml": declared, "b.yaml": agent("worker"), "c.yaml": run }).errors).to.deep.equal([
      "c.yaml:7:12 spec.input.tpoic unknownField",
      "c.yaml:7:3 spec.input.topic required",
    ]);
  });

  it("settings in the files are obeyed (B18)", () => {
    const settings = `${head("ArkSettings", "house")}spec:\n  security:\n    mcpAllowlist: ["https://a.example"]\n`;
    const bound = agent("worker", "  configRef: house\n  mcpServers:\n    - { name: x, url: https://b.example }\n");
    expect(said({ "a.yaml": settings, "b.yaml": bound }).errors).to.deep.equal(["b.yaml:10:18 spec.mcpServers[0].url forbidden"]);
  });
});
