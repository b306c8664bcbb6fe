// Reads crds/schemas: JSON Schema in YAML, with definitions that are shared (defs.yaml) or a kind's own ($defs in its file).
// A titled definition is a type with a name and stays a reference; an untitled one is an abbreviation and is written out in place.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { KINDS, type Kind } from "../../crds/kinds.ts";

/** The part of JSON Schema that we write, with the marks of Kubernetes. */
export interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: "string" | "integer" | "number" | "boolean" | "object" | "array";
  format?: string;
  enum?: string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  default?: unknown;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  oneOf?: Schema[];
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-validations"?: Record<string, unknown>[];
  /** Copies the properties of a definition into this object. */
  "x-ark-include"?: string;
  /** What would fit, for people whose value the pattern has refused. */
  "x-ark-hint"?: string;
}

const KEYWORDS: ReadonlySet<string> = new Set<keyof Schema>([
  ...(["$ref", "title", "description", "type", "format", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum"] as const),
  ...(["minItems", "maxItems", "minProperties", "maxProperties", "default", "required", "properties", "additionalProperties"] as const),
  ...(["items", "oneOf", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type"] as const),
  ...(["x-kubernetes-list-map-keys", "x-kubernetes-validations", "x-ark-include", "x-ark-hint"] as const),
]);

/** A printer column of `kubectl get`; priority 1 shows it under `-o wide` only. */
export interface Column {
  name: string;
  type: string;
  jsonPath: string;
  priority?: number;
}

/** One kind as its file describes it, abbreviations written out. */
export interface KindSource {
  kind: Kind;
  description: string;
  /** Restrictions of `metadata.name` beyond those of Kubernetes. */
  name?: Schema;
  scale?: Record<string, string>;
  columns: Column[];
  spec: Schema;
  status: Schema;
}

/** Everything that is generated from. */
export interface SchemaSource {
  kinds: KindSource[];
  /** Titled definitions by title. */
  types: Map<string, Schema>;
}

interface KindFile extends Omit<KindSource, "kind"> {
  kind: string;
  $defs?: Record<string, Schema>;
}

/**
 * Reads the schemas of all kinds from a folder.
 * @throws Error naming the file, when a definition is missing or given twice, or a file does not belong to its kind
 */
export function readSchemaSource(folder: string): SchemaSource {
  const read = (name: string): unknown => parse(readFileSync(join(folder, name), "utf8"));
  const shared = read("defs.yaml") as { $defs: Record<string, Schema> };
  const files = KINDS.map((kind) => ({ kind, file: read(`${kind.singular}.yaml`) as KindFile }));
  const defs = new Map(Object.entries(shared.$defs));
  for (const { kind, file } of files) {
    if (file.kind !== kind.kind) throw new Error(`${kind.singular}.yaml describes ${file.kind}`);
    for (const [name, schema] of Object.entries(file.$defs ?? {})) {
      if (defs.has(name)) throw new Error(`${kind.singular}.yaml: definition ${name} exists already`);
      defs.set(name, schema);
    }
  }
  const expand = expander(defs);
  const types = new Map<string, Schema>();
  for (const schema of defs.values()) if (schema.title !== undefined) types.set(schema.title, expand(schema));
  const kinds = files.map(
    ({ kind, file: { description, name, scale, columns, spec, status } }): KindSource => ({
      kind,
      description,
      ...(name && { name }),
      ...(scale && { scale }),
      columns,
      spec: expand(spec),
      status: expand(status),
    }),
  );
  return { kinds, types };
}

/** Writes abbreviations and included fields out; references to titled definitions stay, by title. */
function expander(defs: ReadonlyMap<string, Schema>): (schema: Schema) => Schema {
  const find = (ref: string): Schema => {
    const found = defs.get(ref.replace("#/$defs/", ""));
    if (!found) throw new Error(`no definition ${ref}`);
    return found;
  };
  const expandAll = (map: Record<string, Schema>): Record<string, Schema> =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, expand(value)]));
  const expand = (schema: Schema): Schema => {
    const stray = Object.keys(schema).find((key) => !KEYWORDS.has(key)); // most often an unquoted comma in a flow mapping
    if (stray !== undefined) throw new Error(`unknown keyword ${JSON.stringify(stray)} in ${JSON.stringify(schema)}`);
    if (schema.$ref !== undefined) {
      const { $ref, ...own } = schema;
      const target = find($ref);
      if (target.title !== undefined) return { $ref: `#/$defs/${target.title}`, ...own };
      return expand({ ...target, ...own });
    }
    const { "x-ark-include": included, ...own } = schema;
    const base = included === undefined ? undefined : find(included);
    const properties = base || own.properties ? { ...base?.properties, ...own.properties } : undefined;
    return {
      ...own,
      ...(properties && { properties: expandAll(own.required ? requiredFirst(properties, own.required) : properties) }),
      ...(own.additionalProperties && { additionalProperties: expand(own.additionalProperties) }),
      ...(own.items && { items: expand(own.items) }),
      ...(own.oneOf && { oneOf: own.oneOf.map(expand) }),
    };
  };
  return expand;
}

/** Required fields lead, in the order in which `required` names them; the others keep theirs. */
function requiredFirst(properties: Record<string, Schema>, required: readonly string[]): Record<string, Schema> {
  const leading = required.map((name): [string, Schema] => {
    const schema = properties[name];
    if (!schema) throw new Error(`required field ${name} has no schema`);
    return [name, schema];
  });
  return { ...Object.fromEntries(leading), ...properties };
}
