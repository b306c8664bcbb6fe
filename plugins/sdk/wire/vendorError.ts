// What went wrong with a model's endpoint, in words (B72). No key, no header and no query string ever gets into them.
import { kindOfStatus, ProviderError, type ProviderErrorKind } from "../errors.ts";
import { cutUtf8 } from "../host/utf8.ts";
import { MAX_MESSAGE_BYTES, MAX_REFUSAL_BYTES } from "./limits.ts";
import type { Vendor } from "./vendor.ts";

/** What a vendor answered instead of an answer. */
export interface Refusal {
  readonly status: number;
  /** The beginning of the body. */
  readonly text: string;
  readonly headers: Headers;
}

/** The error for a refusal: `openai answered 401: Incorrect API key provided; check OPENAI_API_KEY`. */
export function refusalError(vendor: Vendor, refusal: Refusal): ProviderError {
  const { status } = refusal;
  const said = wordsOf(refusal.text) || "it gave no reason";
  const message = `${vendor.name} answered ${status}: ${cutUtf8(cleaned(vendor, said), MAX_MESSAGE_BYTES - 128)}${wayOut(vendor, status)}`;
  return new ProviderError(kindOfStatus(status), message, { retryAfterMs: retryAfterMsOf(refusal, vendor.clock.now()) });
}

/** An error in the vendor's name, cleaned of secrets and cut. */
export function vendorError(vendor: Vendor, kind: ProviderErrorKind, words: string): ProviderError {
  return new ProviderError(kind, `${vendor.name} ${cutUtf8(cleaned(vendor, words), MAX_MESSAGE_BYTES - 64)}`);
}

/** Nobody answered, or not to the end: always transient. */
export function networkError(vendor: Vendor, error: unknown): ProviderError {
  const code = codeOf(error);
  const reason = code === undefined ? innermostMessage(error) : (NETWORK_WORDS.get(code) ?? code);
  const message = `cannot reach ${vendor.name} at ${shownURL(vendor.baseURL)} (${cleaned(vendor, reason)}); check ${vendor.baseURLVariable}`;
  return new ProviderError("transient", cutUtf8(message, MAX_MESSAGE_BYTES));
}

/** Whether something thrown came from the network and not from a program. */
export function isNetworkError(error: unknown): boolean {
  return codeOf(error) !== undefined || (error instanceof TypeError && /fetch failed|terminated|network/iu.test(error.message));
}

/** An address without user, password and query. */
export function shownURL(url: string): string {
  if (!URL.canParse(url)) return "an address that is none";
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/u, "");
}

const NETWORK_WORDS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset"],
  ["EPIPE", "connection closed"],
  ["UND_ERR_SOCKET", "connection closed"],
  ["ENOTFOUND", "host not found"],
  ["EAI_AGAIN", "name server not reachable"],
  ["EHOSTUNREACH", "no route to host"],
  ["ENETUNREACH", "no route to network"],
  ["ETIMEDOUT", "timed out"],
  ["UND_ERR_CONNECT_TIMEOUT", "timed out"],
  ["UND_ERR_HEADERS_TIMEOUT", "no answer in time"],
  ["UND_ERR_BODY_TIMEOUT", "no answer in time"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is self-signed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "its certificate is self-signed"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its certificate is not trusted"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another host"],
]);

/** The code of the innermost cause that has one; five causes deep at most. */
function codeOf(error: unknown): string | undefined {
  let found: string | undefined;
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string" && /^[A-Z][A-Z0-9_]+$/u.test(at.code)) found = at.code;
  }
  return found;
}

function innermostMessage(error: unknown): string {
  let at = error;
  for (let depth = 0; at instanceof Error && at.cause instanceof Error && depth < 5; depth++) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}

/** What an error's body says: `error.message` and its relatives in JSON, else the text; a web page is named as one. */
function wordsOf(text: string): string {
  const body = parsed(text);
  const words = body === undefined ? undefined : sayingOf(body);
  if (words !== undefined) return words;
  if (/^\s*<(!doctype|html|\?xml|head|body)/iu.test(text)) return "a web page, not an API's answer";
  return text;
}

function sayingOf(body: unknown): string | undefined {
  const first: unknown = Array.isArray(body) ? body[0] : body; // Gemini wraps its errors in a list when it streams
  for (const path of [["error", "message"], ["message"], ["error"], ["detail"], ["error_description"]]) {
    const said = path.reduce<unknown>((at, key) => (isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined), first);
    if (typeof said === "string" && said !== "") return said;
    if (Array.isArray(said)) return JSON.stringify(said);
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function wayOut(vendor: Vendor, status: number): string {
  if (status === 401 || status === 403) return `; check ${vendor.keyVariable}`;
  return status === 404 ? `; check the name of the model and ${vendor.baseURLVariable}` : "";
}

/** One line without control characters, keys, and queries of addresses. Redacted before it is cut: half a key has no mark. */
function cleaned(vendor: Vendor, words: string): string {
  return vendor
    .redact(words.slice(0, MAX_REFUSAL_BYTES))
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

/** The vendor's wish: `retry-after-ms`, `Retry-After` in seconds or as a date, or Google's `retryDelay` in the body. */
function retryAfterMsOf({ headers, text }: Refusal, nowMs: number): number | undefined {
  const exact = headers.get("retry-after-ms");
  if (exact !== null && /^\d+(\.\d+)?$/u.test(exact.trim())) return Number(exact);
  const written = headers.get("retry-after")?.trim();
  if (written !== undefined && /^\d+(\.\d+)?$/u.test(written)) return Number(written) * 1_000;
  const dateMs = written === undefined ? Number.NaN : Date.parse(written);
  if (Number.isFinite(dateMs)) return Math.max(0, dateMs - nowMs);
  const delay = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/u.exec(text)?.[1];
  return delay === undefined ? undefined : Number(delay) * 1_000;
}
