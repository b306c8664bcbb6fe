// S13: every limit that a schema names is kept exactly: the value at the limit passes, the next one is refused with its code and path.
// The cases are made from the schemas, so that a new field is covered on the day it is added.
import { expect } from "chai";
import { FieldPath } from "../fieldPath.ts";
import { SPECS, STATUSES, TYPES } from "../generated/schemas.ts";
import { KINDS, type KindName } from "../kinds.ts";
import { checkShape, checkStatusShape } from "./checkShape.ts";
import type { ShapeSchema } from "./shapeSchema.ts";

/** A place in a schema: how to get from a value there to a value of the root, and the path. */
interface Spot {
  readonly shape: ShapeSchema;
  readonly path: FieldPath;
  readonly wrap: (value: unknown) => unknown;
}

interface LimitCase {
  readonly name: string;
  readonly good: unknown;
  readonly bad: unknown;
  readonly code: string;
}

const resolved = (shape: ShapeSchema): ShapeSchema => (shape.ref === undefined ? shape : TYPES[shape.ref]!);

function* spotsWithin(spot: Spot): Generator<Spot> {
  yield spot;
  const { properties = {}, values, items, oneOf = [] } = spot.shape;
  for (const shape of oneOf) yield* spotsWithin({ ...spot, shape: resolved(shape) });
  for (const [name, field] of Object.entries(properties)) {
    const base = minimalOf(spot.shape) as Record<string, unknown>;
    const siblings = spot.shape.maxProperties === 1 ? {} : base;
    yield* spotsWithin({ shape: resolved(field), path: spot.path.child(name), wrap: (value) => spot.wrap({ ...siblings, [name]: value }) });
  }
  if (values) yield* spotsWithin({ shape: resolved(values), path: spot.path.child("k"), wrap: (value) => spot.wrap({ k: value }) });
  if (items) yield* spotsWithin({ shape: resolved(items), path: spot.path.child(0), wrap: (value) => spot.wrap([value]) });
}

function minimalOf(given: ShapeSchema): unknown {
  const shape = resolved(given);
  if (shape.oneOf) return minimalOf(shape.oneOf[0]!);
  switch (shape.intOrString ? "integer" : (shape.type ?? "any")) {
    case "string":
      return shape.enum?.[0] ?? (shape.format ? "2026-01-01T00:00:00Z" : textOf(Math.max(1, shape.minLength ?? 0), shape));
    case "integer":
    case "number":
      return Math.max(0, shape.minimum ?? 0);
    case "boolean":
      return true;
    case "array":
      return Array.from({ length: shape.minItems ?? 0 }, () => minimalOf(shape.items ?? {}));
    case "object":
      return mapOf(shape, shape.minProperties ?? 0);
    case "any":
      return null;
  }
}

function mapOf(shape: ShapeSchema, count: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of shape.required ?? []) result[name] = minimalOf(shape.properties?.[name] ?? {});
  const names = shape.properties ? Object.keys(shape.properties) : Array.from({ length: count }, (_, i) => `k${i}`);
  for (const name of names.slice(0, count)) result[name] ??= minimalOf(shape.properties?.[name] ?? shape.values ?? {});
  return result;
}

/** A text of so many characters that fits the pattern; sha256 takes no other length, so that its shorter ones do not matter. */
function textOf(length: number, shape: ShapeSchema): string {
  const candidates = ["a".repeat(length), "1".repeat(length), `1.${"0".repeat(Math.max(1, length - 2))}`, "a".repeat(64)];
  const fit = candidates.find((text) => shape.pattern === undefined || new RegExp(shape.pattern, "u").test(text));
  if (fit === undefined) throw new Error(`no candidate fits ${shape.pattern}`);
  return fit;
}

