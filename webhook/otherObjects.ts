// What a review needs to know of other objects: from the store of an informer, which may be empty or old, and live, which may fail.
import {
  type CanonicalSettings,
  type CanonicalTeam,
  type CheckContext,
  normalizeArkSettings,
  normalizeArkTeam,
  readAs,
} from "../crds/index.ts";

/** Kinds that refusals may rest on: teams (B14, B17) and settings (B18). */
export const LOOKED_UP = ["ArkTeam", "ArkSettings"] as const;
export type LookedUpKind = (typeof LOOKED_UP)[number];

/** Other objects of the cluster, as they are stored. */
export interface OtherObjects {
  /** At once; undefined when the store does not hold it, which says nothing. */
  stored(kind: LookedUpKind, namespace: string, name: string): object | undefined;
  /** From the API server; null when it is not there for certain. Rejects when nobody can say. */
  live(kind: LookedUpKind, namespace: string, name: string, signal: AbortSignal): Promise<object | null>;
}

/** What is known of one object: itself, null for certainly absent, undefined for unknown. */
type Known = object | null | undefined;

/** The knowledge of one review: first what the store says, then, name by name, what the API server says. */
export class ReviewKnowledge {
  readonly #objects: OtherObjects;
  readonly #namespace: string;
  /** By `kind/name`: what the API server said; undefined when it could not. */
  readonly #confirmed = new Map<string, Known>();
  readonly #asked = new Set<string>();
  #isGuess = false;

  constructor(objects: OtherObjects, namespace: string) {
    this.#objects = objects;
    this.#namespace = namespace;
  }

  /** For the rules of `crds/`. Taken anew for each check: it begins to count what is asked. */
  context(base: CheckContext): CheckContext {
    this.#asked.clear();
    this.#isGuess = false;
    return {
      ...base,
      teamOf: (name) => canonicalTeam(this.#look("ArkTeam", name)),
      settingsOf: (name) => canonicalSettings(this.#look("ArkSettings", name)),
    };
  }

  /** Whether no check has asked for anything: the verdict rests on the object alone. */
  get isUnasked(): boolean {
    return this.#asked.size === 0 && this.#confirmed.size === 0;
  }

  /** Whether the last check asked for something that is in no store: "not there" was a guess. */
  get isGuess(): boolean {
    return this.#isGuess;
  }

  /** Whether the last check asked for something that the API server has not been asked for. */
  get isUnconfirmed(): boolean {
    return [...this.#asked].some((key) => !this.#confirmed.has(key));
  }

  /** Asks the API server for everything that the last check asked for. Never rejects: what cannot be learnt is unknown. */
  async confirm(signal: AbortSignal): Promise<void> {
    const open = [...this.#asked].filter((key) => !this.#confirmed.has(key)).slice(0, MAX_CONFIRMED);
    await Promise.all(
      open.map(async (key) => {
        const [kind, name] = partsOf(key);
        this.#confirmed.set(key, await this.#objects.live(kind, this.#namespace, name, signal).catch(() => undefined));
      }),
    );
  }

  /** What could not be learnt, as warnings. */
  unknowns(): string[] {
    return [...this.#confirmed]
      .filter(([, known]) => known === undefined)
      .map(([key]) => {
        const [kind, name] = partsOf(key);
        return `${kind} "${name}" could not be read just now; what depends on it was not checked`;
      });
  }

  #look(kind: LookedUpKind, name: string): Known {
    const key = `${kind}/${name}`;
    this.#asked.add(key);
    if (this.#confirmed.has(key)) return this.#confirmed.get(key);
    const stored = this.#objects.stored(kind, this.#namespace, name);
    if (stored === undefined) this.#isGuess = true;
    return stored ?? null;
  }
}

/** Requests at once of one review; a team that names more teams than this is checked as far as this goes, and by the controller. */
const MAX_CONFIRMED = 20;

function partsOf(key: string): [LookedUpKind, string] {
  const slash = key.indexOf("/");
  const kind = LOOKED_UP.find((known) => known === key.slice(0, slash));
  if (!kind) throw new Error(`${key} is no key of ours`);
  return [kind, key.slice(slash + 1)];
}

/** Canonical forms by stored object: a store hands out the same object until it changes. */
const canonicalTeams = new WeakMap<object, CanonicalTeam>();
const canonicalSettingsOf = new WeakMap<object, CanonicalSettings>();

/** An object that cannot be read (stored before its rules) is unknown: nothing can be said of it. */
function canonicalTeam(known: Known): CanonicalTeam | null | undefined {
  if (!known) return known;
  const done = canonicalTeams.get(known);
  if (done) return done;
  const team = readAs("ArkTeam", known);
  const canonical = team && normalizeArkTeam(team);
  if (canonical) canonicalTeams.set(known, canonical);
  return canonical;
}

function canonicalSettings(known: Known): CanonicalSettings | null | undefined {
  if (!known) return known;
  const done = canonicalSettingsOf.get(known);
  if (done) return done;
  const settings = readAs("ArkSettings", known);
  const canonical = settings && normalizeArkSettings(settings);
  if (canonical) canonicalSettingsOf.set(known, canonical);
  return canonical;
}
