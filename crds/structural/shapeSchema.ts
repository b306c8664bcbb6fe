// The schema of a kind as the shape check walks it: the generated ../generated/schemas.ts holds one for each kind, without the words
// and marks that only people and the API server need.

/** A subset of JSON Schema. An object with `properties` takes no other field, one with `values` is a map, one with neither is any object. */
export interface ShapeSchema {
  /** Name of a shared definition; then nothing else is given. */
  readonly ref?: string;
  /** Absent: any JSON, unless `oneOf` or `intOrString` says otherwise. */
  readonly type?: "string" | "integer" | "number" | "boolean" | "object" | "array";
  readonly format?: string;
  readonly enum?: readonly string[];
  /** Source of a JavaScript regular expression of ours; linear on the short strings that `maxLength` lets through. */
  readonly pattern?: string;
  /** What would fit the pattern, for people. */
  readonly hint?: string;
  /** 1, or absent: whether a text may be empty. */
  readonly minLength?: 1;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ShapeSchema>>;
  /** Schema of a map's values. */
  readonly values?: ShapeSchema;
  readonly items?: ShapeSchema;
  /** The shapes of a field that has two; they differ in their JSON type, which chooses. */
  readonly oneOf?: readonly ShapeSchema[];
  /** An object whose fields may be null, which means the same as left out. Only `metadata` is. */
  readonly nullable?: boolean;
  /** A whole number or a string. */
  readonly intOrString?: boolean;
}
