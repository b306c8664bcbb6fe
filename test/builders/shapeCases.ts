// Cases made from the schemas: each field with values of every other type, at its limits and one beyond, null, and a field that nobody
// knows beside it.

import type { FaultCode } from "../../crds/fault.ts";
import { type FieldPath, SPEC } from "../../crds/fieldPath.ts";
import { SPECS, TYPES } from "../../crds/generated/schemas.ts";
import { KINDS } from "../../crds/kinds.ts";
import type { ShapeSchema } from "../../crds/structural/shapeSchema.ts";
import { aValid, withValue } from "./manifestCorpus.ts";

/** An object with one value at one place, and the fault that has to be there; undefined: none. */
export interface ShapeCase {
  readonly name: string;
  readonly object: unknown;
  readonly path: string;
  readonly want: FaultCode | undefined;
}

const SAMPLES = { string: "5", number: 5, boolean: true, object: {}, array: [], null: null };
/** Longer texts are the business of the sizes. */
const LONGEST = 20_000;
/** Levels of fields below `spec` that are visited. */
const DEPTH = 4;

/** All cases, in the order of the kinds and their fields. */
export function generatedShapes(): ShapeCase[] {
  return KINDS.flatMap(({ kind }) => {
    const made: ShapeCase[] = [];
    visit(SPECS[kind], SPEC, DEPTH, (at, value, want) => {
      const path = at.toString();
      made.push({
        name: `${kind} ${path} = ${(JSON.stringify(value) ?? "").slice(0, 40)}`,
        object: withValue(aValid(kind), path, value),
        path,
        want,
      });
    });
    return made;
  });
}

type Emit = (at: FieldPath, value: unknown, want: FaultCode | undefined) => void;

function visit(schema: ShapeSchema, at: FieldPath, depth: number, emit: Emit): void {
  const shape = resolved(schema);
  for (const [type, value] of Object.entries(SAMPLES)) if (!mayBe(shape, type)) emit(at, value, "type");
  limits(shape, at, emit);
  for (const one of [shape, ...(shape.oneOf ?? []).map(resolved)]) {
    if (one.properties !== undefined) emit(at.child("nobodyKnows"), 1, "unknownField");
    if (depth === 0) continue;
    for (const [name, property] of Object.entries(one.properties ?? {})) visit(property, at.child(name), depth - 1, emit);
    if (one.items !== undefined) visit(one.items, at.child(0), depth - 1, emit);
  }
}

function resolved(schema: ShapeSchema): ShapeSchema {
  return schema.ref === undefined ? schema : (TYPES[schema.ref] ?? {});
}

function mayBe(shape: ShapeSchema, type: string): boolean {
  if (shape.oneOf !== undefined) return shape.oneOf.some((one) => mayBe(resolved(one), type));
  if (shape.intOrString) return type === "string" || type === "number";
  if (shape.type === undefined) return true;
  return shape.type === type || (shape.type === "integer" && type === "number");
}

function limits(shape: ShapeSchema, at: FieldPath, emit: Emit): void {
  const { minimum, maximum, maxLength, minLength = 0, maxItems } = shape;
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) emit(at, minimum - 1, "range");
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) emit(at, maximum + 1, "range");
  if (shape.type === "integer") emit(at, 1.5, "type");
  if (shape.enum !== undefined) emit(at, "nobodyKnows", "enum");
  else if (shape.type === "string" && maxLength !== undefined && maxLength < LONGEST) emit(at, "a".repeat(maxLength + 1), "tooLong");
  if (shape.type === "string" && minLength > 0) emit(at, "", "required");
  if (maxItems !== undefined) emit(at, new Array(maxItems + 1).fill(null), "tooMany");
}
