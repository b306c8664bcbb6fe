// Credentials that cost something to get: kept until they are about to end or are refused, and got once however many ask.
import type { Clock } from "../../../plugins/sdk/index.ts";
import type { CredentialSource, Credentials } from "./access.ts";

/** Credentials, and when they end: ms since the epoch, infinity when they do not. */
export interface EndingCredentials {
  readonly credentials: Credentials;
  readonly endsAtMs: number;
}

/** What keeping takes. */
export interface KeptParts {
  readonly clock: Clock;
  /** Gets new ones. Never called while it is under way. */
  readonly get: () => Promise<EndingCredentials>;
  /** Whether getting them again may bring other ones; true unless told. */
  readonly canRenew?: () => boolean;
}

/** Replaced before they end, so that none end on their way: a tenth of their life before, at most a minute. */
const RENEW_BEFORE_MS = 60_000;
const RENEW_BEFORE_PART = 0.1;

/** A source that gets credentials when they are needed. Who is aborted stops waiting; the getting goes on for the others. */
export function keptCredentials({ clock, get, canRenew = () => true }: KeptParts): CredentialSource {
  let kept: { readonly credentials: Credentials; readonly untilMs: number } | undefined;
  let running: Promise<Credentials> | undefined;
  const renewed = async (): Promise<Credentials> => {
    const { credentials, endsAtMs } = await get();
    const lifeMs = endsAtMs - clock.now();
    kept = { credentials, untilMs: endsAtMs - Math.min(RENEW_BEFORE_MS, lifeMs * RENEW_BEFORE_PART) };
    return credentials;
  };
  return {
    current(signal) {
      if (kept && clock.now() < kept.untilMs) return Promise.resolve(kept.credentials);
      running ??= renewed().finally(() => {
        running = undefined;
      });
      return signal ? abortable(running, signal) : running;
    },
    renew(refused) {
      if (!canRenew()) return false;
      if (kept?.credentials === refused) kept = undefined; // else somebody else has renewed them meanwhile
      return true;
    },
  };
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    return undefined;
  });
}
