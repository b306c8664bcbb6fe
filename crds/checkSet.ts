// Are the objects of some files right, each by itself and with each other (B101)? What is in none of the files may well be in the
// cluster, so that a reference that leads out of them is a warning.
import { normalizeArkSettings } from "./arksettings/normalize.ts";
import { normalizeArkTeam } from "./arkteam/normalize.ts";
import { checkObject, readAs } from "./check.ts";
import { type FaultCode, type FieldError, fault, nearest } from "./fault.ts";
import { ROOT, SPEC } from "./fieldPath.ts";
import type { ArkObject } from "./generated/types.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { GROUP, isKindName, type KindName } from "./kinds.ts";
import { DEFAULT_NAMESPACE, managedAgentName } from "./names.ts";
import { type Reference, referencesOf } from "./references.ts";
import type { CheckContext } from "./rule.ts";
import type { LoadedDocument } from "./text/load.ts";

/** One fault with its place in a file. Lines and columns count from 1. */
export interface SetFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly code: FaultCode;
  readonly message: string;
}

/** What a check of several files found, in the order of the documents. */
export interface SetVerdict {
  readonly errors: readonly SetFault[];
  readonly warnings: readonly SetFault[];
}

/** Checks every object of ours among the documents; those of other groups are only looked up. Never throws. */
export function checkSet(documents: readonly LoadedDocument[]): SetVerdict {
  const set = new ObjectSet(documents);
  const errors: SetFault[] = [];
  const warnings: SetFault[] = [];
  for (const document of documents) {
    const verdict = checkObject(document.object, set.contextOf(document));
    const twice = set.twin(document);
    for (const error of [...twice, ...verdict.errors]) (error.code === "unknownKind" ? warnings : errors).push(placed(error, document));
    for (const warning of [...verdict.warnings, ...set.conflicts(document), ...set.missing(document)])
      warnings.push(placed(warning, document));
  }
  return { errors, warnings };
}

function placed(found: FieldError, document: LoadedDocument): SetFault {
  return { file: document.file, ...document.positionOf(found.path), path: found.path, code: found.code, message: found.message };
}

/** The documents by kind, namespace and name. */
class ObjectSet {
  readonly #firstOf = new Map<string, LoadedDocument>();
  /** The first team that makes an agent of that name for one of its roles. */
  readonly #makerOf = new Map<string, LoadedDocument>();
  /** Namespaces in which a name of a kind is found; "" for an object that names none, which may go anywhere. */
  readonly #namesOf = new Map<string, Map<string, Set<string>>>();

