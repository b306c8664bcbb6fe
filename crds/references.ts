// Which other objects an object names, and where: read by the name rules, by `ark validate` (B101), and by whoever indexes objects by
// what they refer to. Every reference stays within its namespace.
import type { AgentFields } from "./arkagent/normalize.ts";
import { type FieldPath, SPEC } from "./fieldPath.ts";
import type {
  ArkObject,
  LocalRef,
  McpHeader,
  NotifyChannel,
  PipelineStep,
  SecretKeyRef,
  SecretSource,
  TeamRole,
} from "./generated/types.ts";
import type { KindName } from "./kinds.ts";

/** One object that is named. `at` is where its name stands. */
export interface Reference {
  readonly kind: KindName | "ConfigMap" | "Secret";
  readonly name: string;
  readonly at: FieldPath;
  /** The key within a ConfigMap or Secret. */
  readonly key?: { readonly name: string; readonly at: FieldPath };
  /** True when the object may be missing for ever. */
  readonly optional: boolean;
}

/** Every reference of an object whose shape has been checked, in the order of its fields. */
export function referencesOf(object: ArkObject): Reference[] {
  switch (object.kind) {
    case "ArkAgent":
      return agentReferences(object.spec, SPEC);
    case "ArkTeam":
      return teamReferences(object.spec);
    case "ArkRun":
      return [
        ...named("ArkTeam", object.spec.teamRef, SPEC.child("teamRef")),
        ...named("ArkAgent", object.spec.agent, SPEC.child("agent")),
        ...named("ArkRun", object.spec.retry?.run, SPEC.child("retry", "run")),
      ];
    case "ArkEvent":
      return eventReferences(object.spec);
    case "ArkSettings":
      return [];
    case "ArkMemory":
      return [
        ...referred("Secret", object.spec.redis?.secretRef, SPEC.child("redis", "secretRef")),
        ...referred("Secret", object.spec.vectorStore?.secretRef, SPEC.child("vectorStore", "secretRef")),
      ];
    case "ArkService":
      return named("ArkAgent", object.spec.selector.arkAgent, SPEC.child("selector", "arkAgent"));
    case "ArkNotify":
      return [
        ...(object.spec.channels ?? []).flatMap((channel, i) => channelReferences(channel, SPEC.child("channels", i))),
        ...(object.spec.channel ? channelReferences(object.spec.channel, SPEC.child("channel")) : []),
      ];
    case "ArkRegistry":
      return [];
    case "ArkBudget":
      return [
        ...named("ArkTeam", object.spec.selector?.team, SPEC.child("selector", "team")),
        ...referred("ArkNotify", object.spec.notifyRef, SPEC.child("notifyRef")),
      ];
  }
}

type TeamSpec = Extract<ArkObject, { kind: "ArkTeam" }>["spec"];
type EventSpec = Extract<ArkObject, { kind: "ArkEvent" }>["spec"];

function teamReferences(spec: TeamSpec): Reference[] {
  return [
    ...(spec.roles ?? []).flatMap((role, i) => roleReferences(role, SPEC.child("roles", i))),
    ...(spec.members ?? []).flatMap((member, i) => named("ArkAgent", member.arkAgent, SPEC.child("members", i, "arkAgent"))),
    ...(spec.pipeline ?? []).flatMap((step, i) => lookupReferences(step, spec, SPEC.child("pipeline", i, "registryLookup"))),
    ...referred("ArkNotify", spec.notifyRef, SPEC.child("notifyRef")),
    ...referred("ArkBudget", spec.budgetRef, SPEC.child("budgetRef")),
    ...referred("ArkRegistry", spec.registryRef, SPEC.child("registryRef")),
    ...referred("ArkRegistry", spec.routing?.registryRef, SPEC.child("routing", "registryRef")),
    ...named("ArkAgent", spec.routing?.fallback, SPEC.child("routing", "fallback")),
  ];
}

function roleReferences(role: TeamRole, at: FieldPath): Reference[] {
  return [
    ...named("ArkAgent", role.arkAgent, at.child("arkAgent")),
    ...named("ArkTeam", role.arkTeam, at.child("arkTeam")),
    ...agentReferences(role, at),
  ];
}

/** A fallback is a role of the team or an agent; only the latter is another object. */
function lookupReferences(step: PipelineStep, spec: TeamSpec, at: FieldPath): Reference[] {
  const lookup = step.registryLookup;
  const isRole = [...(spec.roles ?? []).map((role) => role.name), ...(spec.members ?? []).map((member) => member.role)].includes(
    lookup?.fallback ?? "",
  );
  return [
    ...referred("ArkRegistry", lookup?.registryRef, at.child("registryRef")),
    ...(isRole ? [] : named("ArkAgent", lookup?.fallback, at.child("fallback"))),
  ];
}

