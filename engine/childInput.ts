// What a child run is given (B48): templates make texts, and its team may have declared other types.
import type { CanonicalInput, JsonValue } from "../crds/index.ts";

/**
 * The input of a child run: a text becomes what the child's team declares, where it is JSON of that type; anything else stays as it is
 * and is refused by the child's own check (B17), with the field's name.
 */
export function childInputOf(
  declared: readonly CanonicalInput[] | undefined,
  input: Readonly<Record<string, JsonValue>>,
): Record<string, JsonValue> {
  const types = new Map(declared?.map(({ name, type }) => [name, type]));
  const made = Object.create(null) as Record<string, JsonValue>;
  for (const [key, value] of Object.entries(input)) made[key] = typeof value === "string" ? typedValue(value, types.get(key)) : value;
  return made;
}

function typedValue(text: string, type: CanonicalInput["type"] | undefined): JsonValue {
  if (type === undefined || type === "string") return text;
  try {
    const value = JSON.parse(text) as JsonValue; // JSON.parse yields nothing else
    return typeOf(value) === type ? value : text;
  } catch {
    return text;
  }
}

function typeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}
