import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ark, inFolder, type Outcome } from "./ark.ts";

const TEAM = `apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata:
  name: demo
spec:
  entry: lead
  roles:
    - name: lead
      model: llama3.2
      systemPrompt: Answer.
`;
const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\ndata: {}\n";

/** Every refusal: one clear message, no stack trace. */
function expectMannered(outcome: Outcome): void {
  expect(outcome.stdout + outcome.stderr).to.not.match(/\n\s+at .*[(:]\d+|node:internal|UnhandledPromise/);
}

describe("ark validate (B101)", () => {
  it("says that a right file is valid, and exits with 0", () =>
    inFolder({ "team.yaml": TEAM }, async (folder) => {
      const { code, stdout, stderr } = await ark(["validate", "team.yaml"], { cwd: folder });
      expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "" });
      expect(stderr).to.contain("1 object valid");
    }));

  it("names file, line, column, path and the way out of every fault", () =>
    inFolder({ "team.yaml": TEAM.replace("name: lead", "name: legal-review").replace("entry: lead", "entry: leed") }, async (folder) => {
      const { code, stdout } = await ark(["validate", "team.yaml"], { cwd: folder });
      expect(code).to.equal(1);
      expect(stdout).to.match(/^team\.yaml:8:\d+: spec\.roles\[0\]\.name: .*legal_review/m);
      expect(stdout).to.match(/^team\.yaml:6:\d+: spec\.entry: /m);
    }));

  it("prints JSON with every field", () =>
    inFolder({ "team.yaml": TEAM.replace("entry: lead", "entry: leed") }, async (folder) => {
      const { code, stdout } = await ark(["validate", "team.yaml", "-o", "json"], { cwd: folder });
      const report = JSON.parse(stdout) as { valid: boolean; errors: Record<string, unknown>[]; warnings: unknown[] };
      expect(code).to.equal(1);
      expect(report.valid).to.equal(false);
      expect(report.errors[0]).to.have.all.keys("file", "line", "column", "path", "code", "message");
      expect(report.errors[0]).to.include({ file: "team.yaml", line: 6, path: "spec.entry" });
    }));

  it("names the nearest field for one that nobody knows", () =>
    inFolder({ "team.yaml": TEAM.replace("systemPrompt", "systemPromt") }, async (folder) => {
      const { code, stdout } = await ark(["validate", "team.yaml"], { cwd: folder });
      expect(code).to.equal(1);
      expect(stdout).to.contain("systemPrompt");
    }));

  it("passes over other kinds, and warns of an unknown kind of our group", () =>
    inFolder(
      { "all.yaml": `${CONFIG_MAP}---\n${TEAM}---\n${TEAM.replace("ArkTeam", "ArkTeem").replace("demo", "other")}` },
      async (folder) => {
        const { code, stdout } = await ark(["validate", "all.yaml"], { cwd: folder });
        expect(code).to.equal(0);
        expect(stdout).to.match(/warning: .*ArkTeam/);
      },
    ));

  it("takes the same object twice for an error, wherever the two are", () =>
    inFolder({ "a.yaml": TEAM, "b.yaml": TEAM }, async (folder) => {
      const { code, stdout } = await ark(["validate", "."], { cwd: folder });
      expect(code).to.equal(1);
      expect(stdout).to.contain("a.yaml").and.to.contain("b.yaml");
    }));

  it("warns of a reference to an object that is in none of the files", () =>
    inFolder({ "team.yaml": TEAM.replace(/model: llama3.2\n.*/, "arkAgent: elsewhere") }, async (folder) => {
      const { code, stdout } = await ark(["validate", "team.yaml"], { cwd: folder });
      expect(code).to.equal(0);
      expect(stdout).to.match(/warning: .*elsewhere/);
    }));

  it("reads standard input", async () => {
    const { code } = await ark(["validate", "-"], { stdin: TEAM });
    expect(code).to.equal(0);
  });

  it("reads folders below a folder only when told to", () =>
    inFolder({}, async (folder) => {
      await mkdir(join(folder, "deep"));
      await writeFile(join(folder, "deep", "team.yaml"), TEAM);
      const flat = await ark(["validate", "."], { cwd: folder });
      expect(flat.code).to.equal(2);
      expect(flat.stdout + flat.stderr).to.contain("--recursive");
      expect((await ark(["validate", "-R", "."], { cwd: folder })).code).to.equal(0);
    }));

  describe("bad input ends in one clear message and exit code 2", () => {
    const deep = (open: string, close: string, n: number): string => `a: ${open.repeat(n)}${close.repeat(n)}\n`;
    const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
      .split("")
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`)
      .join("\n")}\n`;
    const cases: Record<string, { content: string | Uint8Array; says: RegExp }> = {
      "an empty file": { content: "", says: /arkonis\.dev/ },
      "only comments": { content: "# nothing\n---\n# nothing\n", says: /arkonis\.dev/ },
      "nothing of ours": { content: CONFIG_MAP, says: /arkonis\.dev/ },
      "binary data": { content: Uint8Array.from({ length: 4_096 }, (_, i) => i % 256), says: /bad\.yaml:\d+:\d+: .*(binary|UTF-8|text)/i },
      "a tab as indentation": { content: "a:\n\tb: 1\n", says: /bad\.yaml:2:1: .*tab/i },
      "a duplicate key": { content: `${TEAM}  entry: other\n`, says: /bad\.yaml:11:3: .*(duplicate|twice|unique)/i },
      "no YAML": { content: "a: [1, 2\nb: }\n", says: /bad\.yaml:\d+:\d+: / },
      "billion laughs": { content: laughs, says: /bad\.yaml:\d+:\d+: .*alias/i },
      "a merge key": { content: `base: &b {a: 1}\nx:\n  <<: *b\n`, says: /bad\.yaml:3:\d+: .*merge/i },
      "a custom tag": { content: "a: !!js/function 'x'\n", says: /bad\.yaml:1:\d+: .*tag/i },
      "200,000 lists in each other": { content: deep("[", "]", 200_000), says: /bad\.yaml:1:\d+: .*deep/i },
      "200,000 maps in each other": { content: deep("{a: ", "}", 200_000), says: /bad\.yaml:1:\d+: .*deep/i },
      "a list at the top": { content: "- a\n- b\n", says: /bad\.yaml:1:1: / },
      "a text at the top": { content: "just words\n", says: /bad\.yaml:1:1: / },
    };
    for (const [sentence, { content, says }] of Object.entries(cases)) {
      it(sentence, () =>
        inFolder({ "bad.yaml": content }, async (folder) => {
          const outcome = await ark(["validate", "bad.yaml"], { cwd: folder });
          expect(outcome.code, outcome.stdout + outcome.stderr).to.equal(2);
          expect(outcome.stdout + outcome.stderr).to.match(says);
          expect((outcome.stdout + outcome.stderr).trim().split("\n").length).to.be.at.most(3);
          expectMannered(outcome);
          expect(outcome.ms).to.be.lessThan(5_000);
        }),
      );
    }

    it("a file that is missing, a folder that is empty, a link that leads to itself, 200 MB", () =>
      inFolder({}, async (folder) => {
        await mkdir(join(folder, "empty"));
        await symlink("loop", join(folder, "loop"));
        await writeFile(join(folder, "huge.yaml"), Buffer.alloc(200 * 1024 * 1024, 0x61));
        for (const [path, says] of [
          ["missing.yaml", /does not exist/],
          ["empty", /no \.yaml/],
          ["loop", /link/],
          ["huge.yaml", /MiB/],
        ] as const) {
          const outcome = await ark(["validate", path], { cwd: folder });
          expect(outcome.code, path).to.equal(2);
          expect(outcome.stdout + outcome.stderr, path).to.match(says);
          expectMannered(outcome);
          expect(outcome.ms).to.be.lessThan(5_000);
        }
      }));

    it("a broken document does not hide the faults of the others", () =>
      inFolder({ "all.yaml": `a: [\n---\n${TEAM.replace("entry: lead", "entry: leed")}` }, async (folder) => {
        const { code, stdout } = await ark(["validate", "all.yaml"], { cwd: folder });
        expect(code).to.equal(2);
        expect(stdout)
          .to.match(/all\.yaml:\d+:\d+: /)
          .and.to.contain("spec.entry");
      }));
  });

  it("accepts a BOM, Windows line ends, JSON, and --- inside a block of text", () =>
    inFolder(
      {
        "bom.yaml": `\ufeff${TEAM}`,
        "crlf.yaml": TEAM.replaceAll("\n", "\r\n").replace("demo", "crlf"),
        "team.json": JSON.stringify({
          apiVersion: "arkonis.dev/v1alpha1",
          kind: "ArkTeam",
          metadata: { name: "json" },
          spec: { entry: "a", roles: [{ name: "a", model: "m", systemPrompt: "x" }] },
        }),
        "block.yaml": TEAM.replace("demo", "block").replace("Answer.", "|\n        one\n        ---\n        two"),
      },
      async (folder) => {
        const { code, stdout, stderr } = await ark(["validate", "."], { cwd: folder });
        expect(code, stdout + stderr).to.equal(0);
        expect(stderr).to.contain("4 objects valid");
      },
    ));

  it("takes __proto__ and constructor for names like others", () =>
    inFolder(
      { "team.yaml": TEAM.replace("  entry: lead", "  entry: lead\n  input:\n    constructor: x\n    __proto__: y") },
      async (folder) => {
        const outcome = await ark(["validate", "team.yaml"], { cwd: folder });
        expect([0, 1]).to.include(outcome.code);
        expectMannered(outcome);
      },
    ));
});
