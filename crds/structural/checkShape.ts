// Is an object of the shape that its kind's schema says? The same answer as the API server's, with all faults at once, exact paths and
// the way out. A walk of our own over the generated schema: nothing is compiled at start (`ark validate` has to start at once), the
// depth is that of the schema, and only own properties are looked at. What needs more than one field is the rules' business.
import { type FieldError, fault, nearest } from "../fault.ts";
import { FieldPath } from "../fieldPath.ts";
import { SPECS, STATUSES, TYPES } from "../generated/schemas.ts";
import type { KindName } from "../kinds.ts";
import { isObject, jsonTypeOf, type Problem, scalarProblem, sizeProblem, typeProblem } from "./problems.ts";
import type { ShapeSchema } from "./shapeSchema.ts";

/** Nobody reads more at once; a hostile file must not cost more. */
export const MAX_FAULTS = 1_000;

/**
 * Faults in the shape of a whole object of a kind, in the order of the document; none means that the object may be read as the kind's
 * generated type. `metadata.name` may be missing where `metadata.generateName` is given. `status` is left alone: the API server drops
 * it on every write of an object. Never throws, whatever `object` is. At most {@link MAX_FAULTS} faults, then one that says so.
 */
export function checkShape(kind: KindName, object: unknown): FieldError[] {
  return walk(object, objectShapeOf(kind, object));
}

/** The same for a `status`, before it is written; paths begin with `status`. */
export function checkStatusShape(kind: KindName, status: unknown): FieldError[] {
  return walk(status, STATUSES[kind], "status");
}

/** Faults of any value against a shape; paths begin at the value. */
export function checkAgainst(shape: ShapeSchema, value: unknown): FieldError[] {
  return walk(value, shape);
}

function objectShapeOf(kind: KindName, object: unknown): ShapeSchema {
  const text: ShapeSchema = { type: "string", minLength: 1, maxLength: 253 };
  const properties = { apiVersion: text, kind: text, metadata: metadataShapeOf(object), spec: SPECS[kind], status: {} };
  return { type: "object", required: ["apiVersion", "kind", "metadata", "spec"], properties };
}

/** Kubernetes reads a null in `metadata` as if it were not there, and makes the name when it is given a prefix. */
function metadataShapeOf(object: unknown): ShapeSchema {
  const shape: ShapeSchema = { ...TYPES["ObjectMeta"], nullable: true };
  const metadata = isObject(object) && Object.hasOwn(object, "metadata") ? object["metadata"] : undefined;
  const isNamedLater = isObject(metadata) && Object.hasOwn(metadata, "generateName") && typeof metadata["generateName"] === "string";
  return isNamedLater ? { ...shape, required: [] } : shape;
}

/** A value that is still to be looked at; its path is made only when there is something to say about it. */
interface Place {
  readonly value: unknown;
  readonly shape: ShapeSchema;
  readonly segment?: string | number;
  readonly parent?: Place;
}

function walk(value: unknown, shape: ShapeSchema, root?: string): FieldError[] {
  const faults: FieldError[] = [];
  const stack: Place[] = [{ value, shape, ...(root !== undefined && { segment: root }) }];
  for (let place = stack.pop(); place; place = stack.pop()) {
    const { problems, children } = lookAt(place);
    for (const { segments, code, message } of problems) {
      if (faults.length === MAX_FAULTS) return [...faults, tooManyFaults];
      faults.push(fault(pathOf(place).child(...segments), code, message));
    }
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i];
      if (child) stack.push(child);
    }
  }
  return faults;
}

const tooManyFaults: FieldError = { path: "", code: "tooMany", message: `more than ${MAX_FAULTS} faults; correct these first` };

function pathOf(place: Place): FieldPath {
  const segments: (string | number)[] = [];
  for (let at: Place | undefined = place; at; at = at.parent) if (at.segment !== undefined) segments.unshift(at.segment);
  return new FieldPath(segments);
}

interface Look {
  readonly problems: readonly Problem[];
  readonly children: readonly Place[];
}

function lookAt(place: Place): Look {
  const { value } = place;
  const shape = shapeFor(value, resolved(place.shape));
  const wrongType = typeProblem(value, shape);
  if (wrongType) return { problems: [wrongType], children: [] };
  const size = sizeProblem(value, shape);
  const problems = size ? [size] : [];
  if (Array.isArray(value)) {
    const items = shape.items;
    // A list or map over its maximum is not walked: one fault says it all.
    if (!items || size?.code === "tooMany") return { problems, children: [] };
    return { problems, children: value.map((item: unknown, i) => ({ value: item, shape: items, segment: i, parent: place })) };
  }
  if (isObject(value)) {
    const fields = lookAtFields(place, value, shape, size);
    return { problems: [...problems, ...fields.problems], children: fields.children };
  }
  const scalar = size ? undefined : scalarProblem(value, shape);
  return { problems: scalar ? [...problems, scalar] : problems, children: [] };
}

function lookAtFields(place: Place, value: Record<string, unknown>, shape: ShapeSchema, size: Problem | undefined): Look {
  const { properties, values, required = [] } = shape;
  const children: Place[] = [];
  const isAbsent = (name: string) => !Object.hasOwn(value, name) || (shape.nullable && value[name] === null);
  const problems: Problem[] = required.filter(isAbsent).map((name) => ({ segments: [name], code: "required", message: "is required" }));
  if (size?.code === "tooMany" && values) return { problems, children };
  for (const key of Object.keys(value)) {
    const child = properties && Object.hasOwn(properties, key) ? properties[key] : values;
    if (!child && properties) problems.push(unknownField(key, Object.keys(properties)));
    if (child && !isAbsent(key)) children.push({ value: value[key], shape: child, segment: key, parent: place });
  }
  return { problems, children };
}

function unknownField(key: string, known: readonly string[]): Problem {
  const shown = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  const near = nearest(key, known);
  const hint = near === undefined ? `known here are ${known.join(", ")}` : `did you mean "${near}"?`;
  return { segments: [key], code: "unknownField", message: `unknown field ${JSON.stringify(shown)}; ${hint}` };
}

/** Follows a reference; definitions do not refer to mere references. */
function resolved(shape: ShapeSchema): ShapeSchema {
  return shape.ref === undefined ? shape : (TYPES[shape.ref] ?? {});
}

/** Of a field's two shapes the one of the value's JSON type; the field itself, which then says what is allowed, when neither is. */
function shapeFor(value: unknown, shape: ShapeSchema): ShapeSchema {
  const type = jsonTypeOf(value);
  return shape.oneOf?.map(resolved).find((one) => one.type === type) ?? shape;
}
