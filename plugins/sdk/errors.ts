// Errors of plugins, recognised by `name` and `kind` and never by `instanceof`: bundles and plugins carry copies of classes.

/** permanent: asking again cannot help. throttled: ask later. transient: the network or the server; ask again soon (B72). */
export const PROVIDER_ERROR_KINDS = ["permanent", "throttled", "transient"] as const;
export type ProviderErrorKind = (typeof PROVIDER_ERROR_KINDS)[number];

/** What a provider throws when its vendor refused or failed. `retryAfterMs` is the vendor's own wish, capped by the runtime. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly kind: ProviderErrorKind;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ProviderErrorKind, message: string, options: { retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether something thrown is a ProviderError, whichever copy of the class made it. */
export function isProviderError(error: unknown): error is ProviderError {
  if (!(error instanceof Error) || error.name !== "ProviderError" || !("kind" in error)) return false;
  return PROVIDER_ERROR_KINDS.some((kind) => kind === error.kind);
}

/** The kind that an HTTP status of a model's endpoint stands for (B72): 408, 409, 429 and 5xx pass, the rest of 4xx does not. */
export function kindOfStatus(status: number): ProviderErrorKind {
  if (status === 429 || status === 529) return "throttled";
  if (status === 408 || status === 409 || status >= 500) return "transient";
  return "permanent";
}
