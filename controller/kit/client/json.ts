// Looking into JSON of which nothing is known yet.

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text, or "" for everything else. */
export const stringOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The objects of a list; none when it is no list. */
export const recordsOf = (value: unknown): Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** A text as Kubernetes reads one from YAML: numbers and booleans count too, for nobody quotes a password of digits. */
export const textOf = (value: unknown): string =>
  typeof value === "number" || typeof value === "boolean" ? String(value) : stringOf(value);
