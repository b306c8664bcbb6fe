// From a row of the manifest corpus to the objects that it means. The rows are data (`test/corpus/manifests`); large objects stand there
// as what they are made of.

import type { ArkObject } from "../../crds/generated/types.ts";
import type { JsonObject } from "../../crds/json.ts";
import { parsePath } from "../../crds/text/parsePath.ts";
import { aBudget, aMemory, aNotify, anAgent, anEvent, aRegistry, aRun, aService, someSettings } from "./objects.ts";
import { agentRole, aPipeline, aRole, aTeam, teamRole } from "./team.ts";

/** One case. Every one says what is expected, in the words of `brief`; `[]` is "nothing". */
export interface CorpusCase<Input> {
  readonly name: string;
  readonly input: Input;
  readonly expected: readonly string[];
}

const BASES: Record<ArkObject["kind"], () => ArkObject> = {
  ArkAgent: anAgent,
  ArkTeam: () => aTeam().build(),
  ArkRun: aRun,
  ArkEvent: anEvent,
  ArkSettings: someSettings,
  ArkMemory: aMemory,
  ArkService: aService,
  ArkNotify: aNotify,
  ArkRegistry: aRegistry,
  ArkBudget: aBudget,
};

/** A valid object of a kind. */
export function aValid(kind: ArkObject["kind"]): ArkObject {
  return structuredClone(BASES[kind]());
}

/** The object with a value at a path; what is missing on the way is made. Keys are own properties, `__proto__` too. */
export function withValue(object: unknown, path: string, value: unknown): unknown {
  return placed(object, parsePath(path).segments, value);
}

function placed(node: unknown, [first, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (first === undefined) return value;
  const isList = typeof first === "number";
  const old: unknown =
    isList || (typeof node === "object" && node !== null && Object.hasOwn(node, first))
      ? (node as Record<string, unknown>)?.[first]
      : undefined;
  const next = placed(old, rest, value);
  if (isList) return Object.assign(Array.isArray(node) ? [...node] : [], { [first]: next });
  return Object.fromEntries([
    ...Object.entries(typeof node === "object" && node !== null && !Array.isArray(node) ? node : {}).filter(([key]) => key !== first),
    [first, next],
  ]);
}

/** The object without what stands at a path. */
export function without(object: unknown, path: string): unknown {
  const segments = [...parsePath(path).segments];
  const last = segments.pop();
  const parent = segments.reduce<unknown>((node, segment) => (node as Record<string, unknown>)[segment], object);
  const kept = Object.fromEntries(Object.entries(parent as object).filter(([key]) => key !== last));
  return segments.length === 0 ? kept : placed(object, segments, kept);
}

export type ShapeInput =
  | { readonly document: unknown }
  | { readonly kind: ArkObject["kind"]; readonly set?: JsonObject; readonly remove?: readonly string[] };

export function shapeObject(input: ShapeInput): unknown {
  if ("document" in input) return input.document;
  const changed = Object.entries(input.set ?? {}).reduce<unknown>(
    (object, [path, value]) => withValue(object, path, value),
    aValid(input.kind),
  );
  return (input.remove ?? []).reduce<unknown>(without, changed);
}

export type IdentityInput = { readonly place: string; readonly value: string | readonly string[] };

export function identityObject({ place, value }: IdentityInput): unknown {
  const names = typeof value === "string" ? [value] : value;
  const [name = ""] = names;
  switch (place) {
    case "teamName":
      return aTeam().named(name).build();
    case "agentName":
      return anAgent({}, name);
    case "namespace":
      return withValue(anAgent(), "metadata.namespace", name);
    case "roleName":
    case "roles":
      return aTeam({ entry: name, roles: names.map((role) => aRole(role)) }).build();
    case "stepName":
      return aPipeline().step("a", { name }).build();
    case "memberRole":
    case "members":
      return aTeam({ members: names.map((role, i) => ({ role, arkAgent: "x", entry: i === 0 })) }).build();
    case "agentRef":
      return aTeam({ entry: "a", roles: [agentRole("a", name)] }).build();
    case "teamRef":
      return aRun({ teamRef: name });
    default:
      throw new Error(`no such place: ${place}`);
  }
}

export type ScheduleInput = { readonly cron: string } | { readonly timeZone: string } | { readonly runRetainFor: string };

export function scheduleObject(input: ScheduleInput): unknown {
  if ("runRetainFor" in input) return aTeam().with(input).build();
  return anEvent({ source: { type: "cron", cron: "0 9 * * *", ...input } });
}

type Edges = Readonly<Record<string, readonly string[]>>;
export type GraphInput =
  | { readonly roles: Edges; readonly entry: string }
  | { readonly members: Edges; readonly entries: readonly string[] }
  | { readonly steps: Edges }
  | { readonly teams: Edges }
  | { readonly ring: string; readonly count: number }
  | { readonly chain: string; readonly count: number };

/** One object, or several teams. */
export function graphObjects(input: GraphInput): ArkObject[] {
  if ("ring" in input) return graphObjects(graphOf(input.ring, numbered(input.count, true)));
  if ("chain" in input) return graphObjects(graphOf(input.chain, numbered(input.count, false)));
  if ("roles" in input)
    return [
      aTeam({ entry: input.entry, roles: Object.entries(input.roles).map(([name, to]) => aRole(name, { canDelegate: [...to] })) }).build(),
    ];
  if ("members" in input) {
    const members = Object.entries(input.members).map(([role, to]) => ({
      role,
      arkAgent: "x",
      delegates: [...to],
      entry: input.entries.includes(role),
    }));
    return [aTeam({ members }).build()];
  }
  if ("steps" in input) {
    const pipeline = Object.entries(input.steps).map(([role, dependsOn]) => ({ role, dependsOn: [...dependsOn] }));
    return [aTeam({ roles: pipeline.map(({ role }) => aRole(role)), pipeline }).build()];
  }
  return Object.entries(input.teams).map(([name, subs]) => {
    const roles = subs.length === 0 ? [aRole("a")] : subs.map((sub, i) => teamRole(`r${i}`, sub));
    return aTeam({ roles, pipeline: roles.map((role) => ({ role: role.name })) }, name).build();
  });
}

function graphOf(kind: string, edges: Edges): GraphInput {
  const [first = ""] = Object.keys(edges);
  if (kind === "roles") return { roles: edges, entry: first };
  if (kind === "members") return { members: edges, entries: [first] };
  return kind === "steps" ? { steps: edges } : { teams: edges };
}

function numbered(count: number, isRing: boolean): Edges {
  const next = (i: number): string[] => (i + 1 < count ? [`t${i + 1}`] : isRing ? ["t0"] : []);
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, next(i)]));
}

