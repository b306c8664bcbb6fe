import type { RunSnapshot } from "../crds/index.ts";
import { sha256Of } from "./text.ts";

/** The blob that agents read a run's snapshot from: JSON with sorted keys, so that a store that re-orders keys changes nothing. */
export function snapshotText(snapshot: RunSnapshot): string {
  return JSON.stringify(snapshot, (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

const digests = new WeakMap<RunSnapshot, string>();

/** The digest that every envelope of the run carries. */
export function digestOf(snapshot: RunSnapshot): string {
  const known = digests.get(snapshot);
  if (known !== undefined) return known;
  const digest = sha256Of(snapshotText(snapshot));
  digests.set(snapshot, digest);
  return digest;
}
