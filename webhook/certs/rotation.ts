// What happens next to the shared state (B21). A new authority comes in three steps: it is trusted everywhere (introduce), it signs what
// is served (promote), the old one is trusted no more (drop). A new certificate of the same authority needs no step but its own.
// Any replica may take a step: it is a function of the state, and the write is refused when somebody else was first.
import { type Authority, type CertificateState, isInTime, type Leaf, trustedBy, withoutKey } from "./certificateState.ts";

/** How long certificates live, ms. */
export interface CertificateLifetimes {
  readonly certLifetimeMs: number;
  /** A certificate is renewed this long before its end. */
  readonly renewBeforeMs: number;
  readonly caLifetimeMs: number;
}

const DAY_MS = 86_400_000;

/** RELIABILITY's `certLifetime`, `renewBefore` and `caLifetime`. */
export const CERTIFICATE_LIFETIMES: CertificateLifetimes = {
  certLifetimeMs: 90 * DAY_MS,
  renewBeforeMs: 30 * DAY_MS,
  caLifetimeMs: 3_650 * DAY_MS,
};

/** Times that follow from the lifetimes. */
export interface RotationTimes extends CertificateLifetimes {
  /** After this, every API server has heard of a change of a `caBundle`, and every replica of a change of the Secret. */
  readonly settleMs: number;
  /** How long a replica may be cut off and still be believed: the old authority is trusted for so long after its last step. */
  readonly overlapMs: number;
  /** An authority is replaced this long before its end: two certificates' lives, so that none is cut short by it. */
  readonly caRenewBeforeMs: number;
}

const MAX_SETTLE_MS = 60_000;

/** Settling takes a minute, for short-lived certificates a quarter of the time that renewing them has. */
export function rotationTimes(lifetimes: Partial<CertificateLifetimes> = {}): RotationTimes {
  const all = { ...CERTIFICATE_LIFETIMES, ...lifetimes };
  return {
    ...all,
    settleMs: Math.min(MAX_SETTLE_MS, all.renewBeforeMs / 4),
    overlapMs: Math.min(DAY_MS, all.certLifetimeMs),
    caRenewBeforeMs: Math.min(2 * all.certLifetimeMs, all.caLifetimeMs / 2),
  };
}

/** One change of the shared state. */
export type Step =
  /** Nothing usable is there: a new authority and its first certificate. */
  | { readonly do: "start" }
  /** A replica serves a certificate of this authority, and the state has forgotten it. */
  | { readonly do: "retain"; readonly authority: Authority }
  /** A new certificate of the same authority. */
  | { readonly do: "issue"; readonly hosts: readonly string[] }
  | { readonly do: "introduce" }
  | { readonly do: "promote" }
  /** The previous authorities have served their time. */
  | { readonly do: "drop" };

/** What one replica knows beside the state. */
export interface RotationView {
  readonly nowMs: number;
  /** Names that the certificate has to be for. */
  readonly hosts: readonly string[];
  /** What this replica serves. */
  readonly served: Leaf | undefined;
  /** For how long, as this replica has seen, everybody has trusted an authority without a break; undefined when somebody does not. */
  trustedForMs(authority: Authority): number | undefined;
}

/** The next step, if it is time for one. */
export function nextStep(state: CertificateState, view: RotationView, times: RotationTimes): Step | undefined {
  const { authority, next, previous, previousUntilMs, leaf } = state;
  const { nowMs, served, hosts } = view;
  const canPromote = next !== undefined && isInTime(next, nowMs);
  if (!authority || !isInTime(authority, nowMs)) return canPromote ? { do: "promote" } : { do: "start" };
  if (served && isInTime(served, nowMs) && !trustedBy(state).some(({ id }) => id === served.authority.id))
    return { do: "retain", authority: served.authority };
  if (previous.length > 0 && (previousUntilMs === undefined || previousUntilMs <= nowMs)) return { do: "drop" };
  const isServable = leaf !== undefined && isInTime(leaf, nowMs);
  if (authority.key !== undefined && needsRenewal(leaf, authority, view, times))
    return { do: "issue", hosts: isServable ? [...new Set([...hosts, ...(isDue(leaf, nowMs, times) ? [] : leaf.hosts)])] : hosts };
  if (canPromote && !isSpent(next, nowMs, times)) {
    const trustedForMs = view.trustedForMs(next);
    const isHopeless = !isServable && authority.key === undefined; // nothing to lose by being too early
    return isHopeless || (trustedForMs !== undefined && trustedForMs >= times.settleMs) ? { do: "promote" } : undefined;
  }
  return authority.key === undefined || isSpent(authority, nowMs, times) ? { do: "introduce" } : undefined;
}

