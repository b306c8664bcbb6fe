// What admission writes into an ArkRun (B19): who made it, who decided and when, and the label of a retry. What a client writes there is
// overwritten, so that a stamp can be believed. Pure; a second pass over the result changes nothing.
import { derivedName, GROUP } from "../crds/index.ts";
import { isObject, type PatchOperation, type Review } from "./review.ts";

/** Annotation: the user that created the run. */
export const CREATED_BY = `${GROUP}/created-by`;
/** Label: the run that this one retries. */
export const RETRY_OF = `${GROUP}/retry-of`;

/** A decision stamped so recently by the same user is taken for this very request, seen again. */
const SAME_REQUEST_MS = 5_000;

/** The operations that stamp a run; none when every stamp is right. Of what is no run at all, none: the rules refuse that. */
export function stampsOf(review: Pick<Review, "operation" | "object" | "oldObject" | "user">, nowMs: number): PatchOperation[] {
  const { object, oldObject, operation, user } = review;
  if (!isObject(object) || !isObject(object["metadata"])) return [];
  const old = operation === "UPDATE" && isObject(oldObject) ? oldObject : undefined;
  const creator = old ? ownEntry(old, "annotations", CREATED_BY) : user.username;
  return [
    ...entryStamp(object, "annotations", CREATED_BY, creator),
    ...entryStamp(object, "labels", RETRY_OF, retriedBy(object)),
    ...approvalStamps(object, old, { by: user.username, nowMs }),
  ];
}

/** A label's value has at most 63 characters; longer names are cut as everywhere (B12). */
function retriedBy(object: Record<string, unknown>): string | undefined {
  const spec = object["spec"];
  const retry = isObject(spec) ? spec["retry"] : undefined;
  const run = isObject(retry) ? retry["run"] : undefined;
  return typeof run === "string" && run !== "" ? derivedName(run) : undefined;
}

function ownEntry(object: Record<string, unknown>, map: "annotations" | "labels", key: string): string | undefined {
  const metadata = object["metadata"];
  const entries = isObject(metadata) && isObject(metadata[map]) ? metadata[map] : {};
  const value = Object.hasOwn(entries, key) ? entries[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** One entry of `metadata.annotations` or `metadata.labels` as it has to be; undefined: not there. */
function entryStamp(
  object: Record<string, unknown>,
  map: "annotations" | "labels",
  key: string,
  wanted: string | undefined,
): PatchOperation[] {
  const present = ownEntry(object, map, key);
  if (present === wanted) return [];
  const path = `/metadata/${map}/${pointerOf(key)}`;
  if (wanted === undefined) return [{ op: "remove", path }];
  const metadata = object["metadata"];
  if (!isObject(metadata) || !isObject(metadata[map])) return [{ op: "add", path: `/metadata/${map}`, value: { [key]: wanted } }];
  return [{ op: "add", path, value: wanted }];
}

/** Old decisions keep their stamps, new ones get theirs. */
function approvalStamps(
  object: Record<string, unknown>,
  old: Record<string, unknown> | undefined,
  { by, nowMs }: { readonly by: string; readonly nowMs: number },
): PatchOperation[] {
  const before = approvalsOf(old);
  return approvalsOf(object).flatMap((approval, i): PatchOperation[] => {
    if (!isObject(approval)) return [];
    const known = before[i];
    const stamp = isObject(known) ? { by: known["by"], at: known["at"] } : { by, at: timeOf(approval, by, nowMs) };
    return (["by", "at"] as const).flatMap((field): PatchOperation[] => {
      if (approval[field] === stamp[field]) return [];
      const path = `/spec/approvals/${i}/${field}`;
      return stamp[field] === undefined ? [{ op: "remove", path }] : [{ op: "add", path, value: stamp[field] }];
    });
  });
}

/** The decisions of a run, whatever they are. */
export function approvalsOf(object: unknown): readonly unknown[] {
  const spec = isObject(object) ? object["spec"] : undefined;
  const approvals = isObject(spec) ? spec["approvals"] : undefined;
  return Array.isArray(approvals) ? approvals : [];
}

/** Now, in whole seconds, or the time that stands there when it is this request's own. */
function timeOf(approval: Record<string, unknown>, by: string, nowMs: number): string {
  const now = new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, "Z");
  const { by: writtenBy, at } = approval as { by?: unknown; at?: unknown };
  if (writtenBy !== by || typeof at !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(at)) return now;
  const ageMs = nowMs - Date.parse(at);
  return ageMs >= 0 && ageMs <= SAME_REQUEST_MS ? at : now;
}

/** RFC 6901. */
const pointerOf = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
