// Manifests in circulation apply as they are (B3): see seeds/README.md.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { checkSet } from "../crds/checkSet.ts";
import { loadYaml } from "../crds/text/load.ts";

const FOLDER = join(import.meta.dirname, "seeds");
const REFUSED = "hyphen-role.yaml";

function verdictOf(file: string) {
  const { documents, faults } = loadYaml(readFileSync(join(FOLDER, file)), file);
  expect(faults).to.deep.equal([]);
  return { documents, ...checkSet(documents) };
}

describe("manifests in circulation (B3)", () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".yaml"));

  it("are all there", () => expect(files).to.have.length(13));

  for (const file of files.filter((name) => name !== REFUSED)) {
    it(`${file} applies with no edit`, () => {
      const { documents, errors } = verdictOf(file);
      expect(documents).not.to.have.length(0);
      expect(errors).to.deep.equal([]);
    });
  }

  it("a role name with a hyphen is refused with the name that would do (B12)", () => {
    const { errors } = verdictOf(REFUSED);
    expect(errors.map(({ line, column, path, code }) => ({ line, column, path, code }))).to.deep.equal([
      { line: 9, column: 7, path: "spec.roles[0].name", code: "name" },
    ]);
    expect(errors[0]?.message).to.contain('"legal_review"');
  });

  it("reading .data of a step without outputSchema is a warning (B13)", () => {
    for (const file of ["conditional-step.yaml", "loop-step.yaml"]) {
      expect(
        verdictOf(file).warnings.map((warning) => warning.code),
        file,
      ).to.contain("template");
    }
    expect(verdictOf("typed-output.yaml").warnings.map((warning) => warning.code)).not.to.contain("template");
  });
});
