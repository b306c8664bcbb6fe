import { expect } from "chai";
import { type Authority, type CertificateState, type Leaf, NO_STATE, withoutKey } from "./certificateState.ts";
import { CERTIFICATE_LIFETIMES, nextStep, nextStepAtMs, type RotationView, rotationTimes, take } from "./rotation.ts";

const DAY_MS = 86_400_000;
const TIMES = rotationTimes();
const NOW_MS = Date.parse("2026-03-01T12:00:00Z");

const anAuthority = (id: string, endsInMs = 3_650 * DAY_MS): Authority => ({
  id,
  cert: id,
  key: `key of ${id}`,
  startsAtMs: NOW_MS - 1,
  endsAtMs: NOW_MS + endsInMs,
});
const aLeaf = (authority: Authority, endsInMs = 90 * DAY_MS, hosts = ["a"]): Leaf => ({
  cert: `leaf of ${authority.id}`,
  key: "k",
  authority: withoutKey(authority),
  hosts,
  startsAtMs: NOW_MS - 1,
  endsAtMs: NOW_MS + endsInMs,
});
const old = anAuthority("old");
const ending = anAuthority("ending", 179 * DAY_MS);
const next = anAuthority("next");
const healthy: CertificateState = { authority: old, previous: [], leaf: aLeaf(old) };
const introduced: CertificateState = { authority: ending, next, previous: [], leaf: aLeaf(ending) };

describe("the next step of the certificates (B21)", () => {
  it("uses 90 days, 30 days before their end, and ten years, unless told", () => {
    expect(CERTIFICATE_LIFETIMES).to.deep.equal({ certLifetimeMs: 90 * DAY_MS, renewBeforeMs: 30 * DAY_MS, caLifetimeMs: 3_650 * DAY_MS });
    expect([TIMES.settleMs, TIMES.overlapMs, TIMES.caRenewBeforeMs]).to.deep.equal([60_000, DAY_MS, 180 * DAY_MS]);
  });

  const cases: Record<string, { state: CertificateState; view?: Partial<RotationView>; want: string | undefined }> = {
    "nothing is there: begin": { state: NO_STATE, want: "start" },
    "all is well: nothing": { state: healthy, want: undefined },
    "the authority has ended: begin": { state: { ...healthy, authority: anAuthority("old", 0) }, want: "start" },
    "the authority has ended and the next is there: it signs": {
      state: { ...introduced, authority: anAuthority("old", 0) },
      want: "promote",
    },
    "the certificate is gone: a new one": { state: { ...healthy, leaf: undefined }, want: "issue" },
    "the certificate has 30 days left: a new one": { state: { ...healthy, leaf: aLeaf(old, 30 * DAY_MS) }, want: "issue" },
    "the certificate has a day more: nothing": { state: { ...healthy, leaf: aLeaf(old, 31 * DAY_MS) }, want: undefined },
    "the certificate begins in the future: a new one": {
      state: { ...healthy, leaf: { ...aLeaf(old), startsAtMs: NOW_MS + 1 } },
      want: "issue",
    },
    "a name is missing in it: a new one": { state: healthy, view: { hosts: ["a", "b"] }, want: "issue" },
    "it has a name more than needed: nothing": { state: { ...healthy, leaf: aLeaf(old, 90 * DAY_MS, ["a", "b"]) }, want: undefined },
    "the authority has 180 days left: the next is made": {
      state: { ...healthy, authority: ending, leaf: aLeaf(ending) },
      want: "introduce",
    },
    "the authority's key is gone: the next is made": { state: { ...healthy, authority: withoutKey(old) }, want: "introduce" },
    "the next is not trusted by everybody: it waits": { state: introduced, want: undefined },
    "the next has not been trusted for long: it waits": { state: introduced, view: { trustedForMs: () => 59_999 }, want: undefined },
    "the next has been trusted for a minute: it signs": { state: introduced, view: { trustedForMs: () => 60_000 }, want: "promote" },
    "nobody can sign, nothing can be served: the next signs at once": {
      state: { ...introduced, authority: withoutKey(ending), leaf: undefined },
      want: "promote",
    },
    "the next is about to end itself: another is made": { state: { ...introduced, next: anAuthority("n", DAY_MS) }, want: "introduce" },
    "the old one's time is over: it goes": { state: { ...healthy, previous: [next], previousUntilMs: NOW_MS }, want: "drop" },
    "the old one's time is not over: it stays": { state: { ...healthy, previous: [next], previousUntilMs: NOW_MS + 1 }, want: undefined },
    "nobody knows when the old one's time is over: it is decided": { state: { ...healthy, previous: [next] }, want: "drop" },
    "this replica serves what is forgotten: it is remembered": { state: healthy, view: { served: aLeaf(next) }, want: "retain" },
    "this replica serves what has ended: it may be forgotten": { state: healthy, view: { served: aLeaf(next, 0) }, want: undefined },
    "a certificate at its authority's end is not made again and again": {
      state: { authority: anAuthority("short", DAY_MS), next, previous: [], leaf: aLeaf(old, DAY_MS) },
      want: undefined,
    },
  };
  for (const [sentence, { state, view, want }] of Object.entries(cases)) {
    it(sentence, () => {
      const whole: RotationView = { nowMs: NOW_MS, hosts: ["a"], served: undefined, trustedForMs: () => undefined, ...view };
      expect(nextStep(state, whole, TIMES)?.do).to.equal(want);
    });
  }

  it("keeps the names of the certificate when one is added: replicas of two versions do not take turns", () => {
    const view: RotationView = { nowMs: NOW_MS, hosts: ["b"], served: undefined, trustedForMs: () => undefined };
    expect(nextStep(healthy, view, TIMES)).to.deep.equal({ do: "issue", hosts: ["b", "a"] });
    const due = { ...healthy, leaf: aLeaf(old, DAY_MS) };
    expect(nextStep(due, view, TIMES)).to.deep.equal({ do: "issue", hosts: ["b"] });
  });

  it("looks again when time alone makes a difference", () => {
    expect(nextStepAtMs(healthy, NOW_MS, TIMES)).to.equal(NOW_MS + 60 * DAY_MS);
    expect(nextStepAtMs({ ...healthy, previous: [next], previousUntilMs: NOW_MS + 5 }, NOW_MS, TIMES)).to.equal(NOW_MS + 5);
    expect(nextStepAtMs(NO_STATE, NOW_MS, TIMES)).to.equal(Number.POSITIVE_INFINITY);
  });
});

