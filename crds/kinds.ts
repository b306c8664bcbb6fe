// The one list of kinds. Manifests, routes, RBAC, commands and docs are loops over it; the fields of a kind stand in schemas/<kind>.yaml.

/** API group of every kind of ours. */
export const GROUP = "arkonis.dev";

/** The one version of the group. */
export const VERSION = "v1alpha1";

/** `apiVersion` of every object of ours. */
export const API_VERSION = "arkonis.dev/v1alpha1";

/** Category of every kind: `kubectl get ark` lists them all. */
export const CATEGORY = "ark";

/** What the API server has to know about a kind beside its schema (SPEC §2). */
export interface Kind {
  readonly kind: string;
  /** Name in URLs and RBAC rules. */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
}

/** Every kind, in the order of SPEC §2. */
export const KINDS = [
  { kind: "ArkAgent", plural: "arkagents", singular: "arkagent", shortNames: ["arkagent"] },
  { kind: "ArkTeam", plural: "arkteams", singular: "arkteam", shortNames: [] },
  { kind: "ArkRun", plural: "arkruns", singular: "arkrun", shortNames: ["aorun"] },
  { kind: "ArkEvent", plural: "arkevents", singular: "arkevent", shortNames: [] },
  { kind: "ArkSettings", plural: "arksettings", singular: "arksettings", shortNames: [] },
  { kind: "ArkMemory", plural: "arkmemories", singular: "arkmemory", shortNames: [] },
  { kind: "ArkService", plural: "arkservices", singular: "arkservice", shortNames: ["aosvc"] },
  { kind: "ArkNotify", plural: "arknotifies", singular: "arknotify", shortNames: ["anfy"] },
  { kind: "ArkRegistry", plural: "arkregistries", singular: "arkregistry", shortNames: [] },
  { kind: "ArkBudget", plural: "arkbudgets", singular: "arkbudget", shortNames: [] },
] as const satisfies readonly Kind[];

/** The `kind` of an object of ours. */
export type KindName = (typeof KINDS)[number]["kind"];

/**
 * The kind that a word means: `ArkTeam`, `arkteam`, `arkteams` or a short name, in any case. Undefined for every other word.
 * Exact spelling of `kind` in manifests is {@link isKindName}'s business.
 */
export function kindOf(name: string): (typeof KINDS)[number] | undefined {
  const word = name.toLowerCase();
  return KINDS.find((known) => {
    const shortNames: readonly string[] = known.shortNames;
    return word === known.singular || word === known.plural || shortNames.includes(word);
  });
}

/** True for the ten names that stand in `kind:` of an object of ours, spelt as there. */
export function isKindName(name: unknown): name is KindName {
  return KINDS.some((known) => known.kind === name);
}
