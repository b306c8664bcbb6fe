// One replica's part in keeping the certificate: each pass looks at the world afresh, takes at most one step, sees to what is trusted,
// and decides what is served. Two replicas may pass at the same time: every write names the version it was decided on.
import { type Clock, errorText, type Log } from "../../plugins/sdk/index.ts";
import { type Authority, type CertificateState, isInTime, type Leaf } from "./certificateState.ts";
import { type CertificateMaker, nextStep, nextStepAtMs, type RotationTimes, type RotationView, take } from "./rotation.ts";
import { bundleFor, serveInMs, TrustMemory, type TrustView } from "./trust.ts";

/** The state that replicas share. */
export interface SharedState {
  read(): Promise<VersionedState>;
  /** False, and nothing is changed, when it is not `seen` any more. */
  write(state: CertificateState, seen: VersionedState): Promise<boolean>;
}

/** The state as it was at one moment. */
export interface VersionedState {
  readonly state: CertificateState;
  /** Opaque; undefined when there is no Secret. */
  readonly version: unknown;
}

/** One `caBundle` list of an object that tells clients whom to trust. */
export interface TrustPlaceView extends TrustView {
  /** For messages. */
  readonly name: string;
  /** Opaque. */
  readonly version: unknown;
}

/** All places that have to trust us. */
export interface TrustPlaces {
  /** Those that there are, and are ours to keep. */
  read(): Promise<readonly TrustPlaceView[]>;
  /** False, and nothing is changed, when it is not as it was seen any more. */
  write(place: TrustPlaceView, authorities: readonly Authority[]): Promise<boolean>;
}

/** What a replica takes. */
export interface RotatorParts {
  readonly shared: SharedState;
  readonly places: TrustPlaces;
  readonly make: CertificateMaker;
  readonly times: RotationTimes;
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Connections from now on are to get this one. */
  readonly onServe: (leaf: Leaf) => void;
}

const SAID = {
  start: "made an authority and a certificate for the webhooks",
  retain: "another authority took over; what this replica serves stays trusted meanwhile",
  issue: "made a new certificate for the webhooks",
  introduce: "made the next authority for the webhooks; it signs once everybody trusts it",
  promote: "the next authority signs from now on",
  drop: "the previous authority is trusted no longer",
} as const;

/** One replica. */
export class Rotator {
  readonly #parts: RotatorParts;
  readonly #trust = new TrustMemory();
  /** The last good state: what a lost Secret is restored from. */
  #known: CertificateState | undefined;
  #served: Leaf | undefined;

  constructor(parts: RotatorParts) {
    this.#parts = parts;
  }

  /** What is served; undefined before the first pass that could decide on something. */
  get served(): Leaf | undefined {
    return this.#served;
  }

  /** Looks once. Resolves with when to look again, in ms: 0 is at once. Rejects when the shared state cannot be read or written. */
  async pass(): Promise<number> {
    const { shared, places, clock, times } = this.#parts;
    // The places first: one that is changed after this look refuses what is decided on it, and whoever changes one has read the state
    // before. So what is written into a place never takes out what a later state has put in.
    const seen = await places.read();
    const read = await shared.read();
    if (await this.#restore(read)) return 0;
    const { state } = read;
    this.#trust.look(seen, state, clock.monotonic());
    const view = this.#view();
    const step = nextStep(state, view, times);
    if (step) {
      const changed = await take(step, state, view, times, this.#parts.make);
      if (await shared.write(changed, read)) this.#parts.log.info(SAID[step.do]);
      return 0;
    }
    if (state.authority) this.#known = state;
    const kept = await this.#keepTrust(seen, state);
    if (kept === "changed meanwhile") return 0;
    return this.#serve(kept.places, state, kept.isBlocked);
  }

  /** Writes back what is known when the shared state is lost or broken. True when it is time for another look. */
  async #restore(read: VersionedState): Promise<boolean> {
    const { shared, clock, log } = this.#parts;
    const known = this.#known;
    if (read.state.authority || !known?.authority || !isInTime(known.authority, clock.now())) return false;
    if (await shared.write(known, read)) log.warn("the webhooks' certificates were lost or broken; restored them");
    return true;
  }

  #view(): RotationView {
    const { clock, hosts } = this.#parts;
    const atMs = clock.monotonic();
    return { nowMs: clock.now(), hosts, served: this.#served, trustedForMs: (authority) => this.#trust.trustedForMs(authority, atMs) };
  }

  /** Sees to it that every place trusts who is to be trusted. */
  async #keepTrust(
    seen: readonly TrustPlaceView[],
    state: CertificateState,
  ): Promise<{ readonly places: readonly TrustView[]; readonly isBlocked: boolean } | "changed meanwhile"> {
    const { places, clock, times, log } = this.#parts;
    const facts = { memory: this.#trust, atMs: clock.monotonic(), nowMs: clock.now(), settleMs: times.settleMs };
    const kept: TrustView[] = [];
    let isBlocked = false;
    for (const place of seen) {
      const authorities = bundleFor(place, state, facts);
      kept.push(authorities ? { authorities, isClean: true } : place);
      if (!authorities) continue;
      try {
        if (!(await places.write(place, authorities))) return "changed meanwhile";
        log.info("saw to it that the webhooks' authority is trusted", { place: place.name });
      } catch (error) {
        kept.splice(-1, 1, place);
        isBlocked = true;
        log.warn("cannot write whom to trust; calls of the webhooks may fail", {
          place: place.name,
          error: errorText(error, { redact: String }),
        });
      }
    }
    this.#trust.look(kept, state, clock.monotonic());
    return { places: kept, isBlocked };
  }

  /** Serves what is to be served, and says when to look again. */
  #serve(places: readonly TrustView[], state: CertificateState, isBlocked: boolean): number {
    const { clock, times, onServe } = this.#parts;
    const { leaf, next } = state;
    const [atMs, nowMs] = [clock.monotonic(), clock.now()];
    const waits = [nextStepAtMs(state, nowMs, times) - nowMs, isBlocked ? BLOCKED_RETRY_MS : MAX_WAIT_MS];
    if (leaf && leaf.cert !== this.#served?.cert) {
      const inMs = serveInMs(leaf, { places, served: this.#served, memory: this.#trust, atMs, nowMs, settleMs: times.settleMs, isBlocked });
      if (inMs === 0) {
        this.#served = leaf;
        onServe(leaf);
      } else if (inMs !== undefined) waits.push(inMs);
    }
    for (const authority of [...(next ? [next] : []), ...places.flatMap(({ authorities }) => authorities)]) {
      const forMs = next?.id === authority.id ? this.#trust.trustedForMs(authority, atMs) : this.#trust.unwantedForMs(authority, atMs);
      if (forMs !== undefined && forMs < times.settleMs) waits.push(times.settleMs - forMs);
    }
    return Math.max(0, Math.min(...waits));
  }
}

/** Everything is looked at this often, whatever was or was not heard of. */
const MAX_WAIT_MS = 300_000;
const BLOCKED_RETRY_MS = 10_000;
