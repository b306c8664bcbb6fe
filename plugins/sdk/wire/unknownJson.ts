// Looking into JSON of which nobody knows what it is.
import type { Vendor } from "./vendor.ts";
import { vendorError } from "./vendorError.ts";

/** An object's fields; anything else has none. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A list's items; anything else has none. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The data of an event. @throws ProviderError transient when it is no JSON: half of an event looks like that */
export function eventJson(vendor: Vendor, data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    throw vendorError(vendor, "transient", "answered with an event that is no JSON");
  }
}