export interface ReferenceInput {
  readonly kind: ArkObject["kind"];
  readonly path: string;
  readonly to: ArkObject["kind"] | "ConfigMap" | "Secret";
  readonly target: "missing" | "before" | "after" | "other namespace" | "without namespace" | "another kind of that name";
}

const TARGET = "target";

/** The object that refers and the one that is referred to, in the order of a file. */
export function referenceObjects({ kind, path, to, target }: ReferenceInput): unknown[] {
  const refers = referring(kind, path);
  const at = {
    before: { namespace: "test" },
    after: { namespace: "test" },
    "other namespace": { namespace: "elsewhere" },
    "without namespace": {},
  };
  if (target === "missing") return [refers];
  if (target === "another kind of that name") {
    const other = to === "ArkBudget" ? "ArkRegistry" : "ArkBudget";
    return [refers, withValue(aValid(other), "metadata", { name: TARGET, namespace: "test" })];
  }
  const metadata = { name: TARGET, ...at[target] };
  const found = isOurs(to) ? withValue(aValid(to), "metadata", metadata) : { apiVersion: "v1", kind: to, metadata, data: { key: "x" } };
  return target === "before" ? [found, refers] : [refers, found];
}

function isOurs(kind: string): kind is ArkObject["kind"] {
  return Object.hasOwn(BASES, kind);
}

/** A valid object that refers to nothing but `target`, at the path. */
function referring(kind: ArkObject["kind"], path: string): unknown {
  const isKey = path.endsWith("KeyRef");
  const value = isKey
    ? { name: TARGET, key: "key" }
    : path.endsWith("secretRef") || path.endsWith("configMapRef") || path.startsWith("spec.imagePull")
      ? { name: TARGET }
      : TARGET;
  return withValue(blank(kind, path), path, value);
}

