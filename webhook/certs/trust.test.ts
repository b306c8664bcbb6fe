import { expect } from "chai";
import { type Authority, type CertificateState, type Leaf, withoutKey } from "./certificateState.ts";
import { bundleFor, type ServeView, serveInMs, TrustMemory, type TrustView } from "./trust.ts";

const anAuthority = (id: string): Authority => ({ id, cert: id, startsAtMs: 0, endsAtMs: 1_000_000 });
const [old, young] = [anAuthority("old"), anAuthority("young")];
const aLeaf = (authority: Authority, endsAtMs = 1_000_000): Leaf => ({
  cert: `of ${authority.id}`,
  key: "k",
  authority,
  hosts: [],
  startsAtMs: 0,
  endsAtMs,
});
const trusting = (...authorities: Authority[]): TrustView => ({ authorities, isClean: true });
const stateOf = (authority: Authority, ...previous: Authority[]): CertificateState => ({ authority, previous });

describe("what a place is to trust (B21)", () => {
  const bundle = (place: TrustView, state: CertificateState, { looked = 1_000, atMs = 1_000 } = {}): string[] | undefined => {
    const memory = new TrustMemory();
    memory.look([place], state, looked);
    return bundleFor(place, state, { memory, atMs, nowMs: 1_000, settleMs: 100 })?.map(({ id }) => id);
  };

  it("is left alone when it is right", () => expect(bundle(trusting(young, old), stateOf(old, young))).to.equal(undefined));
  it("is filled when it is wiped", () => expect(bundle(trusting(), stateOf(old))).to.deep.equal(["old"]));
  it("is cleaned of what is no certificate", () =>
    expect(bundle({ authorities: [old], isClean: false }, stateOf(old))).to.deep.equal(["old"]));
  it("keeps for a while what is not wanted any more", () => expect(bundle(trusting(old), stateOf(young))).to.deep.equal(["young", "old"]));
  it("loses it then", () => expect(bundle(trusting(old, young), stateOf(young), { atMs: 1_100 })).to.deep.equal(["young"]));
});

describe("when a certificate takes the place of another (B21)", () => {
  const wait = (change: Partial<ServeView> & { candidate?: Leaf; firstPlaces?: TrustView[] }): number | undefined => {
    const places = change.places ?? [trusting(old, young)];
    const memory = new TrustMemory();
    if (change.firstPlaces) memory.look(change.firstPlaces, stateOf(young, old), 0);
    memory.look(places, stateOf(young, old), 950);
    const view = { places, served: aLeaf(old), memory, atMs: 1_000, nowMs: 1_000, settleMs: 100, isBlocked: false, ...change };
    return serveInMs(change.candidate ?? aLeaf(young), view);
  };
  const notYet = [trusting(old)];

  it("is at once, of the same authority", () => expect(wait({ candidate: { ...aLeaf(old), cert: "newer" } })).to.equal(0));
  it("is at once, of one that was trusted when this replica came", () => expect(wait({})).to.equal(0));
  it("is once the other authority has been trusted for a while", () => expect(wait({ firstPlaces: notYet })).to.equal(50));
  it("is not before everybody trusts it", () =>
    expect(wait({ firstPlaces: notYet, places: [trusting(old, young), trusting(old)] })).to.equal(undefined));
  it("is at once when the other has ended", () => expect(wait({ firstPlaces: notYet, served: aLeaf(old, 1_000) })).to.equal(0));
  it("is at once when nobody believes the other", () => expect(wait({ firstPlaces: notYet, places: [trusting(young)] })).to.equal(0));
  it("is at once, as the first, when nobody else can be serving", () =>
    expect(wait({ served: undefined, firstPlaces: [trusting()], places: [trusting(young)] })).to.equal(0));
  it("is soon, as the first, when somebody else may be serving", () =>
    expect(wait({ served: undefined, firstPlaces: notYet })).to.equal(50));
  it("is at once, as the first, when who is to trust it cannot be told", () =>
    expect(wait({ served: undefined, firstPlaces: notYet, places: notYet, isBlocked: true })).to.equal(0));
  it("is at once when there is nobody to trust it", () => expect(wait({ served: undefined, places: [] })).to.equal(0));

  it("forgets for how long it was trusted when somebody stops", () => {
    const memory = new TrustMemory();
    memory.look([trusting(old)], stateOf(old), 0);
    expect(memory.trustedForMs(old, 10)).to.equal(Number.POSITIVE_INFINITY);
    memory.look([trusting()], stateOf(old), 10);
    expect(memory.trustedForMs(old, 10)).to.equal(undefined);
    memory.look([trusting(withoutKey(old))], stateOf(old), 20);
    expect(memory.trustedForMs(old, 50)).to.equal(30);
  });
});