/** References of an ArkAgent or of the inline part of a role. */
function agentReferences(fields: AgentFields, at: FieldPath): Reference[] {
  const prompt = fields.systemPromptRef;
  return [
    ...keyed("ConfigMap", prompt?.configMapKeyRef, at.child("systemPromptRef", "configMapKeyRef")),
    ...keyed("Secret", prompt?.secretKeyRef, at.child("systemPromptRef", "secretKeyRef")),
    ...(fields.mcpServers ?? []).flatMap((server, i) => {
      const here = at.child("mcpServers", i);
      return [
        ...headerReferences(server.headers, here.child("headers")),
        ...keyed("Secret", server.auth?.bearer?.secretKeyRef, here.child("auth", "bearer", "secretKeyRef")),
        ...keyed("Secret", server.auth?.tokenSecretRef, here.child("auth", "tokenSecretRef")),
        ...referred("Secret", server.auth?.mtls?.secretRef, here.child("auth", "mtls", "secretRef")),
      ];
    }),
    ...(fields.tools ?? []).flatMap((tool, i) => headerReferences(tool.headers, at.child("tools", i, "headers"))),
    ...referred("ArkSettings", fields.configRef, at.child("configRef")),
    ...(fields.settingsRefs ?? []).flatMap((ref, i) => referred("ArkSettings", ref, at.child("settingsRefs", i))),
    ...referred("ArkMemory", fields.memoryRef, at.child("memoryRef")),
    ...referred("ArkNotify", fields.notifyRef, at.child("notifyRef")),
    ...referred("ArkBudget", fields.budgetRef, at.child("budgetRef")),
    ...referred("ArkRegistry", fields.registryRef, at.child("registryRef")),
    ...(fields.envFrom ?? []).flatMap((source, i) => [
      ...referred("ConfigMap", source.configMapRef, at.child("envFrom", i, "configMapRef")),
      ...referred("Secret", source.secretRef, at.child("envFrom", i, "secretRef")),
    ]),
    ...(fields.env ?? []).flatMap((variable, i) => [
      ...keyed("ConfigMap", variable.valueFrom?.configMapKeyRef, at.child("env", i, "valueFrom", "configMapKeyRef")),
      ...keyed("Secret", variable.valueFrom?.secretKeyRef, at.child("env", i, "valueFrom", "secretKeyRef")),
    ]),
    ...(fields.imagePullSecrets ?? []).flatMap((ref, i) => referred("Secret", ref, at.child("imagePullSecrets", i))),
  ];
}

function eventReferences(spec: EventSpec): Reference[] {
  const { source } = spec;
  return [
    ...named("ArkTeam", source.teamOutput?.name, SPEC.child("source", "teamOutput", "name")),
    ...named("ArkTeam", source.pipelineOutput?.name, SPEC.child("source", "pipelineOutput", "name")),
    ...named("ArkTeam", source.flow?.name, SPEC.child("source", "flow", "name")),
    ...spec.targets.flatMap((target, i) => [
      ...named("ArkTeam", target.team, SPEC.child("targets", i, "team")),
      ...named("ArkTeam", target.pipeline, SPEC.child("targets", i, "pipeline")),
      ...named("ArkAgent", target.agent, SPEC.child("targets", i, "agent")),
    ]),
    ...keyed("Secret", spec.auth?.hmac?.secretKeyRef, SPEC.child("auth", "hmac", "secretKeyRef")),
  ];
}

function channelReferences(channel: NotifyChannel, at: FieldPath): Reference[] {
  return [
    ...keyed("Secret", channel.webhook?.urlFrom, at.child("webhook", "urlFrom")),
    ...headerReferences(channel.webhook?.headers, at.child("webhook", "headers")),
    ...keyed("Secret", channel.webhook?.signingSecretRef, at.child("webhook", "signingSecretRef")),
    ...keyed("Secret", channel.slack?.webhookURLFrom, at.child("slack", "webhookURLFrom")),
    ...keyed("Secret", channel.slack?.webhookUrlSecretRef, at.child("slack", "webhookUrlSecretRef")),
  ];
}

/** Headers are a list, or a map from a header's name to its Secret. */
function headerReferences(headers: McpHeader[] | Record<string, SecretSource> | undefined, at: FieldPath): Reference[] {
  if (headers === undefined) return [];
  if (Array.isArray(headers)) {
    return headers.flatMap((header, i) => keyed("Secret", header.valueFrom?.secretKeyRef, at.child(i, "valueFrom", "secretKeyRef")));
  }
  return Object.entries(headers).flatMap(([name, source]) => keyed("Secret", source.secretKeyRef, at.child(name, "secretKeyRef")));
}

function named(kind: Reference["kind"], name: string | undefined, at: FieldPath): Reference[] {
  return name === undefined ? [] : [{ kind, name, at, optional: false }];
}

/** A reference as `{name}`, or as a plain string where that is taken. */
function referred(
  kind: Reference["kind"],
  ref: string | LocalRef | { name: string; optional?: boolean } | undefined,
  at: FieldPath,
): Reference[] {
  if (ref === undefined || typeof ref === "string") return named(kind, ref, at);
  return [{ kind, name: ref.name, at: at.child("name"), optional: "optional" in ref && ref.optional === true }];
}

function keyed(kind: Reference["kind"], ref: SecretKeyRef | undefined, at: FieldPath): Reference[] {
  if (ref === undefined) return [];
  const key = { name: ref.key, at: at.child("key") };
  return [{ kind, name: ref.name, at: at.child("name"), key, optional: ref.optional === true }];
}
