// Why no answer came, in words that name a way out. The codes are those of Node, OpenSSL and undici.
import { KubeError, NO_ANSWER } from "./kubeError.ts";

/** What was tried. */
export interface Attempted {
  readonly request: string;
  readonly server: string;
  /** Whether our own time limit ended it. */
  readonly isOver: boolean;
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to its network",
  ENOTFOUND: "its name is unknown",
  EAI_AGAIN: "its name cannot be looked up now",
  ETIMEDOUT: "no answer",
  EPIPE: "connection closed",
  UND_ERR_CONNECT_TIMEOUT: "no answer",
  UND_ERR_SOCKET: "connection closed",
};

/** TLS says no: asking again cannot help. */
const UNTRUSTED: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is the clock right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not from the kubeconfig's authority",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not from the kubeconfig's authority",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is not from the kubeconfig's authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not from the kubeconfig's authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not from the kubeconfig's authority",
};

/** The error of a request that nobody answered. */
export function noAnswerError(error: unknown, { request, server, isOver }: Attempted): KubeError {
  const code = codeOf(error);
  const known = { code: 0, request, cause: error };
  if (isOver)
    return new KubeError(`${request}: no answer from the API server at ${server} in time`, { ...known, reason: NO_ANSWER.timeout });
  const distrust = UNTRUSTED[code] ?? (/^ERR_(SSL|TLS|OSSL)_/.test(code) ? `TLS failed (${code})` : undefined);
  if (distrust !== undefined)
    return new KubeError(`cannot trust the API server at ${server}: ${distrust}; check the kubeconfig`, {
      ...known,
      reason: NO_ANSWER.untrusted,
    });
  const why = UNREACHABLE[code] ?? (error instanceof Error ? error.message : String(error));
  return new KubeError(`cannot reach the API server at ${server}: ${why}; is it running, and is this the right context?`, {
    ...known,
    reason: NO_ANSWER.unreachable,
  });
}

/** The error of an answer that broke off. */
export function truncatedError(request: string, cause?: unknown): KubeError {
  return new KubeError(`${request}: the API server's answer broke off`, { code: 0, reason: NO_ANSWER.truncated, request, cause });
}

/** The code of an error, or of the first that it stands for: a host with several addresses fails for each. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? "" : codeOf(error.cause);
}
