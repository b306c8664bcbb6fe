import { createPublicKey, webcrypto, X509Certificate } from "node:crypto";
import { expect } from "chai";
import { makeAuthority, makeLeaf } from "./authority.ts";
import { type Authority, type CertificateState, NO_STATE, trustedBy, withoutKey } from "./certificateState.ts";
import { canonicalHost, readAuthority, readBundle, readExpiry, readLeaf } from "./readCertificates.ts";
import { bundleText, dataOf, stateOf } from "./secretData.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");
const HOSTS = ["ark-server.ark-system.svc", "ark-server.ark-system", "127.0.0.1", "::1"];
const newAuthority = (lifetimeMs = 1_000_000): Promise<Authority> => makeAuthority({ crypto: webcrypto, nowMs: NOW_MS, lifetimeMs });
const times = { crypto: webcrypto, nowMs: NOW_MS, lifetimeMs: 600_000 };

describe("certificates of our own (B21)", () => {
  it("are signed by an authority that may sign nothing but certificates that are served", async () => {
    const authority = await newAuthority();
    const certificate = new X509Certificate(authority.cert);
    expect([certificate.ca, createPublicKey(authority.cert).asymmetricKeyDetails?.namedCurve]).to.deep.equal([true, "prime256v1"]);
    expect([authority.startsAtMs, authority.endsAtMs]).to.deep.equal([NOW_MS - 3_600_000, NOW_MS + 1_000_000]);
    const leaf = await makeLeaf(authority, HOSTS, times);
    const served = new X509Certificate(leaf.cert);
    expect([served.ca, served.checkIssued(certificate), served.verify(certificate.publicKey)]).to.deep.equal([false, true, true]);
    expect([leaf.startsAtMs, leaf.endsAtMs]).to.deep.equal([NOW_MS - 3_600_000, NOW_MS + 600_000]);
  });

  it("are for all their names and addresses, and for no other", async () => {
    const leaf = await makeLeaf(await newAuthority(), HOSTS, times);
    const served = new X509Certificate(leaf.cert);
    expect(HOSTS.map((host) => served.checkHost(host) ?? served.checkIP(host))).to.deep.equal(HOSTS);
    expect(leaf.hosts).to.deep.equal(HOSTS);
    expect(served.checkHost("ark-server.other.svc")).to.equal(undefined);
  });

  it("never outlive their authority", async () => {
    const authority = await newAuthority(60_000);
    expect((await makeLeaf(authority, HOSTS, times)).endsAtMs).to.equal(authority.endsAtMs);
  });

  it("are each one of a kind, however fast they are made", async () => {
    const authorities = await Promise.all(Array.from({ length: 5 }, () => newAuthority()));
    expect(new Set(authorities.map(({ cert }) => new X509Certificate(cert).subject)).size).to.equal(5);
  });

  it("cannot be made by an authority whose key is gone", async () => {
    const failure = await makeLeaf(withoutKey(await newAuthority()), HOSTS, times).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(TypeError);
  });
});

