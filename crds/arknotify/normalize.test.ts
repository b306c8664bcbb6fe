import { expect } from "chai";
import { aNotify } from "../../test/builders/objects.ts";
import { ALL_NOTIFY_EVENTS } from "./defaults.ts";
import { normalizeArkNotify } from "./normalize.ts";

describe("normalizeArkNotify (SPEC §2.8)", () => {
  it("none listed means all", () => {
    expect(normalizeArkNotify(aNotify())).to.deep.equal({
      name: "ops",
      namespace: "test",
      events: ALL_NOTIFY_EVENTS,
      channels: [{ is: "webhook", url: "https://hooks.example.com/ark", method: "POST", headers: [], templates: {} }],
      rateLimit: { windowSeconds: 300, max: 1 },
    });
    expect(normalizeArkNotify(aNotify({ on: [] })).events).to.deep.equal(ALL_NOTIFY_EVENTS);
  });

  it("the other public shape means the same", () => {
    const key = { name: "slack", key: "url" };
    const { channels: _, ...base } = aNotify().spec;
    const other = {
      ...base,
      channel: { type: "slack", slack: { webhookUrlSecretRef: key } },
      events: [{ type: "TeamFailed" as const, template: "x" }, { type: "TeamTimedOut" as const }],
      rateLimiting: { windowSeconds: 60, maxPerWindow: 2 },
    };
    expect(normalizeArkNotify({ ...aNotify(), spec: other })).to.deep.include({
      events: ["TeamFailed", "TeamTimedOut"],
      channels: [{ is: "slack", url: key, templates: { TeamFailed: "x" } }],
      rateLimit: { windowSeconds: 60, max: 2 },
    });
    expect(normalizeArkNotify(aNotify({ channels: [{ type: "slack", slack: { webhookURLFrom: key } }] })).channels[0]).to.deep.include({
      is: "slack",
      url: key,
    });
  });

  it("another type is a plugin's", () => {
    expect(normalizeArkNotify(aNotify({ channels: [{ type: "pager", template: "t" }] })).channels).to.deep.equal([
      { is: "plugin", plugin: "pager", template: "t", templates: {} },
    ]);
  });
});
