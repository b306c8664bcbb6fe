import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parse } from "yaml";
import { KINDS } from "../../crds/kinds.ts";
import { differencesFrom } from "./differences.ts";
import { generatedFiles } from "./generatedFiles.ts";
import { readSchemaSource, type Schema } from "./schemaSource.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Crd {
  metadata: { name: string };
  spec: {
    names: { kind: string; plural: string; shortNames?: string[]; categories: string[] };
    versions: [
      { additionalPrinterColumns: { name: string; priority?: number }[]; subresources: object; schema: { openAPIV3Schema: Schema } },
    ];
  };
}

/** Every schema within a schema, with its path. */
function* schemasWithin(schema: Schema, path: string): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [name, field] of Object.entries(schema.properties ?? {})) yield* schemasWithin(field, `${path}.${name}`);
  if (schema.additionalProperties) yield* schemasWithin(schema.additionalProperties, `${path}.*`);
  if (schema.items) yield* schemasWithin(schema.items, `${path}[]`);
}

describe("gen", () => {
  let files: Map<string, string>;
  before(async () => {
    files = await generatedFiles(root);
  });
  const crdOf = (plural: string): Crd => parse(files.get(`manifests/crds/arkonis.dev_${plural}.yaml`) ?? "") as Crd;
  const schemaOf = (plural: string): Schema => crdOf(plural).spec.versions[0].schema.openAPIV3Schema;

  it("has been run since the schemas were last changed", () => {
    expect(differencesFrom(root, files)).to.deep.equal({ changed: [], stale: [] });
  });

  it("makes the same bytes again", async () => {
    expect([...(await generatedFiles(root))]).to.deep.equal([...files]);
  });

  for (const { kind, plural } of KINDS) {
    it(`bounds and describes every field of ${kind} (S13)`, () => {
      for (const [path, schema] of schemasWithin(schemaOf(plural), kind)) {
        const isOurs = !/^[A-Za-z]+(\.(apiVersion|kind|metadata)(\.name)?)?$/.test(path);
        const isBounded = {
          string: schema.maxLength !== undefined || schema.enum !== undefined,
          array: schema.maxItems !== undefined,
          object: schema.properties !== undefined || schema.maxProperties !== undefined,
          integer: schema.minimum !== undefined && schema.maximum !== undefined,
          number: schema.minimum !== undefined && schema.maximum !== undefined,
          boolean: true,
        }[schema.type ?? "boolean"];
        if (isOurs) expect(isBounded, `${path} has a maximum`).to.equal(true);
        const isField = /\.[A-Za-z]+$/.test(path);
        if (isField && isOurs) expect(schema.description, `${path} has a description`).to.match(/^[A-Z`].*[.`]$/s);
      }
    });
  }

  it("defaults nothing in the stored object but the replicas of an agent", () => {
    const defaulted = KINDS.flatMap(({ kind, plural }) =>
      [...schemasWithin(schemaOf(plural), kind)].filter(([, schema]) => schema.default !== undefined).map(([path]) => path),
    );
    expect(defaulted).to.deep.equal(["ArkAgent.spec.replicas"]);
  });

  it("leaves nothing in a manifest that the API server does not know", () => {
    for (const [path, text] of files) if (path.startsWith("manifests/")) expect(text).not.to.match(/\$ref|oneOf|x-ark|title:/);
  });

  it("shows the columns of SPEC §2", () => {
    const columnsOf = (plural: string) =>
      crdOf(plural)
        .spec.versions[0].additionalPrinterColumns.map(({ name, priority }) => (priority === 1 ? `(${name})` : name))
        .join(" ");
    expect(Object.fromEntries(KINDS.map(({ plural }) => [plural, columnsOf(plural)]))).to.deep.equal({
      arkagents: "Model Replicas Ready Age (Pending) (Tokens(24h))",
      arkteams: "Phase Entry Last Run Age",
      arkruns: "Team Phase Tokens Age (Started) (Cost) (Output)",
      arkevents: "Type Suspended Fired Last Fired Next Fire Age",
      arksettings: "Age",
      arkmemories: "Backend Ready Age",
      arkservices: "Agent Strategy Ready Age",
      arknotifies: "Age",
      arkregistries: "Scope Agents Age",
      arkbudgets: "Phase Limit Spent Age",
    });
  });

  it("gives every kind the category, its short names and a status, and agents a scale", () => {
    for (const { plural, shortNames } of KINDS) {
      const { names, versions } = crdOf(plural).spec;
      expect(names.categories).to.deep.equal(["ark"]);
      expect(names.shortNames ?? []).to.deep.equal([...shortNames]);
      expect(Object.keys(versions[0].subresources)).to.deep.equal(plural === "arkagents" ? ["status", "scale"] : ["status"]);
    }
  });

  describe("--check", () => {
    let tree: string;
    beforeEach(() => {
      tree = mkdtempSync(join(tmpdir(), "gen-"));
      for (const [path, text] of files) {
        mkdirSync(dirname(join(tree, path)), { recursive: true });
        writeFileSync(join(tree, path), text);
      }
    });
    afterEach(() => rmSync(tree, { recursive: true }));

    it("is content with what gen has written", () => {
      expect(differencesFrom(tree, files)).to.deep.equal({ changed: [], stale: [] });
    });

    it("names what was edited, what is missing, what has no source any more", () => {
      writeFileSync(join(tree, "crds/generated/types.ts"), "edited");
      rmSync(join(tree, "docs/reference/arkteam.md"));
      writeFileSync(join(tree, "manifests/crds/arkonis.dev_arkflows.yaml"), "old");
      expect(differencesFrom(tree, files)).to.deep.equal({
        changed: ["crds/generated/types.ts", "docs/reference/arkteam.md"],
        stale: ["manifests/crds/arkonis.dev_arkflows.yaml"],
      });
    });
  });

  describe("reading the schemas", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "schemas-"));
      cpSync(join(root, "crds/schemas"), folder, { recursive: true });
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const mistakes: Record<string, { text: string; want: RegExp }> = {
      "an unquoted comma in a description": { text: "spec: { type: object, description: One, two. }", want: /unknown keyword "two\."/ },
      "a definition that does not exist": { text: 'spec: { $ref: "#/$defs/Nowhere" }', want: /no definition #\/\$defs\/Nowhere/ },
      "a required field without a schema": {
        text: "spec: { type: object, required: [a], properties: {} }",
        want: /required field a has no schema/,
      },
      "a definition of a name that is taken": {
        text: "spec: { type: object }\n$defs: { LocalRef: { type: object } }",
        want: /LocalRef exists already/,
      },
    };
    for (const [sentence, { text, want }] of Object.entries(mistakes)) {
      it(`refuses ${sentence}`, () => {
        writeFileSync(join(folder, "arkbudget.yaml"), `kind: ArkBudget\ndescription: A.\ncolumns: []\nstatus: {}\n${text}\n`);
        expect(() => readSchemaSource(folder)).to.throw(want);
      });
    }
  });
});