describe("a step of the certificates", () => {
  const make = { authority: async () => anAuthority("made"), leaf: async (authority: Authority) => aLeaf(authority) };
  const after = (step: Parameters<typeof take>[0], state: CertificateState): Promise<CertificateState> =>
    take(step, state, { nowMs: NOW_MS, hosts: ["a"] }, TIMES, make);

  it("promote: the old authority stays trusted for a day, without its key", async () => {
    const state = await after({ do: "promote" }, introduced);
    expect(state).to.deep.equal({ authority: next, previous: [withoutKey(ending)], previousUntilMs: NOW_MS + DAY_MS, leaf: aLeaf(next) });
  });

  it("introduce: only the next authority is new", async () => {
    expect(await after({ do: "introduce" }, healthy)).to.deep.equal({ ...healthy, next: anAuthority("made") });
  });

  it("drop: nobody is trusted beside, and there is nothing to wait for", async () => {
    const state = await after({ do: "drop" }, { ...healthy, previous: [next], previousUntilMs: NOW_MS });
    expect(state).to.deep.equal({ ...healthy, previousUntilMs: undefined });
  });

  it("drop without a date gives one", async () => {
    const state = await after({ do: "drop" }, { ...healthy, previous: [next] });
    expect([state.previous.length, state.previousUntilMs]).to.deep.equal([1, NOW_MS + DAY_MS]);
  });

  it("start: what can still be believed stays trusted for a while", async () => {
    const state = await after({ do: "start" }, { ...NO_STATE, previous: [next, anAuthority("ended", 0)] });
    expect([state.authority?.id, state.previous.map(({ id }) => id)]).to.deep.equal(["made", ["next"]]);
  });
});
