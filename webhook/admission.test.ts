import { expect } from "chai";
import { fakeClock } from "../plugins/sdk/testing/index.ts";
import { aRole, aTeam } from "../test/builders/team.ts";
import { type AdmissionParts, validate } from "./admission.ts";
import type { Answer, Review } from "./review.ts";
import { VerdictCache } from "./verdictCache.ts";

const never = { signal: new AbortController().signal };

interface World {
  stored?: Record<string, object>;
  /** Null: gone; an Error: nobody can say. */
  live?: Record<string, object | null | Error>;
  mayApprove?: boolean | Error;
}

/** Parts, and the live questions that were asked. */
function parts({ stored = {}, live = {}, mayApprove = true }: World = {}): AdmissionParts & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    clock: fakeClock(),
    objects: {
      stored: (kind, _namespace, name) => stored[`${kind}/${name}`],
      async live(kind, _namespace, name) {
        asked.push(`${kind}/${name}`);
        const known = live[`${kind}/${name}`] ?? null;
        if (known instanceof Error) throw known;
        return known;
      },
    },
    async mayApprove() {
      if (mayApprove instanceof Error) throw mayApprove;
      return mayApprove;
    },
  };
}

const review = (object: unknown, changes: Partial<Review> = {}): Review => ({
  apiVersion: "admission.k8s.io/v1",
  uid: "u",
  operation: changes.oldObject === undefined ? "CREATE" : "UPDATE",
  subResource: "",
  kind: { group: "arkonis.dev", version: "v1alpha1", kind: (object as { kind?: string } | undefined)?.kind ?? "ArkTeam" },
  namespace: "test",
  name: "it",
  user: { username: "ana", uid: "", groups: [], extra: {} },
  object,
  oldObject: undefined,
  dryRun: false,
  chars: 1,
  ...changes,
});

const meta = (name: string): object => ({ name, namespace: "test" });
const team = aTeam().build();
const calls = (name: string, other: string): object => ({
  apiVersion: "arkonis.dev/v1alpha1",
  kind: "ArkTeam",
  metadata: meta(name),
  spec: { roles: [{ name: "whole", arkTeam: other }], pipeline: [{ role: "whole" }] },
});
const run = (spec: object): object => ({ apiVersion: "arkonis.dev/v1alpha1", kind: "ArkRun", metadata: meta("r"), spec });
const wantsTopic = aTeam({ inputs: [{ name: "topic", required: true }] }).build();
const fields = ({ refusal }: Answer): string[] => (refusal?.causes ?? []).map((cause) => cause.field);