  constructor(documents: readonly LoadedDocument[]) {
    for (const document of documents) {
      const key = keyOf(document.object);
      if (key === undefined) continue;
      if (!this.#firstOf.has(key.text)) this.#firstOf.set(key.text, document);
      this.#add(key.kind, key.name, key.namespace);
      for (const { agent } of madeAgents(document.object)) {
        this.#add("ArkAgent", agent, key.namespace);
        const made = textOf(GROUP, "ArkAgent", key.namespace, agent);
        if (!this.#makerOf.has(made)) this.#makerOf.set(made, document);
      }
    }
  }

  #add(kind: string, name: string, namespace: string): void {
    const names = this.#namesOf.get(kind) ?? new Map<string, Set<string>>();
    this.#namesOf.set(kind, names.set(name, (names.get(name) ?? new Set()).add(namespace)));
  }

  /** B101: the same object twice. */
  twin(document: LoadedDocument): FieldError[] {
    const key = keyOf(document.object);
    const first = key && groupOf(document.object) === GROUP ? this.#firstOf.get(key.text) : undefined;
    if (key === undefined || first === undefined || first === document) return [];
    const { line, column } = first.positionOf("metadata.name");
    const message = `${key.kind} ${JSON.stringify(key.name)} stands at ${first.file}:${line}:${column} already; rename one of them or take it out`;
    return [fault(ROOT.child("metadata", "name"), "duplicate", message)];
  }

  /** Agents that a team makes under a name that somebody else has: the cluster would leave one of them alone (NameConflict). */
  conflicts(document: LoadedDocument): FieldError[] {
    const namespace = keyOf(document.object)?.namespace ?? "";
    return madeAgents(document.object).flatMap(({ agent, role }) => {
      const key = textOf(GROUP, "ArkAgent", namespace, agent);
      const other = this.#firstOf.get(key) ?? this.#makerOf.get(key);
      if (other === undefined || keyOf(other.object)?.text === keyOf(document.object)?.text) return [];
      const message = `its agent is called ${JSON.stringify(agent)}, which ${kindAndName(other.object)} in ${other.file} has as well; rename one of them`;
      return [fault(SPEC.child("roles", role, "name"), "duplicate", message)];
    });
  }

  /** What the rules of a document may look up: objects of its own namespace among the documents. */
  contextOf(document: LoadedDocument): CheckContext {
    const namespace = keyOf(document.object)?.namespace ?? "";
    const find = (kind: KindName, name: string): JsonObject | undefined => this.#firstOf.get(textOf(GROUP, kind, namespace, name))?.object;
    return {
      teamOf: (name) => {
        const team = readAs("ArkTeam", find("ArkTeam", name));
        return team && normalizeArkTeam(team);
      },
      settingsOf: (name) => {
        const settings = readAs("ArkSettings", find("ArkSettings", name));
        return settings && normalizeArkSettings(settings);
      },
    };
  }

  /** References that lead out of the documents. */
  missing(document: LoadedDocument): FieldError[] {
    const object = readable(document.object);
    if (object === undefined) return [];
    const namespace = keyOf(document.object)?.namespace ?? "";
    return referencesOf(object).flatMap((reference) => {
      if (reference.optional || !isWorthAWord(reference)) return [];
      const names = this.#namesOf.get(reference.kind);
      const found = names?.get(reference.name);
      if (found && (namespace === "" || found.has("") || found.has(namespace))) return this.#missingKey(reference, namespace);
      const near = nearest(reference.name, names?.keys() ?? []);
      const hint = near === undefined ? "; apply it too, or add its file" : `; did you mean ${JSON.stringify(near)}?`;
      const where = found ? `is in namespace ${[...found].join(", ")} only` : "is in none of the files";
      return [fault(reference.at, "missingObject", `${reference.kind} ${JSON.stringify(reference.name)} ${where}${hint}`)];
    });
  }

  #missingKey({ kind, name, key }: Reference, namespace: string): FieldError[] {
    const object = this.#firstOf.get(textOf("", kind, namespace, name))?.object;
    if (object === undefined || key === undefined) return [];
    const keys = ["data", "binaryData"].flatMap((field) => (isObject(object[field]) ? Object.keys(object[field]) : []));
    if (keys.includes(key.name)) return [];
    const near = nearest(key.name, keys);
    const hint = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
    return [fault(key.at, "missingObject", `${kind} ${JSON.stringify(name)} has no key ${JSON.stringify(key.name)}${hint}`)];
  }
}

/** Runs come and go, and Secrets are rightly kept elsewhere; of ConfigMaps only prompts are told, without which an agent is nothing. */
function isWorthAWord({ kind, at }: Reference): boolean {
  if (kind === "ConfigMap") return at.segments.includes("systemPromptRef");
  return kind !== "Secret" && kind !== "ArkRun";
}

/** The agents that are made for a team's inline roles; they may be referred to as well. */
function madeAgents(object: JsonObject): { readonly agent: string; readonly role: number }[] {
  const team = object["kind"] === "ArkTeam" ? readAs("ArkTeam", object) : undefined;
  if (team === undefined) return [];
  return (team.spec.roles ?? []).flatMap(({ name, model }, role) =>
    model === undefined ? [] : [{ agent: managedAgentName(team.metadata.name, name), role }],
  );
}

function kindAndName(object: JsonObject): string {
  const key = keyOf(object);
  return `${key?.kind} ${JSON.stringify(key?.name)}`;
}

function readable(object: JsonObject): ArkObject | undefined {
  const { kind } = object;
  return typeof kind === "string" && isKindName(kind) ? readAs(kind, object) : undefined;
}

/** The API group of an object; "" is the core group. */
function groupOf(object: JsonObject): string {
  const version = object["apiVersion"];
  return typeof version === "string" && version.includes("/") ? version.slice(0, version.indexOf("/")) : "";
}

interface ObjectKey {
  readonly kind: string;
  /** "" when the object names none. */
  readonly namespace: string;
  readonly name: string;
  readonly text: string;
}

/** Which object a document is; undefined for one without a name. */
function keyOf(object: JsonObject): ObjectKey | undefined {
  const kind = object["kind"];
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const { name, namespace = "" } = metadata;
  if (typeof kind !== "string" || typeof name !== "string" || typeof namespace !== "string" || name === "") return undefined;
  return { kind, namespace, name, text: textOf(groupOf(object), kind, namespace, name) };
}

/** Objects that name no namespace go into the default one (B100). */
function textOf(group: string, kind: string, namespace: string, name: string): string {
  return JSON.stringify([group, kind, namespace === "" ? DEFAULT_NAMESPACE : namespace, name]);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
