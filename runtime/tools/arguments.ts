// Arguments of a tool against its schema. The model wrote them, so nothing about them is taken for granted. The schema engine is loaded
// with the first call that needs it: an agent without tools never pays for it.
import type { JsonObject } from "../../crds/index.ts";

/** Faults that the model is told of one call. */
const MAX_FAULTS = 5;

/** What is wrong with the arguments, with the path of each fault, as one line; undefined when they fit. @throws JsonSchemaError */
export async function argumentFaults(schema: JsonObject, args: JsonObject): Promise<string | undefined> {
  const { compileJsonSchema } = await import("../../crds/index.ts");
  const faults = compileJsonSchema(schema).check(args);
  if (faults.length === 0) return undefined;
  return faults
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
}

/** Why a schema of a tool cannot be used, or undefined when it can. */
export async function schemaFault(schema: JsonObject): Promise<string | undefined> {
  const { compileJsonSchema } = await import("../../crds/index.ts");
  try {
    compileJsonSchema(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "it is no JSON Schema";
  }
}
