// ArkEvent as stored → as everything behind admission reads it. B2: `targets[].pipeline` is `team`; `pipeline-output` with `pipelineOutput`
// and `flow-output` with `flow` are `team-output` with `teamOutput`.
import type { ArkEvent, EventAuth, EventSource, EventTarget } from "../generated/types.ts";
import { given } from "../given.ts";
import { DEFAULT_NAMESPACE } from "../names.ts";
import type { CanonicalEvent, CanonicalEventAuth, CanonicalEventSource, CanonicalTarget } from "./canonical.ts";
import { DEFAULT_SIGNATURE_HEADER, DEFAULT_TIME_ZONE } from "./defaults.ts";

/** The event with older names folded in and defaults filled in. Takes an object of the right shape, broken rules or not; pure. */
export function normalizeArkEvent({ metadata, spec }: ArkEvent): CanonicalEvent {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
    source: sourceOf(spec.source),
    targets: spec.targets.map(targetOf),
    concurrencyPolicy: spec.concurrencyPolicy ?? "Allow",
    suspended: spec.suspended ?? false,
    auth: authOf(spec.auth),
  };
}

function sourceOf(source: EventSource): CanonicalEventSource {
  switch (source.type) {
    case "cron": {
      const { cron, timeZone, startingDeadlineSeconds } = source;
      return { type: "cron", cron: cron ?? "", timeZone: timeZone ?? DEFAULT_TIME_ZONE, ...given({ startingDeadlineSeconds }) };
    }
    case "webhook":
      return { type: "webhook" };
    case "team-output":
    case "pipeline-output":
    case "flow-output": {
      const team = source.teamOutput ?? source.pipelineOutput ?? source.flow;
      return { type: "team-output", team: team?.name ?? "", onPhase: team?.onPhase ?? "Succeeded" };
    }
  }
}

function targetOf({ team, pipeline, agent, prompt, input = {} }: EventTarget): CanonicalTarget {
  if (agent !== undefined) return { is: "agent", agent, prompt: prompt ?? "", input };
  return { is: "team", team: team ?? pipeline ?? "", input };
}

function authOf(auth: EventAuth | undefined): CanonicalEventAuth {
  if (auth?.hmac === undefined) return { type: "token" };
  const { name, key } = auth.hmac.secretKeyRef;
  return { type: "hmac", secretKeyRef: { name, key }, header: auth.hmac.header ?? DEFAULT_SIGNATURE_HEADER };
}