/** The object in which that path alone is missing. */
function blank(kind: ArkObject["kind"], path: string): unknown {
  const has = (part: string): boolean => path.includes(part);
  if (kind === "ArkTeam" && has("pipeline")) {
    return aTeam({ roles: [aRole("a")], pipeline: [{ role: "a", registryLookup: { capability: "c" } }] }).build();
  }
  if (kind === "ArkTeam" && has("roles[1]")) return withValue(aPipeline().step("a").build(), "spec.roles[1].name", "b");
  if (kind === "ArkAgent" && has("systemPromptRef")) return without(anAgent(), "spec.systemPrompt");
  if (kind === "ArkAgent" && has("mcpServers")) return anAgent({ mcpServers: [{ name: "a", url: "https://a.example" }] });
  if (kind === "ArkAgent" && has("env[0]")) return anAgent({ env: [{ name: "A" }] });
  if (kind === "ArkRun") return path.endsWith("agent") ? aRun({ prompt: "Go." }) : aRun({});
  if (kind === "ArkEvent" && has("source")) {
    return withValue(withValue(anEvent(), "spec.source", { type: "team-output" }), "spec.targets", [{ agent: "self", prompt: "Go." }]);
  }
  if (kind === "ArkEvent") return withValue(anEvent(), "spec.targets", [path.endsWith("agent") ? { prompt: "Go." } : {}]);
  return aValid(kind);
}

export interface SizeInput {
  readonly what: string;
  readonly count: number;
}

const many = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));
const record = <T>(count: number, of: (i: number) => T): Record<string, T> => Object.fromEntries(many(count, (i) => [`k${i}`, of(i)]));

/** An object of a size. */
export function sizeObject({ what, count }: SizeInput): unknown {
  const text = "x".repeat(count);
  const url = "https://a.example";
  const makers: Record<string, () => unknown> = {
    "prompt bytes": () => anAgent({ systemPrompt: text }),
    "prompt of two-byte characters": () => anAgent({ systemPrompt: "é".repeat(count) }),
    "team prompt bytes in 20 roles": () =>
      aTeam({
        entry: "r0",
        roles: many(20, (i) => aRole(`r${i}`, { systemPrompt: "x".repeat(Math.floor(count / 20) + (i === 0 ? count % 20 : 0)) })),
      }).build(),
    "declared inputs": () =>
      aTeam()
        .with({ inputs: many(count, (i) => ({ name: `i${i}` })) })
        .build(),
    "inputs of a step": () =>
      aPipeline()
        .step("a", { inputs: record(count, () => "x") })
        .build(),
    steps: () => aTeam({ roles: [aRole("a")], pipeline: many(count, (i) => ({ role: "a", name: `s${i}` })) }).build(),
    roles: () => aTeam({ entry: "r0", roles: many(count, (i) => aRole(`r${i}`)) }).build(),
    "template characters": () =>
      aPipeline()
        .step("a", { inputs: { x: text } })
        .build(),
    "pattern characters": () =>
      aPipeline()
        .step("a", { validate: { rejectPatterns: [text] } })
        .build(),
    patterns: () =>
      aPipeline()
        .step("a", { validate: { rejectPatterns: many(count, (i) => `p${i}`) } })
        .build(),
    "schema bytes": () =>
      aPipeline()
        .step("a", { outputSchema: JSON.stringify({ description: "x".repeat(count - 18) }) })
        .build(),
    "prompt of a run": () => aRun({ agent: "a", prompt: text }),
    "bytes of a run's input": () => aRun({ teamRef: "a", input: { x: text } }),
    "depth of a run's input": () => aRun({ teamRef: "a", input: { x: nested(count) } }),
    targets: () => anEvent({ targets: many(count, () => ({ team: "a" })) }),
    tools: () => anAgent({ tools: many(count, (i) => ({ name: `t${i}`, url })) }),
    "MCP servers": () => anAgent({ mcpServers: many(count, (i) => ({ name: `m${i}`, url })) }),
    "model characters": () => anAgent({ model: text }),
  };
  const make = makers[what];
  if (make === undefined) throw new Error(`no such size: ${what}`);
  return make();
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
