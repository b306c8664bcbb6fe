// ArkRun objects as a cluster would store them (B100a).
import { API_VERSION, type ArkRun, type CanonicalTeam, derivedName, type JsonValue, type ObjectMeta } from "../../crds/index.ts";

/** The letters of Kubernetes' own generated names: no vowels, so that no words come out. */
const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** `<name>-<5 random>` (SPEC §2.3). */
export function generatedName(name: string, random: () => number): string {
  const suffix = Array.from({ length: 5 }, () => SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)] ?? "x").join("");
  return `${derivedName(name)}-${suffix}`;
}

/** A random UUID (version 4). */
export function randomUid(random: () => number): string {
  const hex = (length: number): string => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
  const variant = ["8", "9", "a", "b"][Math.floor(random() * 4)] ?? "8";
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}

/** Who a run is: its name and uid, when it was made, and by which run. */
export interface RunIdentity {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly createdAt: string;
  readonly parent?: { readonly name: string; readonly uid: string } | undefined;
}

/** The record of a run that has not begun. */
export function newRun(
  identity: RunIdentity,
  what: { readonly team: CanonicalTeam } | { readonly agent: string; readonly prompt: string },
  input: Readonly<Record<string, JsonValue>>,
): ArkRun {
  const { name, uid, namespace, createdAt, parent } = identity;
  const metadata: ObjectMeta = {
    name,
    namespace,
    uid,
    generation: 1,
    creationTimestamp: createdAt,
    labels: "team" in what ? { "arkonis.dev/team": derivedName(what.team.name) } : { "arkonis.dev/agent": derivedName(what.agent) },
    ...(parent && {
      ownerReferences: [
        { apiVersion: API_VERSION, kind: "ArkRun", name: parent.name, uid: parent.uid, controller: true, blockOwnerDeletion: true },
      ],
    }),
  };
  const spec =
    "team" in what
      ? { teamRef: what.team.name, ...(Object.keys(input).length > 0 && { input: { ...input } }) }
      : { agent: what.agent, prompt: what.prompt };
  return { apiVersion: API_VERSION, kind: "ArkRun", metadata, spec, status: { phase: "Pending", steps: [] } };
}