/** The next moment at which the passing of time alone may make for a step. */
export function nextStepAtMs({ authority, previousUntilMs, leaf }: CertificateState, nowMs: number, times: RotationTimes): number {
  const moments = [
    ...(leaf ? [leaf.endsAtMs - times.renewBeforeMs, leaf.endsAtMs] : []),
    ...(authority ? [authority.endsAtMs - times.caRenewBeforeMs, authority.endsAtMs] : []),
    ...(previousUntilMs === undefined ? [] : [previousUntilMs]),
  ];
  return Math.min(...moments.filter((atMs) => atMs > nowMs)); // what is past waits for something else than time
}

/** Makes what a step needs. */
export interface CertificateMaker {
  authority(): Promise<Authority>;
  leaf(authority: Authority, hosts: readonly string[]): Promise<Leaf>;
}

/** The state after a step; nothing is written yet. */
export async function take(
  step: Step,
  state: CertificateState,
  { nowMs, hosts }: Pick<RotationView, "nowMs" | "hosts">,
  times: RotationTimes,
  make: CertificateMaker,
): Promise<CertificateState> {
  const previousUntilMs = nowMs + times.overlapMs;
  const still = (authorities: readonly Authority[]): Authority[] => authorities.filter(({ endsAtMs }) => endsAtMs > nowMs).map(withoutKey);
  switch (step.do) {
    case "start": {
      const authority = await make.authority();
      const previous = still(trustedBy(state));
      return withPrevious({ authority, previous, leaf: await make.leaf(authority, hosts) }, previousUntilMs);
    }
    case "retain":
      return withPrevious({ ...state, previous: still([...state.previous, step.authority]) }, previousUntilMs);
    case "issue":
      return state.authority ? { ...state, leaf: await make.leaf(state.authority, step.hosts) } : state;
    case "introduce":
      return { ...state, next: await make.authority() };
    case "promote": {
      if (!state.next) return state;
      const previous = still([...state.previous, ...(state.authority ? [state.authority] : [])]);
      return withPrevious({ authority: state.next, previous, leaf: await make.leaf(state.next, hosts) }, previousUntilMs);
    }
    case "drop":
      // Without a date it is not known for how long they have been there: they get one.
      return state.previousUntilMs === undefined
        ? withPrevious({ ...state, previous: still(state.previous) }, previousUntilMs)
        : { ...state, previous: [], previousUntilMs: undefined };
  }
}

const withPrevious = (state: CertificateState, previousUntilMs: number): CertificateState => ({
  ...state,
  previousUntilMs: state.previous.length > 0 ? previousUntilMs : undefined,
});

/** Whether an authority has to be followed by another. */
const isSpent = ({ endsAtMs }: Authority, nowMs: number, { caRenewBeforeMs }: RotationTimes): boolean =>
  endsAtMs - nowMs <= caRenewBeforeMs;

const isDue = ({ endsAtMs }: Leaf, nowMs: number, { renewBeforeMs }: RotationTimes): boolean => endsAtMs - nowMs <= renewBeforeMs;

function needsRenewal(leaf: Leaf | undefined, authority: Authority, { nowMs, hosts }: RotationView, times: RotationTimes): boolean {
  if (!leaf || !isInTime(leaf, nowMs)) return true;
  if (hosts.some((host) => !leaf.hosts.includes(host))) return true;
  // At the end of its authority's life a new one would hardly live longer: the next authority is on its way.
  const gainMs = Math.min(nowMs + times.certLifetimeMs, authority.endsAtMs) - leaf.endsAtMs;
  return isDue(leaf, nowMs, times) && gainMs >= times.renewBeforeMs / 2;
}
