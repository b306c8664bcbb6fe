// Reading embeddings: one vector for each text, all of one length, all numbers.
import { MAX_STREAM_BYTES } from "./limits.ts";
import { readText } from "./readText.ts";
import type { Vendor } from "./vendor.ts";
import { vendorError } from "./vendorError.ts";

/** A bounded body as JSON. @throws ProviderError permanent when it is none */
export async function readJson(vendor: Vendor, response: Response): Promise<unknown> {
  const text = await readText(response, MAX_STREAM_BYTES);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw vendorError(vendor, "permanent", `answered ${response.status} with what is no JSON; check ${vendor.baseURLVariable}`);
  }
}

/** The vectors of `count` texts, checked. @throws ProviderError permanent when one is missing, of another length, or holds what is no number */
export function vectorsOf(vendor: Vendor, vectors: readonly unknown[], count: number): number[][] {
  const checked = vectors.filter((vector): vector is number[] => Array.isArray(vector) && vector.every(Number.isFinite));
  const lengths = new Set(checked.map((vector) => vector.length));
  if (checked.length !== count || vectors.length !== count || lengths.size !== 1 || lengths.has(0)) {
    throw vendorError(vendor, "permanent", `answered with embeddings that are none: ${count} texts need as many vectors of one length`);
  }
  return checked;
}
