// HTTP headers as users write them: a list, or a map from a name to a Secret.
import { type FieldError, fault } from "../fault.ts";
import type { FieldPath } from "../fieldPath.ts";
import type { McpHeader, SecretSource } from "../generated/types.ts";

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What is wrong with headers: names that are none, a value given twice, or one that would begin another header. */
export function headerFaults(headers: McpHeader[] | Record<string, SecretSource> | undefined, at: FieldPath): FieldError[] {
  if (headers === undefined) return [];
  if (!Array.isArray(headers)) return Object.keys(headers).flatMap((name) => nameFaults(name, at.child(name)));
  return headers.flatMap((header, i) => {
    const here = at.child(i);
    const errors = nameFaults(header.name, here.child("name"));
    if (header.value !== undefined && header.valueFrom !== undefined) {
      errors.push(fault(here, "forbidden", "value and valueFrom exclude each other; give either value or valueFrom"));
    }
    if (/[\r\n\0]/.test(header.value ?? ""))
      errors.push(fault(here.child("value"), "format", "a header's value has one line; take the line break out"));
    return errors;
  });
}

function nameFaults(name: string, at: FieldPath): FieldError[] {
  return HEADER_NAME.test(name) ? [] : [fault(at, "name", `${JSON.stringify(name)} is no name of a header`)];
}
