// Documentation under test: codes, flags, links, examples.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";
import { checkSet, FAULT_CODES, loadYaml } from "../../crds/index.ts";
import { WAITING_REASONS } from "../../plugins/sdk/index.ts";
import { ark } from "../cli/ark.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "REVIEW.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

describe("the documents", () => {
  it("explain every code and every reason to wait, and no others", () => {
    const headings = [...read("docs/reference/errors.md").matchAll(/^### (.+)$/gm)].map((match) => match[1] ?? "");
    expect(headings.filter((heading) => heading.startsWith("`")).map((heading) => heading.slice(1, -1))).to.have.members([...FAULT_CODES]);
    for (const reason of WAITING_REASONS)
      expect(
        headings.some((heading) => heading.startsWith(reason)),
        reason,
      ).to.equal(true);
  });

  for (const verb of ["run", "validate", "init", "convert", "plugins"]) {
    it(`name every flag of ark ${verb}`, async () => {
      const { stdout } = await ark([verb, "--help"]);
      const flags = [...stdout.matchAll(/^\s+(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1] ?? "").filter((flag) => flag !== "--help");
      const page = read("docs/reference/ark.md");
      expect(flags).to.have.length.greaterThan(0);
      expect(flags.filter((flag) => !page.includes(`\`${flag}`))).to.deep.equal([]);
    });
  }

  it("hold links that lead somewhere", () => {
    const broken = pages.flatMap((page) =>
      [
        ...read(page)
          .replaceAll(/^```[\s\S]*?^```/gm, "")
          .matchAll(/\]\((?!https?:|#)([^)#\s]+)/g),
      ]
        .map((match) => join(dirname(page), match[1] ?? ""))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${page} → ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it("hold examples that are valid", () => {
    const faults = pages.flatMap((page) =>
      [...read(page).matchAll(/^```yaml\n(apiVersion[\s\S]*?)^```/gm)].flatMap((match) => {
        const { documents, faults: unreadable } = loadYaml(match[1] ?? "", page);
        return [...unreadable, ...checkSet(documents).errors].map((fault) => `${page}: ${fault.message}`);
      }),
    );
    expect(faults).to.deep.equal([]);
  });

  it("come with samples that are valid", async () => {
    const folder = join(root, "manifests/samples");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
      const { code, stdout } = await ark(["validate", file], { cwd: folder });
      expect(code, `${relative(root, join(folder, file))}: ${stdout}`).to.equal(0);
    }
  });
});
