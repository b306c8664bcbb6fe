import { expect } from "chai";
import { anEvent } from "../../test/builders/objects.ts";
import { normalizeArkEvent } from "./normalize.ts";

describe("normalizeArkEvent", () => {
  it("fills in the defaults of SPEC §2.4", () => {
    expect(normalizeArkEvent(anEvent())).to.deep.equal({
      name: "daily",
      namespace: "test",
      source: { type: "cron", cron: "0 9 * * 1-5", timeZone: "UTC" },
      targets: [{ is: "team", team: "demo", input: {} }],
      concurrencyPolicy: "Allow",
      suspended: false,
      auth: { type: "token" },
    });
  });

  it("older names mean the same (B2)", () => {
    const want = normalizeArkEvent(
      anEvent({
        source: { type: "team-output", teamOutput: { name: "a", onPhase: "Failed" } },
        targets: [{ team: "b", input: { k: "v" } }],
      }),
    );
    const targets = [{ pipeline: "b", input: { k: "v" } }];
    expect(
      normalizeArkEvent(anEvent({ source: { type: "pipeline-output", pipelineOutput: { name: "a", onPhase: "Failed" } }, targets })),
    ).to.deep.equal(want);
    expect(normalizeArkEvent(anEvent({ source: { type: "flow-output", flow: { name: "a", onPhase: "Failed" } }, targets }))).to.deep.equal(
      want,
    );
    expect(want.source).to.deep.equal({ type: "team-output", team: "a", onPhase: "Failed" });
  });

  it("counts successes when nothing is said", () => {
    expect(normalizeArkEvent(anEvent({ source: { type: "team-output", teamOutput: { name: "a" } } })).source).to.deep.include({
      onPhase: "Succeeded",
    });
  });

  it("hmac, once given, is the way to authenticate", () => {
    const secretKeyRef = { name: "s", key: "k" };
    const source = { type: "webhook" as const };
    expect(normalizeArkEvent(anEvent({ source, auth: { hmac: { secretKeyRef } } })).auth).to.deep.equal({
      type: "hmac",
      secretKeyRef,
      header: "webhook-signature",
    });
    expect(normalizeArkEvent(anEvent({ source, auth: { type: "token" }, targets: [{ agent: "a", prompt: "p" }] }))).to.deep.include({
      auth: { type: "token" },
      targets: [{ is: "agent", agent: "a", prompt: "p", input: {} }],
    });
  });
});
