import { verdicts } from "../../test/builders/faults.ts";
import { anEvent } from "../../test/builders/objects.ts";
import type { ArkEventSpec } from "../generated/types.ts";

const cron = (line: string, timeZone?: string) =>
  anEvent({ source: { type: "cron", cron: line, ...(timeZone !== undefined && { timeZone }) } });
const source = (value: ArkEventSpec["source"]) => anEvent({ source: value });
const target = (value: ArkEventSpec["targets"][number]) => anEvent({ targets: [value] });

describe("checkObject: ArkEvent (B16, B13a, B2)", () => {
  verdicts({
    "every weekday at nine": { of: anEvent() },
    "30 February never comes": { of: cron("0 0 30 2 *"), want: ["spec.source.cron format"] },
    "29 February comes": { of: cron("0 0 29 2 *") },
    "six fields": { of: cron("0 0 9 * * *"), want: ["spec.source.cron format"] },
    "a time zone": { of: cron("0 9 * * *", "Europe/Berlin") },
    "no time zone": { of: cron("0 9 * * *", "Mars/Phobos"), want: ["spec.source.timeZone format"] },
    "cron without cron": { of: source({ type: "cron" }), want: ["spec.source.cron required"] },
    "no targets": { of: anEvent({ targets: [] }), want: ["spec.targets required"] },
    "a webhook": { of: source({ type: "webhook" }) },
    "a team's result": { of: source({ type: "team-output", teamOutput: { name: "demo" } }) },
    "a team's result of no team": { of: source({ type: "team-output" }), want: ["spec.source.teamOutput required"] },
    "the older names of a team's result (B2)": { of: source({ type: "flow-output", flow: { name: "demo" } }) },
    "two names of one field": {
      of: source({ type: "pipeline-output", pipelineOutput: { name: "demo" }, teamOutput: { name: "demo" } }),
      want: ["spec.source forbidden"],
    },
    "a target is something": { of: target({}), want: ["spec.targets[0] required"] },
    "a target is one thing": { of: target({ team: "a", agent: "b", prompt: "x" }), want: ["spec.targets[0] forbidden"] },
    "an older target (B2)": { of: target({ pipeline: "a" }) },
    "an agent needs a prompt": { of: target({ agent: "a" }), want: ["spec.targets[0].prompt required"] },
    "a team takes no prompt": { of: target({ team: "a", prompt: "x" }), want: ["spec.targets[0].prompt forbidden"] },
    "templates read the trigger": {
      of: target({
        team: "a",
        input: { a: "{{ .trigger.name }}", b: "{{ .trigger.body.x.y }}", c: "{{ .trigger.firedAt }}{{ .trigger.output }}" },
      }),
    },
    "templates read nothing else": {
      of: target({ team: "a", input: { a: "{{ .trigger.bodyy }}", b: "{{ .input.x }}", c: "{{ if }}" } }),
      want: ["a", "b", "c"].map((key) => `spec.targets[0].input.${key} template`),
    },
    "prompts are templates too": { of: target({ agent: "a", prompt: "{{ .trigger.time }}" }), want: ["spec.targets[0].prompt template"] },
    "hmac needs a key": { of: anEvent({ source: { type: "webhook" }, auth: { type: "hmac" } }), want: ["spec.auth.hmac required"] },
    "token goes without": {
      of: anEvent({ source: { type: "webhook" }, auth: { type: "token", hmac: { secretKeyRef: { name: "a", key: "b" } } } }),
      want: ["spec.auth.hmac forbidden"],
    },
    "a team's name is a label": { of: target({ team: "a.b" }), want: ["spec.targets[0].team name"] },
  });
});
