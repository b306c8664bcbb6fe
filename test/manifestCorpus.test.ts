// Bad manifests and good ones that look bad: every case says what is expected, by place and code. Generated cases add to them; the
// generator knows nothing but its seed, so that a failure comes back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { checkObject } from "../crds/check.ts";
import { checkSet } from "../crds/checkSet.ts";
import { findCycle } from "../crds/graph.ts";
import type { JsonObject } from "../crds/json.ts";
import type { LoadedDocument } from "../crds/text/load.ts";
import { brief } from "./builders/faults.ts";
import {
  type CorpusCase,
  type GraphInput,
  graphObjects,
  type IdentityInput,
  identityObject,
  type ReferenceInput,
  referenceObjects,
  type ScheduleInput,
  type ShapeInput,
  type SizeInput,
  scheduleObject,
  shapeObject,
  sizeObject,
} from "./builders/manifestCorpus.ts";
import { generatedShapes } from "./builders/shapeCases.ts";

/** The least numbers of cases, generated ones included. */
const LEAST = { shape: 600, identity: 200, graphs: 200, references: 150, schedules: 150, sizes: 50 };
/** What one object may cost in the worst case here; far above what it does, far below what would be noticed. */
const MAX_MS = 1_000;

function corpus<Input>(surface: string): CorpusCase<Input>[] {
  const cases = JSON.parse(readFileSync(join(import.meta.dirname, "corpus/manifests", `${surface}.json`), "utf8")) as CorpusCase<Input>[];
  expect(new Set(cases.map((one) => one.name)).size, "each name once").to.equal(cases.length);
  for (const { name, expected } of cases) expect(expected, `${name}: a case needs an expected outcome`).to.be.an("array");
  return cases;
}

/** Faults of one object, sorted: the corpus holds what is found, the unit tests hold the order. */
function faultsOf(object: unknown): string[] {
  const start = performance.now();
  const { errors } = checkObject(object);
  expect(performance.now() - start).to.be.lessThan(MAX_MS);
  for (const error of errors) expect(error.message).to.have.length.greaterThan(3);
  return errors.map(brief).sort();
}

function each<Input>(surface: string, check: (input: Input) => string[]): void {
  for (const { name, input, expected } of corpus<Input>(surface)) it(name, () => expect(check(input)).to.deep.equal(expected));
}

const documentsOf = (objects: readonly unknown[]): LoadedDocument[] =>
  objects.map((object, index) => ({
    file: "all.yaml",
    index,
    object: object as JsonObject,
    positionOf: () => ({ line: index + 1, column: 1 }),
  }));

describe("manifests: shape (P23)", () => {
  each<ShapeInput>("shape", (input) => faultsOf(shapeObject(input)));

  const generated = generatedShapes();
  it("are enough", () => expect(corpus("shape").length + generated.length).to.be.at.least(LEAST.shape));
  it(`${generated.length} generated cases`, () => {
    for (const { name, object, path, want } of generated) {
      const here = checkObject(object)
        .errors.filter((error) => error.path === path)
        .map((error) => error.code);
      if (want === undefined) expect(here, name).to.deep.equal([]);
      else expect(here, name).to.include(want);
    }
  });
});

describe("manifests: identity (P23, B12)", () => {
  each<IdentityInput>("identity", (input) => faultsOf(identityObject(input)));
  it("are enough", () => expect(corpus("identity")).to.have.length.at.least(LEAST.identity));
});

describe("manifests: schedules and durations (P23, B16)", () => {
  each<ScheduleInput>("schedules", (input) => faultsOf(scheduleObject(input)));
  it("are enough", () => expect(corpus("schedules")).to.have.length.at.least(LEAST.schedules));
});

