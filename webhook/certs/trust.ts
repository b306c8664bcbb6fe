// Two rules that every replica keeps, whatever the shared state says, and that together let no call fail while certificates change:
// a certificate is served only once everybody has trusted its authority for a while, and an authority is added to what is trusted at
// once, but taken out only when it has not been wanted for a while. Whoever still serves one of it has then said so (`retain`).
import { type Authority, type CertificateState, isInTime, type Leaf, trustedBy } from "./certificateState.ts";

/** What one place trusts: a `clientConfig`. */
export interface TrustView {
  readonly authorities: readonly Authority[];
  /** Nothing but certificates of authorities was in it. */
  readonly isClean: boolean;
}

/** Remembers since when authorities have been trusted everywhere, and since when they are trusted without need. Times are monotonic ms. */
export class TrustMemory {
  readonly #trustedSince = new Map<string, number>();
  readonly #unwantedSince = new Map<string, number>();
  #hasLooked = false;

  /** Takes note of all places at one moment. What was trusted at the first look is taken to have been so for ever. */
  look(places: readonly TrustView[], state: CertificateState, atMs: number): void {
    const known = new Set([...places.flatMap(({ authorities }) => authorities), ...trustedBy(state)].map(({ id }) => id));
    const wanted = new Set(trustedBy(state).map(({ id }) => id));
    for (const id of known) {
      const isTrusted = places.every(({ authorities }) => authorities.some((one) => one.id === id));
      if (!isTrusted) this.#trustedSince.delete(id);
      else if (!this.#trustedSince.has(id)) this.#trustedSince.set(id, this.#hasLooked ? atMs : Number.NEGATIVE_INFINITY);
      if (wanted.has(id)) this.#unwantedSince.delete(id);
      else if (!this.#unwantedSince.has(id)) this.#unwantedSince.set(id, atMs);
    }
    for (const memory of [this.#trustedSince, this.#unwantedSince]) for (const id of memory.keys()) if (!known.has(id)) memory.delete(id);
    this.#hasLooked = true;
  }

  /** For how long everybody has trusted it, as far as was seen; undefined when somebody does not. */
  trustedForMs({ id }: Authority, atMs: number): number | undefined {
    const since = this.#trustedSince.get(id);
    return since === undefined ? undefined : atMs - since;
  }

  /** For how long it has been trusted without need; undefined when it is needed. */
  unwantedForMs({ id }: Authority, atMs: number): number | undefined {
    const since = this.#unwantedSince.get(id);
    return since === undefined ? undefined : atMs - since;
  }
}

/** What a place is to trust; undefined when it does already. */
export function bundleFor(
  place: TrustView,
  state: CertificateState,
  {
    memory,
    atMs,
    nowMs,
    settleMs,
  }: { readonly memory: TrustMemory; readonly atMs: number; readonly nowMs: number; readonly settleMs: number },
): readonly Authority[] | undefined {
  const wanted = trustedBy(state);
  const lingering = place.authorities.filter(
    (one) => !wanted.some(({ id }) => id === one.id) && isInTime(one, nowMs) && (memory.unwantedForMs(one, atMs) ?? 0) < settleMs,
  );
  const bundle = [...wanted, ...lingering];
  const has = new Set(place.authorities.map(({ id }) => id));
  const isSame = place.isClean && has.size === bundle.length && bundle.every(({ id }) => has.has(id));
  return isSame ? undefined : bundle;
}

/** What deciding takes. */
export interface ServeView {
  readonly places: readonly TrustView[];
  readonly served: Leaf | undefined;
  readonly memory: TrustMemory;
  readonly atMs: number;
  readonly nowMs: number;
  readonly settleMs: number;
  /** Some place cannot be written: waiting for it would be for ever. */
  readonly isBlocked: boolean;
}

/** Nobody is served by this replica yet, and others may be: long enough for an API server to hear of a new bundle. */
const MAX_FIRST_SETTLE_MS = 1_000;

/** How much longer to serve what is served before `candidate` takes its place: 0 is now, undefined until something changes. */
export function serveInMs(candidate: Leaf, { places, served, memory, atMs, nowMs, settleMs, isBlocked }: ServeView): number | undefined {
  const isTrusted = ({ id }: Authority): boolean => places.every(({ authorities }) => authorities.some((one) => one.id === id));
  const isAlone = places.every(({ authorities }) => authorities.every(({ id }) => id === candidate.authority.id));
  const hasNothingToLose = served === undefined ? isAlone || isBlocked : !isInTime(served, nowMs) || !isTrusted(served.authority);
  if (hasNothingToLose || candidate.authority.id === served?.authority.id) return 0;
  const trustedForMs = memory.trustedForMs(candidate.authority, atMs);
  if (trustedForMs === undefined) return undefined;
  const enoughMs = served === undefined ? Math.min(settleMs, MAX_FIRST_SETTLE_MS) : settleMs;
  return Math.max(0, enoughMs - trustedForMs);
}
