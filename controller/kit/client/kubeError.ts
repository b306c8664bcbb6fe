// What went wrong with a request, in one shape: the API server's Status, text of something between, or no answer at all. Recognised by
// name and code, never by `instanceof`: bundles carry copies of classes.
import { isRecord, recordsOf, stringOf } from "./json.ts";

/** One of the reasons in a Status: a field that is invalid, a field manager that owns one. */
export interface KubeCause {
  /** Path in the object; empty when it is about none. */
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** No answer came, or one that broke off: `code` 0, and a reason of ours. */
export const NO_ANSWER = { unreachable: "Unreachable", timeout: "RequestTimeout", truncated: "Truncated", untrusted: "Untrusted" } as const;

/** The parts of a {@link KubeError}. */
export interface KubeErrorParts {
  /** HTTP status; 0 without an answer. */
  readonly code: number;
  readonly reason: string;
  readonly causes?: readonly KubeCause[];
  readonly retryAfterMs?: number | undefined;
  /** `GET /api/v1/pods`: never a query, which may hold a continue token. */
  readonly request: string;
  /** Name of the object that it is about, when the API server says. */
  readonly objectName?: string | undefined;
  readonly cause?: unknown;
}

/** A request that did not do what it was to do. `message` is the API server's own, made for people. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly code: number;
  readonly reason: string;
  readonly causes: readonly KubeCause[];
  /** How long the API server asks to be left alone. */
  readonly retryAfterMs: number | undefined;
  readonly request: string;
  readonly objectName: string | undefined;

  constructor(message: string, { code, reason, causes = [], retryAfterMs, request, objectName, cause }: KubeErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = reason;
    this.causes = causes;
    this.retryAfterMs = retryAfterMs;
    this.request = request;
    this.objectName = objectName;
  }
}

/** Whether something thrown is a KubeError, whichever copy of the class made it. */
export function isKubeError(error: unknown): error is KubeError {
  return error instanceof Error && error.name === "KubeError" && "code" in error && typeof error.code === "number";
}

const hasCode = (error: unknown, ...codes: readonly number[]): error is KubeError => isKubeError(error) && codes.includes(error.code);

/** 404: the object is not there. Also of a kind that the API server does not know: {@link isUnknownKind}. */
export const isNotFound = (error: unknown): error is KubeError => hasCode(error, 404);
/** 404 of the whole kind: its CRD is missing. */
export const isUnknownKind = (error: unknown): error is KubeError => hasCode(error, 404) && error.objectName === undefined;
/** 409: somebody changed the object since we read it, or owns what we apply ({@link isApplyConflict}), or it exists ({@link isAlreadyExists}). */
export const isConflict = (error: unknown): error is KubeError => hasCode(error, 409) && error.reason !== "AlreadyExists";
/** 409 of a create. */
export const isAlreadyExists = (error: unknown): error is KubeError => hasCode(error, 409) && error.reason === "AlreadyExists";
/** 409 of an apply: other managers own fields of it; `causes` names them. */
export const isApplyConflict = (error: unknown): error is KubeError =>
  hasCode(error, 409) && error.causes.some(({ reason }) => reason === "FieldManagerConflict");
/** 410: the resource version or continue token is too old. List anew. */
export const isGone = (error: unknown): error is KubeError => hasCode(error, 410);
/** 422, or 400 for a body that is no such object: only another object can help. */
export const isInvalid = (error: unknown): error is KubeError => hasCode(error, 422, 400);
/** 403: RBAC or admission says no. */
export const isForbidden = (error: unknown): error is KubeError => hasCode(error, 403);
/** 401: the credentials are not believed, also new ones. */
export const isUnauthorized = (error: unknown): error is KubeError => hasCode(error, 401);
/** 429: asked too often, or an eviction that a disruption budget delays. */
export const isTooManyRequests = (error: unknown): error is KubeError => hasCode(error, 429);
/** Nothing that the request could help: no answer, or the server's own trouble. The request may have been carried out. */
export const isUnavailable = (error: unknown): error is KubeError =>
  isKubeError(error) && (error.code >= 500 || (error.code === 0 && error.reason !== NO_ANSWER.untrusted));

/** Longest text of a proxy's error page that is told. */
const MAX_TEXT = 300;

/** What came back instead of what was asked for. */
export interface FailedAnswer {
  readonly code: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
  readonly request: string;
}

/** The error of an answer that is no success: a Status, else whatever text somebody in between sent. */
export function errorOfAnswer({ code, body, retryAfterMs, request }: FailedAnswer): KubeError {
  const status = statusOf(body);
  if (status) return errorOfStatus(status, { code, retryAfterMs, request });
  const text = body.trim().replace(/\s+/g, " ").slice(0, MAX_TEXT);
  return new KubeError(`${request}: the API server answered ${code}${text === "" ? "" : `: ${text}`}`, {
    code,
    reason: reasonOf(code),
    retryAfterMs,
    request,
  });
}

function statusOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) && parsed["kind"] === "Status" ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The error that a Status object stands for, in an answer or in a watch. Its own `code` counts. */
export function errorOfStatus(
  status: Readonly<Record<string, unknown>>,
  { code: httpCode, retryAfterMs, request }: Omit<FailedAnswer, "body">,
): KubeError {
  const code = typeof status["code"] === "number" ? status["code"] : httpCode;
  const details = isRecord(status["details"]) ? status["details"] : {};
  const seconds = details["retryAfterSeconds"];
  return new KubeError(stringOf(status["message"]) || `${request}: the API server answered ${code}`, {
    code,
    reason: stringOf(status["reason"]) || reasonOf(code),
    causes: recordsOf(details["causes"]).map((cause) => ({
      field: stringOf(cause["field"]),
      reason: stringOf(cause["reason"]),
      message: stringOf(cause["message"]),
    })),
    retryAfterMs: retryAfterMs ?? (typeof seconds === "number" && seconds > 0 ? seconds * 1_000 : undefined),
    request,
    objectName: stringOf(details["name"]) || undefined,
  });
}

function reasonOf(code: number): string {
  const known: Readonly<Record<number, string>> = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Gone",
    422: "Invalid",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    504: "Timeout",
  };
  return known[code] ?? (code >= 500 ? "InternalError" : "Unknown");
}
