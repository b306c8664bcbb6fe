// JSON Schemas that stand in a field as text (B13, B13a).
import { type FieldError, fault } from "./fault.ts";
import type { FieldPath } from "./fieldPath.ts";
import { compileJsonSchema, JsonSchemaError } from "./jsonSchema.ts";

/** What is wrong with the schema in a field; none when it is one, or when the field is not given. */
export function schemaFaults(schema: string | undefined, at: FieldPath): FieldError[] {
  if (schema === undefined) return [];
  try {
    compileJsonSchema(schema);
    return [];
  } catch (error) {
    if (error instanceof JsonSchemaError) return [fault(at, "schema", error.message)];
    throw error;
  }
}
