// Manifests in circulation run as they are, with the agents that they name beside them (B3).

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { loadYaml } from "../../crds/index.ts";
import { ark, inFolder } from "./ark.ts";

const SEEDS = join(import.meta.dirname, "../seeds");
const files = readdirSync(SEEDS).filter((file) => file.endsWith(".yaml") && file !== "hyphen-role.yaml");

interface Team {
  kind: string;
  metadata: { name: string; namespace?: string };
  spec: { roles?: { arkAgent?: string }[]; members?: { arkAgent?: string }[] };
}

/** An ArkAgent for every one that a team of the file names and the file does not hold. */
function missingAgents(teams: readonly Team[], present: ReadonlySet<string>): string {
  const named = teams.flatMap(({ metadata, spec }) =>
    [...(spec.roles ?? []), ...(spec.members ?? [])].flatMap(({ arkAgent }) =>
      arkAgent === undefined ? [] : [{ name: arkAgent, namespace: metadata.namespace ?? "default" }],
    ),
  );
  const unique = new Map(
    named.filter(({ name, namespace }) => !present.has(`${namespace}/${name}`)).map((agent) => [`${agent.namespace}/${agent.name}`, agent]),
  );
  return [...unique.values()]
    .map(
      (metadata) =>
        `---\n${JSON.stringify({ apiVersion: "arkonis.dev/v1alpha1", kind: "ArkAgent", metadata, spec: { model: "llama3.2", systemPrompt: "Help." } })}\n`,
    )
    .join("");
}

describe("manifests in circulation, with the mock (B3)", () => {
  for (const file of files) {
    const text = readFileSync(join(SEEDS, file), "utf8");
    const objects = loadYaml(text, file).documents.map(({ object }) => object as unknown as Team);
    const teams = objects.filter(({ kind }) => kind === "ArkTeam");
    const agents = new Set(
      objects.filter(({ kind }) => kind === "ArkAgent").map(({ metadata }) => `${metadata.namespace ?? "default"}/${metadata.name}`),
    );
    for (const { metadata } of teams) {
      it(`${file}: team ${metadata.name} runs to Succeeded`, () =>
        inFolder({ "all.yaml": `${text}\n${missingAgents(teams, agents)}` }, async (folder) => {
          const outcome = await ark(
            ["run", "all.yaml", "--team", metadata.name, "topic=tea", "issue=slow", "feature=search", "-o", "json"],
            { cwd: folder },
          );
          expect(outcome.code, outcome.stderr).to.equal(0);
          expect((JSON.parse(outcome.stdout) as { status: { phase: string } }).status.phase).to.equal("Succeeded");
        }));
    }
  }

  it("the role that no template can say is refused, with the name that would do (B12)", async () => {
    const { code, stderr } = await ark(["run", join(SEEDS, "hyphen-role.yaml")]);
    expect(code).to.equal(2);
    expect(stderr).to.contain('write "legal_review"');
  });
});