describe("manifests: graphs (P23, B10, B11, B13, B14)", () => {
  each<GraphInput>("graphs", (input) => {
    if ("teams" in input || ("count" in input && ("ring" in input ? input.ring : input.chain) === "teams")) {
      const objects = graphObjects(input);
      return checkSet(documentsOf(objects))
        .errors.map((error) => `${objects[error.line - 1]?.metadata.name} ${brief(error)}`)
        .sort();
    }
    return graphObjects(input).flatMap(faultsOf).sort();
  });

  const random = randomGraphs(150);
  it("are enough", () => expect(corpus("graphs").length + random.length).to.be.at.least(LEAST.graphs));
  it(`${random.length} random graphs are circles or are none, as Kahn's algorithm says`, () => {
    for (const edges of random) {
      const circular = hasCircle(edges);
      const [first = ""] = Object.keys(edges);
      const checks: [GraphInput, string][] = [
        [{ roles: edges, entry: first }, "spec.roles cycle"],
        [{ members: edges, entries: [first] }, "spec.members cycle"],
        [{ steps: edges }, "spec.pipeline cycle"],
      ];
      for (const [input, fault] of checks) {
        const found = new Set(graphObjects(input).flatMap(faultsOf));
        expect([...found], JSON.stringify(edges)).to.deep.equal(circular ? [fault] : []);
      }
    }
  });

  it("10,000 nodes deep, a ring of them and 1,000 steps take no time and no stack", () => {
    const deep = Array.from({ length: 10_000 }, (_, i) => ({ key: `n${i}`, deps: [`n${i + 1}`] }));
    expect(findCycle(deep)).to.equal(undefined);
    expect(findCycle([...deep, { key: "n10000", deps: ["n0"] }])).to.have.length(10_002);
    const wide = Array.from({ length: 1_000 }, (_, i) => ({
      key: `n${i}`,
      deps: Array.from({ length: Math.min(i, 20) }, (_, j) => `n${i - j - 1}`),
    }));
    const start = performance.now();
    findCycle(wide);
    expect(performance.now() - start).to.be.lessThan(250); // 50 ms on a quiet machine; the bench holds us to it
  });
});

describe("manifests: references (P23, B101)", () => {
  each<ReferenceInput>("references", (input) => {
    const { errors, warnings } = checkSet(documentsOf(referenceObjects(input)));
    const far = (fault: { code: string; message: string }): boolean => fault.code === "missingObject" && fault.message.includes('"target"');
    return [...errors.map((error) => `error ${brief(error)}`), ...warnings.filter(far).map(brief)].sort();
  });
  it("are enough", () => expect(corpus("references")).to.have.length.at.least(LEAST.references));
});

describe("manifests: sizes (P23, B15)", () => {
  each<SizeInput>("sizes", (input) => {
    const object = sizeObject(input);
    const warnings = checkObject(object).warnings.map((warning) => `warning ${brief(warning)}`);
    const errors = faultsOf(object);
    return input.what.startsWith("prompt") ? [...errors, ...warnings] : errors;
  });
  it("are enough", () => expect(corpus("sizes")).to.have.length.at.least(LEAST.sizes));
});

type Edges = Record<string, string[]>;

/** Small graphs, about half of them with a circle; no node points at itself, which is another fault. */
function randomGraphs(count: number): Edges[] {
  const random = seeded(20_260_101);
  return Array.from({ length: count }, () => {
    const size = 2 + Math.floor(random() * 12);
    const names = Array.from({ length: size }, (_, i) => `n${i}`);
    const chance = 1.2 / size;
    return Object.fromEntries(names.map((name) => [name, names.filter((other) => other !== name && random() < chance)]));
  });
}

/** Takes away what needs nothing, until nothing is left or everything needs something. */
function hasCircle(edges: Edges): boolean {
  let left = Object.keys(edges);
  for (let free = 1; free > 0; ) {
    const next = left.filter((name) => edges[name]?.some((other) => left.includes(other)));
    free = left.length - next.length;
    left = next;
  }
  return left.length > 0;
}

/** mulberry32: the same numbers on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