describe("reading certificates", () => {
  it("takes for an authority's key only its own", async () => {
    const [one, other] = [await newAuthority(), await newAuthority()];
    expect(readAuthority(one.cert, one.key)).to.deep.equal(one);
    expect(readAuthority(one.cert, other.key)?.key).to.equal(undefined);
    expect(readAuthority(one.cert, "junk")?.key).to.equal(undefined);
  });

  it("takes no served certificate for an authority", async () => {
    const leaf = await makeLeaf(await newAuthority(), HOSTS, times);
    expect(readAuthority(leaf.cert, leaf.key)).to.equal(undefined);
  });

  it("believes a served certificate only with its key, and from its authority", async () => {
    const [one, other] = [await newAuthority(), await newAuthority()];
    const leaf = await makeLeaf(one, HOSTS, times);
    expect(readLeaf(leaf.cert, leaf.key, one)).to.deep.equal(leaf);
    expect(readLeaf(leaf.cert, leaf.key, other)).to.equal(undefined);
    expect(readLeaf(leaf.cert, other.key ?? "", one)).to.equal(undefined);
    expect([readExpiry(leaf.cert, leaf.key), readExpiry(leaf.cert, "junk")]).to.deep.equal([leaf.endsAtMs, undefined]);
  });

  it("finds the authorities in a bundle, and says when there was something else in it", async () => {
    const [one, other] = [await newAuthority(), await newAuthority()];
    const leaf = await makeLeaf(one, HOSTS, times);
    const idsOf = (text: string): [string[], boolean] => {
      const { authorities, isClean } = readBundle(text);
      return [authorities.map(({ id }) => id), isClean];
    };
    expect(idsOf(bundleText([one, other]))).to.deep.equal([[one.id, other.id], true]);
    expect(idsOf(`${one.cert}\njunk`)).to.deep.equal([[one.id], false]);
    expect(idsOf(`${leaf.cert}${one.cert}`)).to.deep.equal([[one.id], false]);
    expect(idsOf("")).to.deep.equal([[], true]);
    expect(idsOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")).to.deep.equal([[], false]);
  });

  it("writes hosts in one way", () => {
    expect(["ARK.svc", "0:0:0:0:0:0:0:1", "10.0.0.1"].map(canonicalHost)).to.deep.equal(["ark.svc", "::1", "10.0.0.1"]);
  });
});

describe("the shared state in a Secret", () => {
  const aState = async (): Promise<CertificateState> => {
    const [authority, next, previous] = [await newAuthority(), await newAuthority(), withoutKey(await newAuthority())];
    return { authority, next, previous: [previous], previousUntilMs: NOW_MS, leaf: await makeLeaf(authority, HOSTS, times) };
  };
  const encode = (text: string): string => Buffer.from(text).toString("base64");

  it("is read as it was written, in every part", async () => {
    const state = await aState();
    expect(stateOf(dataOf(state))).to.deep.equal(state);
    expect(stateOf(dataOf(NO_STATE))).to.deep.equal({
      authority: undefined,
      next: undefined,
      previous: [],
      previousUntilMs: undefined,
      leaf: undefined,
    });
  });

  it("leaves alone what others keep there, and takes away what is no more", async () => {
    const state = await aState();
    const data = dataOf({ previous: [], authority: state.authority }, { ...dataOf(state), other: "eA==" });
    expect(Object.keys(data).toSorted()).to.deep.equal(["ca.crt", "ca.key", "other"]);
  });

  it("never holds the key of an authority that signs no more", async () => {
    const state = await aState();
    const data = dataOf({ ...state, previous: trustedBy(state) });
    expect(Buffer.from(data["previous-ca.crt"] ?? "", "base64").toString()).to.not.contain("PRIVATE");
  });

  const broken: Record<string, { change: Record<string, string | undefined>; without: (keyof CertificateState)[] }> = {
    "an authority that is garbage takes its certificate with it": { change: { "ca.crt": encode("junk") }, without: ["authority", "leaf"] },
    "bytes that are no base64 are garbage": { change: { "ca.crt": "%%%" }, without: ["authority", "leaf"] },
    "a next authority without its key is none": { change: { "next-ca.key": undefined }, without: ["next"] },
    "a certificate without its key is none": { change: { "tls.key": encode("junk") }, without: ["leaf"] },
    "a date that is none is none": { change: { "previous-until": encode("soon") }, without: ["previousUntilMs"] },
  };
  for (const [sentence, { change, without }] of Object.entries(broken)) {
    it(sentence, async () => {
      const state = await aState();
      const data = Object.fromEntries(Object.entries({ ...dataOf(state), ...change }).filter(([, value]) => value !== undefined));
      expect(stateOf(data)).to.deep.equal({ ...state, ...Object.fromEntries(without.map((key) => [key, undefined])) });
    });
  }

  it("is none where there are no data", () => {
    for (const data of [undefined, null, 7, "x", [], { "ca.crt": 7 }]) expect(stateOf(data).authority).to.equal(undefined);
  });
});
