// docs/admission.md on a real API server: every example is refused, or accepted, as the page says, with the very words of the page.
// `WRITE_DOCS=1` puts the words there, for whoever has changed a message.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { arkServer, BUILT_SERVER } from "../cluster/arkServer.ts";
import { useCluster } from "../cluster/shared.ts";

const PAGE = fileURLToPath(new URL("../../docs/admission.md", import.meta.url));
const SHOULD_WRITE = process.env["WRITE_DOCS"] === "1";

interface Example {
  readonly is: string;
  readonly yaml: string;
  readonly words: string | undefined;
}

interface Section {
  readonly title: string;
  readonly examples: readonly Example[];
}

function sectionsOf(page: string): Section[] {
  return page
    .split(/^(?=##+ )/m)
    .map((text) => ({
      title: /^##+ (.*)$/m.exec(text)?.[1] ?? "",
      examples: [...text.matchAll(/```yaml (given|refused|warned|accepted)\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```)?/g)].map(
        ([, is = "", yaml = "", words]) => ({ is, yaml, words }),
      ),
    }))
    .filter((section) => section.examples.length > 0);
}

/** What kubectl says, without the file it was read from. */
const wordsOf = (stderr: string, file: string): string =>
  stderr
    .replaceAll(file, "team.yaml")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n");

describe("docs/admission.md, example by example", function () {
  this.timeout(120_000);
  const cluster = useCluster({
    controllers: false,
    manifests: [path.join(PAGE, "../../manifests/crds")],
    components: [arkServer({ program: BUILT_SERVER })],
  });
  const sections = sectionsOf(readFileSync(PAGE, "utf8"));
  let written = readFileSync(PAGE, "utf8");

  after(() => {
    if (SHOULD_WRITE) writeFileSync(PAGE, written);
  });

  it("has examples of every rule", () => expect(sections.length).to.be.greaterThan(20));

  for (const { title, examples } of sections) {
    it(title, async () => {
      const namespace = await cluster().namespace();
      const file = path.join(cluster().folder, `${namespace}.yaml`);
      for (const { is, yaml, words } of examples) {
        writeFileSync(file, yaml);
        const flags = ["--validate=strict", "-n", namespace, "-f", file];
        const dry = await cluster().kubectl("apply", "--dry-run=server", ...flags);
        const { code, stderr } = await cluster().kubectl("apply", ...flags);
        expect([dry.code, wordsOf(dry.stderr, file)], "a dry run gives the same verdict (B20)").to.deep.equal([
          code,
          wordsOf(stderr, file),
        ]);
        expect(code, `${yaml}\n${stderr}`).to.equal(is === "refused" ? 1 : 0);
        const said = wordsOf(stderr, file);
        if (SHOULD_WRITE && words !== undefined)
          written = written.replace(`${yaml}\`\`\`\n\n\`\`\`text\n${words}`, () => `${yaml}\`\`\`\n\n\`\`\`text\n${said}\n`);
        else expect(said).to.equal((words ?? "").trimEnd());
      }
    });
  }
});
