import { expect } from "chai";
import { API_VERSION, GROUP, isKindName, KINDS, kindOf, VERSION } from "./kinds.ts";

describe("kinds", () => {
  it("names ten kinds with plurals of their own", () => {
    expect(KINDS.map(({ plural }) => plural)).to.deep.equal([
      ...["arkagents", "arkteams", "arkruns", "arkevents", "arksettings"],
      ...["arkmemories", "arkservices", "arknotifies", "arkregistries", "arkbudgets"],
    ]);
    expect(API_VERSION).to.equal(`${GROUP}/${VERSION}`);
  });

  const words: Record<string, string | undefined> = {
    ArkTeam: "ArkTeam",
    arkteams: "ArkTeam",
    ARKRUN: "ArkRun",
    aorun: "ArkRun",
    aosvc: "ArkService",
    anfy: "ArkNotify",
    arksettings: "ArkSettings",
    arkmemories: "ArkMemory",
    pod: undefined,
    constructor: undefined,
    "": undefined,
  };
  for (const [word, want] of Object.entries(words)) {
    it(`understands "${word}" as ${want ?? "nothing of ours"}`, () => {
      expect(kindOf(word)?.kind).to.equal(want);
    });
  }

  it("takes only the exact spelling for a kind of a manifest", () => {
    expect(isKindName("ArkTeam")).to.equal(true);
    expect(isKindName("arkteam")).to.equal(false);
    expect(isKindName(undefined)).to.equal(false);
  });
});