describe("admission", () => {
  it("allows what is right, and asks nobody", async () => {
    const world = parts();
    expect(await validate(review(team), world, never)).to.deep.equal({ refusal: undefined, warnings: [] });
    expect(world.asked).to.deep.equal([]);
  });

  it("refuses with every fault as a cause, and all of them in one message", async () => {
    const wrong = aTeam({ entry: "nobody", roles: [aRole("lead"), aRole("legal-review", { canDelegate: ["lost"] })] }).build();
    const { refusal } = await validate(review(wrong), parts(), never);
    expect(refusal).to.include({ code: 422, reason: "Invalid" });
    expect(refusal?.causes.map((cause) => [cause.field, cause.reason])).to.deep.include.members([
      ["spec.entry", "notFound"],
      ["spec.roles[1].name", "name"],
    ]);
    for (const cause of refusal?.causes ?? []) expect(refusal?.message).to.contain(`${cause.field}: ${cause.message}`);
    expect(refusal?.message).to.contain("legal_review");
  });

  for (const [what, changes] of Object.entries({
    "a delete": { operation: "DELETE", object: null, oldObject: { bad: true } },
    "a connect": { operation: "CONNECT" },
    "a status write": { subResource: "status", oldObject: {} },
    "a scale": { subResource: "scale", oldObject: {} },
    "another group": { kind: { group: "apps", version: "v1", kind: "Deployment" }, object: { apiVersion: "apps/v1", kind: "Deployment" } },
  } satisfies Record<string, Partial<Review>>)) {
    it(`never minds ${what} (B20)`, async () => {
      expect(await validate(review({ nonsense: true }, changes), parts(), never)).to.deep.equal({});
    });
  }

  it("never minds an edit that leaves the spec as it is, though that is wrong by now (B20)", async () => {
    const wrong = aTeam({ entry: "nobody" }).build();
    const released = { ...wrong, metadata: { ...meta("it"), finalizers: [] } };
    expect(await validate(review(released, { oldObject: wrong }), parts(), never)).to.deep.equal({});
    expect(fields(await validate(review(wrong, { oldObject: team }), parts(), never))).to.include("spec.entry");
    expect(fields(await validate(review(team, { oldObject: wrong }), parts(), never))).to.deep.equal([]);
  });

  it("refuses an object that is none", async () => {
    for (const object of [undefined, null, [], "x", 1])
      expect((await validate(review(object), parts(), never)).refusal?.code).to.equal(422);
  });

  describe("an answer that was given before", () => {
    const known = (): AdmissionParts => ({ ...parts(), answers: new VerdictCache() });
    const changed = { ...team, metadata: { ...meta("it"), managedFields: [{ time: "later" }], uid: "2" } };

    it("is given again for the same object, whatever the API server adds to it", async () => {
      const world = known();
      const first = await validate(review({ ...changed, metadata: { ...changed.metadata, uid: "1", managedFields: [] } }), world, never);
      expect(await validate(review(changed), world, never)).to.equal(first);
    });

    it("is not given for another one at its place", async () => {
      const world = known();
      await validate(review(team), world, never);
      expect(fields(await validate(review({ ...team, spec: { ...team.spec, entry: "nobody" } }), world, never))).to.deep.equal([
        "spec.entry",
      ]);
      expect(fields(await validate(review({ ...team, metadata: { name: "a.b" } }), world, never))).to.deep.equal(["metadata.name"]);
      const wrong = JSON.parse(JSON.stringify(team).replace('"metadata":{', '"metadata":{"__proto__":{},"constructor":{},')) as object;
      expect(await validate(review(wrong), world, never)).to.deep.equal(await validate(review(wrong), parts(), never));
    });

    it("is not kept when it rests on other objects, or on what was before", async () => {
      const live: Record<string, object | null> = { "ArkTeam/news": team };
      const world = { ...parts({ live }), answers: new VerdictCache() };
      expect((await validate(review(run({ teamRef: "news" })), world, never)).refusal).to.equal(undefined);
      live["ArkTeam/news"] = null;
      expect(fields(await validate(review(run({ teamRef: "news" })), world, never))).to.deep.equal(["spec.teamRef"]);
    });
  });

  describe("when a refusal rests on another object", () => {
    it("a run of a team that the store does not hold yet is allowed once the API server has shown it (B17)", async () => {
      const world = parts({ live: { "ArkTeam/news": aTeam().build() } });
      expect((await validate(review(run({ teamRef: "news" })), world, never)).refusal).to.equal(undefined);
      expect(world.asked).to.deep.equal(["ArkTeam/news"]);
    });

    it("a run of a team that nobody has is refused (B17)", async () => {
      expect(fields(await validate(review(run({ teamRef: "news" })), parts(), never))).to.deep.equal(["spec.teamRef"]);
    });

    it("a run of a known team costs no question", async () => {
      const world = parts({ stored: { "ArkTeam/news": team } });
      expect((await validate(review(run({ teamRef: "news" })), world, never)).refusal).to.equal(undefined);
      expect(world.asked).to.deep.equal([]);
    });

    it("an input that an old version of the team demands is not demanded", async () => {
      const world = parts({ stored: { "ArkTeam/news": wantsTopic }, live: { "ArkTeam/news": team } });
      expect((await validate(review(run({ teamRef: "news" })), world, never)).refusal).to.equal(undefined);
    });

    it("a missing input is refused", async () => {
      const world = parts({ stored: { "ArkTeam/news": wantsTopic }, live: { "ArkTeam/news": wantsTopic } });
      expect(fields(await validate(review(run({ teamRef: "news" })), world, never))).to.deep.equal(["spec.input.topic"]);
    });

    it("nobody can say: allowed, with a warning", async () => {
      const world = parts({ live: { "ArkTeam/news": new Error("down") } });
      const answer = await validate(review(run({ teamRef: "news" })), world, never);
      expect(answer.refusal).to.equal(undefined);
      expect(answer.warnings).to.deep.equal(['ArkTeam "news" could not be read just now; what depends on it was not checked']);
    });

    it("a circle of teams is found through teams that only the API server knows (B14)", async () => {
      const world = parts({ live: { "ArkTeam/b": calls("b", "c"), "ArkTeam/c": calls("c", "a") } });
      const { refusal } = await validate(review(calls("a", "b")), world, never);
      expect(refusal?.message).to.contain("a → b → c → a");
    });

    it("a circle that exists in an old store alone is none (B14)", async () => {
      const world = parts({ stored: { "ArkTeam/b": calls("b", "a") }, live: { "ArkTeam/b": team } });
      expect((await validate(review(calls("a", "b")), world, never)).refusal).to.equal(undefined);
    });

    it("teams that are applied later are nobody's fault", async () => {
      expect((await validate(review(calls("a", "later")), parts(), never)).refusal).to.equal(undefined);
    });
  });

  describe("a decision on a run", () => {
    const before = run({ teamRef: "news" });
    const decided = run({ teamRef: "news", approvals: [{ step: "publish", decision: "approve" }] });

    it("is for those who may approve", async () => {
      const denied = await validate(review(decided, { oldObject: before }), parts({ mayApprove: false }), never);
      expect(fields(denied)).to.deep.equal(["spec.approvals[0]"]);
      expect(denied.refusal?.message).to.contain('user "ana"').and.to.contain('verb "approve"');
      expect((await validate(review(decided, { oldObject: before }), parts(), never)).refusal).to.equal(undefined);
    });

    it("is not asked about when none is added", async () => {
      const world = parts({ mayApprove: new Error("nobody may ask") });
      const cancelled = run({ teamRef: "news", cancel: true });
      expect((await validate(review(cancelled, { oldObject: before }), world, never)).refusal).to.equal(undefined);
    });
  });

  it("a run whose team has gone can still be cancelled", async () => {
    const old = run({ teamRef: "gone" });
    expect((await validate(review(run({ teamRef: "gone", cancel: true }), { oldObject: old }), parts(), never)).refusal).to.equal(
      undefined,
    );
  });
});
