// Two replicas at once in a world of their own: every read and write takes a moment, and anything may happen between two of them.
import { expect } from "chai";
import fc from "fast-check";
import { silentLog } from "../../plugins/sdk/index.ts";
import { type FakeClock, fakeClock } from "../../plugins/sdk/testing/index.ts";
import { type Authority, type CertificateState, isInTime, type Leaf, NO_STATE, withoutKey } from "./certificateState.ts";
import { type CertificateMaker, rotationTimes } from "./rotation.ts";
import { Rotator, type SharedState, type TrustPlaces, type TrustPlaceView } from "./rotator.ts";

const TIMES = rotationTimes({ certLifetimeMs: 8_000, renewBeforeMs: 4_000, caLifetimeMs: 24_000 });
const HOSTS = ["ark-server.ark-system.svc"];
/** An API server hears of a new bundle within this. */
const LAG_MS = 300;
const MAX_IO_MS = 20;
const MAX_NEWS_MS = 50;

/** A cluster with one Secret and two configurations, and what its API server may believe. */
class World {
  readonly clock: FakeClock = fakeClock();
  readonly faults: string[] = [];
  readonly steps = new Set<string>();
  readonly #random: () => number;
  readonly #listeners = new Set<() => void>();
  state: CertificateState = NO_STATE;
  secretVersion: number | undefined;
  #versions = 0;
  readonly places = ["validating", "mutating"].map((name) => ({
    name,
    version: 0,
    history: [{ fromMs: 0, authorities: [] as Authority[] }],
  }));
  readonly served = new Map<number, Leaf>();
  #made = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  readonly make: CertificateMaker = {
    authority: async () => {
      await this.#moment();
      const nowMs = this.clock.now();
      const id = `ca-${++this.#made}`;
      return { id, cert: id, key: `key of ${id}`, startsAtMs: nowMs - 1, endsAtMs: nowMs + TIMES.caLifetimeMs };
    },
    leaf: async (authority, hosts) => {
      await this.#moment();
      const nowMs = this.clock.now();
      const cert = `leaf-${++this.#made} of ${authority.id}`;
      const endsAtMs = Math.min(nowMs + TIMES.certLifetimeMs, authority.endsAtMs);
      return { cert, key: "k", authority: withoutKey(authority), hosts, startsAtMs: nowMs - 1, endsAtMs };
    },
  };

  readonly shared: SharedState = {
    read: async () => {
      await this.#moment();
      const read = { state: this.state, version: this.secretVersion };
      await this.#moment();
      return read;
    },
    write: async (state, { version }) => {
      await this.#moment();
      const isFirst = version === this.secretVersion;
      if (isFirst) this.setSecret(state);
      await this.#moment();
      return isFirst;
    },
  };

  readonly trustPlaces: TrustPlaces = {
    read: async () => {
      await this.#moment();
      const views = this.places.map(({ name, version, history }) => ({
        name,
        version,
        isClean: true,
        authorities: history.at(-1)!.authorities,
      }));
      await this.#moment();
      return views;
    },
    write: async ({ name, version }: TrustPlaceView, authorities) => {
      await this.#moment();
      const place = this.places.find((one) => one.name === name)!;
      if (place.version !== version) return false;
      place.version += 1;
      place.history.push({ fromMs: this.clock.monotonic(), authorities: authorities.map(withoutKey) });
      for (const [replica, leaf] of this.served) this.#expectTrust(replica, leaf, "was untrusted", 0);
      this.#tell();
      return true;
    },
  };

  setSecret(state: CertificateState | undefined): void {
    this.state = state ?? NO_STATE;
    this.secretVersion = state && ++this.#versions;
    this.#tell();
  }

  serve(replica: number, leaf: Leaf): void {
    this.#expectTrust(replica, leaf, "was served too early", this.served.has(replica) ? LAG_MS : 0);
    this.served.set(replica, leaf);
  }

  /** Everything that is served is in its time. */
  check(): void {
    for (const [replica, leaf] of this.served)
      if (!isInTime(leaf, this.clock.now())) this.faults.push(`${replica} serves ${leaf.cert} past its end`);
  }

  /** Runs a replica until `signal`. */
  async run(replica: number, signal: AbortSignal): Promise<void> {
    const { clock, shared, trustPlaces: places, make } = this;
    const log = { ...silentLog, info: (message: string) => void this.steps.add(message) };
    let wake: () => void = () => undefined;
    let isDirty = false;
    const listener = (): void => {
      isDirty = true;
      clock.after(Math.ceil(this.#random() * MAX_NEWS_MS), () => wake());
    };
    this.#listeners.add(listener);
    const onServe = (leaf: Leaf): void => {
      if (!signal.aborted) this.serve(replica, leaf);
    };
    const rotator = new Rotator({ shared, places, make, times: TIMES, hosts: HOSTS, clock, log, onServe });
    while (!signal.aborted) {
      isDirty = false;
      const waitMs = await rotator.pass();
      if (isDirty || waitMs === 0 || signal.aborted) continue;
      const over = new AbortController();
      wake = () => over.abort();
      signal.addEventListener("abort", wake, { once: true });
      await clock.sleep(waitMs, over.signal).catch(() => undefined);
      signal.removeEventListener("abort", wake);
    }
    this.#listeners.delete(listener);
    return undefined;
  }

  /** Everything the API server may have believed in the last `lagMs` contains who has signed. */
  #expectTrust(replica: number, leaf: Leaf, what: string, lagMs: number): void {
    const sinceMs = this.clock.monotonic() - lagMs;
    for (const { name, history } of this.places) {
      const believed = history.filter((_, i) => (history[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY) > sinceMs);
      if (believed.every(({ authorities }) => authorities.some(({ id }) => id === leaf.authority.id))) continue;
      this.faults.push(
        `${this.clock.monotonic()}: ${leaf.cert} of replica ${replica} ${what}; ${name} had ${JSON.stringify(believed.map(({ authorities }) => authorities.map(({ id }) => id)))}`,
      );
    }
  }

  #moment(): Promise<void> {
    return this.clock.sleep(Math.ceil(this.#random() * MAX_IO_MS));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Another state, whole and valid in itself. */
async function strangers({ make }: World): Promise<CertificateState> {
  const authority = await make.authority();
  return { authority, previous: [], leaf: await make.leaf(authority, HOSTS) };
}

const EVENTS = {
  "nothing happens": () => undefined,
  "the Secret is deleted": (world: World) => world.setSecret(undefined),
  "the Secret holds garbage": (world: World) => world.setSecret({ previous: [] }),
  "its authority cannot be read": (world: World) => world.setSecret({ ...world.state, authority: undefined, leaf: undefined }),
  "its certificate is gone": (world: World) => world.setSecret({ ...world.state, leaf: undefined }),
  "its authority's key is taken out": (world: World) =>
    world.setSecret({ ...world.state, authority: world.state.authority && withoutKey(world.state.authority) }),
  "what was to be trusted is forgotten": (world: World) =>
    world.setSecret({ ...world.state, previous: [], previousUntilMs: undefined, next: undefined }),
  "somebody else's certificates are put in its place": (world: World) => void strangers(world).then((state) => world.setSecret(state)),
} as const;
type EventName = keyof typeof EVENTS | "a replica starts anew";

async function play(seed: number, events: readonly (readonly [EventName, number, number])[]): Promise<World> {
  let n = seed;
  const world = new World(() => {
    n = (Math.imul(n, 1_664_525) + 1_013_904_223) >>> 0;
    return n / 2 ** 32;
  });
  const { clock } = world;
  const pass = async (ms: number): Promise<void> => {
    for (let leftMs = ms; leftMs > 0; leftMs -= 250) {
      await clock.advance(Math.min(leftMs, 250));
      world.check();
    }
  };
  const replicas = [0, 1].map((replica) => {
    const control = new AbortController();
    return { replica, control, ended: world.run(replica, control.signal) };
  });
  await pass(2_000);
  for (const [name, replica, afterMs] of events) {
    if (name === "a replica starts anew") {
      const old = replicas[replica]!;
      old.control.abort();
      world.served.delete(replica);
      const control = new AbortController();
      replicas[replica] = { replica, control, ended: old.ended.then(() => world.run(replica, control.signal)) };
    } else EVENTS[name](world);
    await pass(afterMs);
  }
  await pass(6_000);
  for (const { control } of replicas) control.abort();
  await clock.advance(1_000);
  await Promise.all(replicas.map(({ ended }) => ended));
  return world;
}

describe("two replicas that keep one certificate (B21)", () => {
  it("agree on one authority at the first start, and serve", async () => {
    const world = await play(1, []);
    expect(world.faults).to.deep.equal([]);
    expect(new Set([...world.served.values()].map(({ authority }) => authority.id)).size).to.equal(1);
    expect(world.served.size).to.equal(2);
    expect(world.places[0]!.history.at(-1)!.authorities.map(({ id }) => id)).to.deep.equal([world.state.authority?.id]);
  });

  it("renew certificates and authorities for ever, each one trusted before it is served", async () => {
    const world = await play(7, [["nothing happens", 0, 90_000]]);
    expect(world.faults).to.deep.equal([]);
    expect([...world.steps]).to.include.members([
      "made a new certificate for the webhooks",
      "the next authority signs from now on",
      "the previous authority is trusted no longer",
    ]);
    expect(world.state.previous.length).to.be.lessThan(4);
    expect(Number(world.state.authority?.id.slice(3))).to.be.greaterThan(10);
  });

  it("restore a lost Secret as it was: no authority is made anew", async () => {
    const world = await play(3, [["the Secret is deleted", 0, 500]]);
    expect(world.faults).to.deep.equal([]);
    expect(world.state.authority?.id).to.equal(world.places[0]!.history[1]!.authorities[0]!.id);
  });

  it("replace an authority whose key is taken out", async () => {
    const world = await play(5, [["its authority's key is taken out", 0, 4_000]]);
    expect(world.faults).to.deep.equal([]);
    expect(world.state.authority?.key).to.not.equal(undefined);
    expect(world.state.authority?.id).to.not.equal(world.places[0]!.history[1]!.authorities[0]!.id);
  });

  it("never serve what is not trusted, whatever happens in whatever order", async function () {
    this.timeout(120_000);
    const name = fc.constantFrom<EventName>(...(Object.keys(EVENTS) as EventName[]), "a replica starts anew");
    const events = fc.array(fc.tuple(name, fc.constantFrom(0, 1), fc.constantFrom(1, 15, 40, 130, 700, 1_100, 2_500, 6_000)), {
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 }), events, async (seed, list) => {
        const world = await play(seed, list);
        expect(world.faults).to.deep.equal([]);
        expect(world.served.size).to.equal(2);
      }),
      { numRuns: 300 },
    );
  });
});
