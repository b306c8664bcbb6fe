// What the Secret says, as plain data: who signs, who is trusted beside, and the certificate that is served.

/** A certificate authority. Those without a key can be trusted, but sign nothing more. */
export interface Authority {
  /** SHA-256 of the certificate: two authorities with the same name are two. */
  readonly id: string;
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key?: string | undefined;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** A serving certificate. */
export interface Leaf {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  /** Who has signed it, without the key. */
  readonly authority: Authority;
  /** DNS names and IP addresses that it is for. */
  readonly hosts: readonly string[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** Everything that replicas share. What is broken is not in here: it is as if it were not there. */
export interface CertificateState {
  /** Signs the serving certificate. */
  readonly authority?: Authority | undefined;
  /** Will sign, once everybody trusts it. */
  readonly next?: Authority | undefined;
  /** Sign no more; trusted for as long as a certificate of theirs may be served somewhere. */
  readonly previous: readonly Authority[];
  /** When the previous ones are trusted no longer. */
  readonly previousUntilMs?: number | undefined;
  /** Signed by `authority`. */
  readonly leaf?: Leaf | undefined;
}

/** Nothing is known. */
export const NO_STATE: CertificateState = { previous: [] };

/** An authority as others get to see it. */
export function withoutKey({ key: _key, ...rest }: Authority): Authority {
  return rest;
}

/** Those whose certificates clients have to believe, each once. */
export function trustedBy({ authority, next, previous }: CertificateState): Authority[] {
  const all = [authority, next, ...previous].filter((one): one is Authority => one !== undefined);
  return [...new Map(all.map((one) => [one.id, one])).values()];
}

/** A clock that lags behind ours by less than this still takes what we make for valid. */
export const BACKDATED_MS = 3_600_000;

/** Whether a certificate is in its time. */
export function isInTime({ startsAtMs, endsAtMs }: Pick<Leaf, "startsAtMs" | "endsAtMs">, nowMs: number): boolean {
  return startsAtMs <= nowMs && nowMs < endsAtMs;
}
