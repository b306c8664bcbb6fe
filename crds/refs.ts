// References to objects of the same namespace, which manifests write as `{name}` or as a plain string (SPEC §2).
import type { LocalRef } from "./generated/types.ts";

/** The name in a reference; undefined when there is none. */
export function refName(ref: string | LocalRef | undefined): string | undefined {
  return typeof ref === "string" ? ref : ref?.name;
}