function limitsOf(shape: ShapeSchema): LimitCase[] {
  const cases: LimitCase[] = [];
  const { maxLength, minLength, minimum, maximum, minItems, maxItems, maxProperties } = shape;
  const good = minimalOf(shape);
  if (maxLength !== undefined) {
    const longest = shape.format || shape.enum ? good : textOf(maxLength, shape);
    cases.push({ name: `length ${maxLength}`, good: longest, bad: "a".repeat(maxLength + 1), code: "tooLong" });
  }
  if (minLength === 1) cases.push({ name: "emptiness", good, bad: "", code: "required" });
  if (minimum !== undefined) cases.push({ name: `minimum ${minimum}`, good: minimum, bad: minimum - 1, code: "range" });
  if (maximum !== undefined) cases.push({ name: `maximum ${maximum}`, good: maximum, bad: maximum + 1, code: "range" });
  const listOf = (length: number) => Array.from({ length }, () => minimalOf(shape.items ?? {}));
  if (maxItems !== undefined)
    cases.push({ name: `${maxItems} entries`, good: listOf(maxItems), bad: listOf(maxItems + 1), code: "tooMany" });
  if (minItems !== undefined) cases.push({ name: `${minItems} entries at least`, good, bad: listOf(minItems - 1), code: "required" });
  if (maxProperties !== undefined) {
    cases.push({ name: `${maxProperties} keys`, good: mapOf(shape, maxProperties), bad: mapOf(shape, maxProperties + 1), code: "tooMany" });
  }
  return cases;
}

function* casesOf(root: Spot): Generator<LimitCase & { path: string; wrap: Spot["wrap"] }> {
  const seen = new Set<string>();
  for (const { shape, path, wrap } of spotsWithin(root)) {
    for (const limit of limitsOf(shape)) {
      const key = `${path.toString()} ${limit.name} ${shape.type}`;
      if (!seen.has(key)) yield { ...limit, path: path.toString(), wrap };
      seen.add(key);
    }
  }
}

describe("checkShape: limits (S13)", () => {
  const wrapSpec = (kind: KindName) => (spec: unknown) => ({ apiVersion: "arkonis.dev/v1alpha1", kind, metadata: { name: "a" }, spec });
  for (const { kind } of KINDS) {
    it(`keeps every limit of ${kind}.spec`, () => {
      let count = 0;
      for (const { path, wrap, good, bad, code } of casesOf({ shape: SPECS[kind], path: new FieldPath(["spec"]), wrap: wrapSpec(kind) })) {
        count++;
        expect(checkShape(kind, wrap(good)), `${path} at its limit`).to.deep.equal([]);
        const faults = checkShape(kind, wrap(bad)).map((fault) => `${fault.path} ${fault.code}`);
        expect(faults, `${path} beyond its limit`).to.deep.equal([`${path} ${code}`]);
      }
      expect(count).to.be.greaterThan(1);
    });
    it(`keeps every limit of ${kind}.status`, () => {
      for (const { path, wrap, good, bad, code } of casesOf({
        shape: STATUSES[kind],
        path: new FieldPath(["status"]),
        wrap: (status) => status,
      })) {
        expect(checkStatusShape(kind, wrap(good)), `${path} at its limit`).to.deep.equal([]);
        const faults = checkStatusShape(kind, wrap(bad)).map((fault) => `${fault.path} ${fault.code}`);
        expect(faults, `${path} beyond its limit`).to.deep.equal([`${path} ${code}`]);
      }
    });
  }

  it("keeps every limit of metadata", () => {
    const wrap = (metadata: unknown) => ({ apiVersion: "arkonis.dev/v1alpha1", kind: "ArkSettings", metadata, spec: {} });
    for (const limit of casesOf({ shape: TYPES["ObjectMeta"]!, path: new FieldPath(["metadata"]), wrap })) {
      expect(checkShape("ArkSettings", limit.wrap(limit.good)), `${limit.path} at its limit`).to.deep.equal([]);
      const faults = checkShape("ArkSettings", limit.wrap(limit.bad)).map((fault) => `${fault.path} ${fault.code}`);
      expect(faults, `${limit.path} beyond its limit`).to.deep.equal([`${limit.path} ${limit.code}`]);
    }
  });
});
