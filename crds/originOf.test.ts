import { expect } from "chai";
import { aPipeline } from "../test/builders/team.ts";
import type { ArkTeam } from "./generated/types.ts";
import { originOf } from "./originOf.ts";

const members: ArkTeam = {
  apiVersion: "arkonis.dev/v1alpha1",
  kind: "ArkTeam",
  metadata: { name: "demo" },
  spec: {
    members: [
      { role: "a", arkAgent: "x" },
      { role: "b", arkAgent: "y", entry: true, delegates: ["a"] },
    ],
  },
};
const roles = aPipeline()
  .role("a", { resources: { maxConcurrentTasks: 2 } })
  .step("a")
  .build();

describe("originOf: faults name what the user wrote (SPEC §3)", () => {
  const cases: readonly [string, ArkTeam, string][] = [
    ["spec.roles[1].canDelegate[0]", members, "spec.members[1].delegates[0]"],
    ["spec.roles[1].name", members, "spec.members[1].role"],
    ["spec.roles[0].arkAgent", members, "spec.members[0].arkAgent"],
    ["spec.roles[0]", members, "spec.members[0]"],
    ["spec.roles", members, "spec.members"],
    ["spec.entry", members, "spec.members[1].entry"],
    ["spec.roles[0].limits.maxConcurrentTasks", roles, "spec.roles[0].resources.maxConcurrentTasks"],
    ["spec.roles[0].limits.retries", roles, "spec.roles[0].limits.retries"],
    ["spec.pipeline[0].name", roles, "spec.pipeline[0].role"],
    ["spec.entry", roles, "spec.entry"],
    ["metadata.name", members, "metadata.name"],
    ["", members, ""],
  ];
  for (const [path, team, want] of cases)
    it(`${path || "the object"} was written at ${want || "the object"}`, () => expect(originOf(team, path)).to.equal(want));

  it("without an entry it is the list", () => {
    expect(originOf({ ...members, spec: { members: [{ role: "a", arkAgent: "x" }] } }, "spec.entry")).to.equal("spec.members");
  });
});
