// An AdmissionReview as it comes and as it goes (admission.k8s.io/v1). No rule is here: text in, a question or what is wrong with it out.
import type { JsonObject } from "../crds/index.ts";

/** Who asks, as the API server knows them. */
export interface ReviewUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What the API server wants to know. */
export interface Review {
  readonly apiVersion: string;
  readonly uid: string;
  readonly operation: string;
  /** Empty for the object itself. */
  readonly subResource: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly namespace: string;
  /** Empty while the API server makes a name of `generateName`. */
  readonly name: string;
  readonly user: ReviewUser;
  /** As it came, unchecked; undefined or null for a DELETE. */
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly dryRun: boolean;
  /** Characters of its text. */
  readonly chars: number;
}

/** Text that is no review; `message` says why. The answer is a 400. */
export interface NoReview {
  readonly message: string;
}

/** One fault as clients see it: `reason` is a code of docs/reference/errors.md. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** Why not. `code` is an HTTP status from 400 on. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly Cause[];
}

/** One operation of a JSON Patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** The answer to a review. */
export interface Answer {
  /** Undefined: allowed. */
  readonly refusal?: Refusal | undefined;
  readonly warnings?: readonly string[];
  readonly patch?: readonly PatchOperation[];
}

/** v1 is what is registered; v1beta1 has the same fields and costs nothing. */
const VERSIONS: ReadonlySet<string> = new Set(["admission.k8s.io/v1", "admission.k8s.io/v1beta1"]);
/** Twice the length of a UUID; more is nobody's uid. */
const MAX_UID_CHARS = 72;

/** The question that a body asks. */
export function readReview(text: string): Review | NoReview {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { message: text.trim() === "" ? "the body is empty; an AdmissionReview is expected" : "the body is no JSON" };
  }
  if (!isObject(body) || body["kind"] !== "AdmissionReview" || !VERSIONS.has(textOf(body["apiVersion"]))) {
    return { message: "the body is no AdmissionReview of admission.k8s.io/v1" };
  }
  const request = body["request"];
  if (!isObject(request)) return { message: "the AdmissionReview has no request" };
  const uid = textOf(request["uid"]);
  if (uid === "" || uid.length > MAX_UID_CHARS) return { message: "request.uid is missing or too long" };
  return {
    apiVersion: textOf(body["apiVersion"]),
    uid,
    operation: textOf(request["operation"]),
    subResource: textOf(request["subResource"]),
    kind: kindOf(request["kind"]),
    namespace: textOf(request["namespace"]),
    name: textOf(request["name"]),
    user: userOf(request["userInfo"]),
    object: request["object"],
    oldObject: request["oldObject"],
    dryRun: request["dryRun"] === true,
    chars: text.length,
  };
}

/** The body of the answer; the uid is the question's. */
export function answerText(review: Pick<Review, "apiVersion" | "uid" | "kind" | "name">, { refusal, warnings, patch }: Answer): string {
  return JSON.stringify({
    apiVersion: review.apiVersion,
    kind: "AdmissionReview",
    response: {
      uid: review.uid,
      allowed: refusal === undefined,
      ...(refusal && { status: statusOf(review, refusal) }),
      ...(warnings && warnings.length > 0 && { warnings: shortened(warnings) }),
      ...(patch && patch.length > 0 && { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }),
    },
  });
}

function statusOf({ kind, name }: Pick<Review, "kind" | "name">, { code, reason, message, causes }: Refusal): JsonObject {
  const details = { group: kind.group, kind: kind.kind, ...(name !== "" && { name }), causes: causes.map((cause) => ({ ...cause })) };
  return { metadata: {}, status: "Failure", code, reason, message, ...(causes.length > 0 && { details }) };
}

/** The API server cuts a warning at 256 characters and drops what passes 4,096 in all. */
const MAX_WARNING_CHARS = 250;
const MAX_WARNINGS = 16;

function shortened(warnings: readonly string[]): string[] {
  const shown = warnings
    .slice(0, MAX_WARNINGS)
    .map((text) => (text.length > MAX_WARNING_CHARS ? `${text.slice(0, MAX_WARNING_CHARS - 1)}…` : text));
  const left = warnings.length - shown.length;
  return left > 0 ? [...shown, `and ${left} more; "ark validate" shows all`] : shown;
}

function kindOf(value: unknown): Review["kind"] {
  const kind = isObject(value) ? value : {};
  return { group: textOf(kind["group"]), version: textOf(kind["version"]), kind: textOf(kind["kind"]) };
}

function userOf(value: unknown): ReviewUser {
  const user = isObject(value) ? value : {};
  const extra = isObject(user["extra"]) ? Object.entries(user["extra"]) : [];
  return {
    username: textOf(user["username"]),
    uid: textOf(user["uid"]),
    groups: textsOf(user["groups"]),
    extra: Object.fromEntries(extra.map(([name, values]) => [name, textsOf(values)])),
  };
}

/** A plain object, as JSON has them. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);
