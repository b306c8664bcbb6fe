// Is an object right (SPEC §4)? The one answer for `ark validate`, `ark run`, the webhook and the controller: who it is, its shape, its
// rules. Existence of other objects is the cluster's to see, not ours, but for what the context knows.
import { agentWarnings, arkAgentRules } from "./arkagent/rules.ts";
import { arkBudgetRules } from "./arkbudget/rules.ts";
import { arkEventRules } from "./arkevent/rules.ts";
import { arkMemoryRules } from "./arkmemory/rules.ts";
import { checkArkNotify } from "./arknotify/rules.ts";
import { arkRegistryRules } from "./arkregistry/rules.ts";
import { arkRunRules } from "./arkrun/rules.ts";
import { arkServiceRules } from "./arkservice/rules.ts";
import { arkSettingsRules } from "./arksettings/rules.ts";
import { checkArkTeam } from "./arkteam/rules.ts";
import { teamSubject } from "./arkteam/subject.ts";
import { type FieldError, fault, nearest, type Verdict } from "./fault.ts";
import { ROOT, SPEC } from "./fieldPath.ts";
import type { ArkObject, ArkRunSpec } from "./generated/types.ts";
import { GROUP, isKindName, KINDS, type KindName, VERSION } from "./kinds.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";
import { dataKeyFaults, nameFaults } from "./objectName.ts";
import { referencesOf } from "./references.ts";
import { broken, type CheckContext, MAX_FAULTS } from "./rule.ts";
import { checkShape } from "./structural/checkShape.ts";
import { isObject } from "./structural/problems.ts";

/**
 * All faults and warnings of one object, at the paths that its author wrote. Kinds of other groups have none. Never throws, whatever
 * `object` is; at most about a thousand of each.
 */
export function checkObject(object: unknown, context: CheckContext = {}): Verdict {
  const identity = identityOf(object);
  if (identity === "foreign") return { errors: [], warnings: [] };
  if (typeof identity === "object") return { errors: identity, warnings: [] };
  const depth = depthFaults(object);
  if (depth.length > 0) return { errors: depth, warnings: [] };
  const errors = withNew(metadataFaults(identity, object), checkShape(identity, object));
  if (!isReadable(object, errors)) return { errors, warnings: [] };
  const verdict = checkRules(object, context);
  return { errors: withNew(errors, [...sizeFaults(object), ...referenceFaults(object), ...verdict.errors]), warnings: verdict.warnings };
}

/** The first faults, and of the others those that say something new: a shape and a rule may both mind a text that is too long. */
function withNew(first: readonly FieldError[], others: readonly FieldError[]): FieldError[] {
  const known = new Set(first.map((error) => `${error.code} ${error.path}`));
  return [...first, ...others.filter((error) => !known.has(`${error.code} ${error.path}`))].slice(0, MAX_FAULTS);
}

/** The kind of an object of ours; "foreign" for others; or why it is no object that can be told. */
function identityOf(object: unknown): KindName | "foreign" | FieldError[] {
  if (!isObject(object)) return [fault(ROOT, "type", "is no object; a document is a map with apiVersion, kind, metadata and spec")];
  const [apiVersion, kind] = [ownText(object, "apiVersion"), ownText(object, "kind")];
  if (apiVersion === undefined || kind === undefined) {
    const example = kind !== undefined && isKindName(kind) ? `${GROUP}/${VERSION}` : undefined;
    return [
      ...(apiVersion === undefined
        ? [fault(ROOT.child("apiVersion"), "required", `is required${example === undefined ? "" : `; write ${example}`}`)]
        : []),
      ...(kind === undefined
        ? [fault(ROOT.child("kind"), "required", "is required; it says what the document is, for example ArkTeam")]
        : []),
    ];
  }
  const slash = apiVersion.indexOf("/");
  if (slash === -1 || apiVersion.slice(0, slash) !== GROUP) return "foreign";
  const errors: FieldError[] = [];
  if (apiVersion.slice(slash + 1) !== VERSION) {
    errors.push(
      fault(ROOT.child("apiVersion"), "unknownVersion", `${JSON.stringify(apiVersion)} does not exist; write ${GROUP}/${VERSION}`),
    );
  }
  if (!isKindName(kind)) return [...errors, fault(ROOT.child("kind"), "unknownKind", unknownKind(kind))];
  return errors.length > 0 ? errors : kind;
}

function unknownKind(kind: string): string {
  if (kind === "ArkFlow") return '"ArkFlow" is an older kind; "ark convert" makes an ArkTeam of it';
  const names = KINDS.map((known) => known.kind);
  const near = nearest(kind, names);
  return `${JSON.stringify(kind.slice(0, 63))} is no kind of ${GROUP}; ${near === undefined ? `there are ${names.join(", ")}` : `did you mean ${JSON.stringify(near)}?`}`;
}

function ownText(object: Record<string, unknown>, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** B12: names of teams are parts of queue names, in which a dot separates. That there is a name is the shape's business. */
function metadataFaults(kind: KindName, object: unknown): FieldError[] {
  const metadata = isObject(object) && Object.hasOwn(object, "metadata") ? object["metadata"] : undefined;
  if (!isObject(metadata)) return [];
  const at = ROOT.child("metadata");
  const [name, namespace] = [ownText(metadata, "name"), ownText(metadata, "namespace")];
  return [
    ...(name === undefined ? emptyName(metadata) : nameFaults(name, at.child("name"), kind === "ArkTeam" ? "label" : "subdomain")),
    ...(namespace === undefined ? [] : nameFaults(namespace, at.child("namespace"), "label")),
  ];
}

/** B13a: an empty name counts as none. */
function emptyName(metadata: Record<string, unknown>): FieldError[] {
  if (!Object.hasOwn(metadata, "name") || metadata["name"] !== "" || ownText(metadata, "generateName") !== undefined) return [];
  return nameFaults("", ROOT.child("metadata", "name"), "subdomain");
}

/** Faults that leave every field the type that the rules expect. */
const HARMLESS: ReadonlySet<string> = new Set(["unknownField", "range", "tooLong", "pattern", "format", "name"]);

function isReadable(object: unknown, errors: readonly FieldError[]): object is ArkObject {
  return isObject(object) && errors.every((error) => HARMLESS.has(error.code));
}

/** The object as the generated type of its kind, when its shape lets it be read as that; rules it may break all the same. */
export function readAs<K extends KindName>(kind: K, object: unknown): Extract<ArkObject, { kind: K }> | undefined {
  if (identityOf(object) !== kind || depthFaults(object).length > 0) return undefined;
  return isReadable(object, checkShape(kind, object)) ? (object as Extract<ArkObject, { kind: K }>) : undefined;
}

/** Whoever serialises an object recurses; a deeper one would overflow the stack. Walks with a stack of its own. */
function depthFaults(object: unknown): FieldError[] {
  const level = [{ value: object, depth: 0 }];
  for (let place = level.pop(); place !== undefined; place = level.pop()) {
    const { value, depth } = place;
    if (typeof value !== "object" || value === null) continue;
    if (depth > MAX_JSON_DEPTH)
      return [fault(ROOT, "tooMany", `objects and lists stand inside each other more than ${MAX_JSON_DEPTH} deep; flatten them`)];
    for (const child of Object.values(value)) level.push({ value: child, depth: depth + 1 });
  }
  return [];
}

/** One object: a third of etcd's 1.5 MiB is left for its status and for what the API server adds. */
export const MAX_OBJECT_BYTES = 1024 * 1024;

/** What is accepted can still take its status. */
function sizeFaults(object: ArkObject): FieldError[] {
  const bytes = Buffer.byteLength(JSON.stringify(object.spec));
  if (bytes <= MAX_OBJECT_BYTES) return [];
  return [
    fault(
      SPEC,
      "tooLong",
      `${bytes} bytes; an object has at most ${MAX_OBJECT_BYTES}, put long texts into ConfigMaps or where a tool can read them`,
    ),
  ];
}

/** Names that no object can have lead nowhere, and a Secret's key is the name of a file. */
function referenceFaults(object: ArkObject): FieldError[] {
  return referencesOf(object).flatMap(({ kind, name, at, key }) => [
    ...nameFaults(name, at, kind === "ArkTeam" ? "label" : "subdomain"),
    ...(key === undefined ? [] : dataKeyFaults(key.name, key.at)),
  ]);
}

function checkRules(object: ArkObject, context: CheckContext): Verdict {
  switch (object.kind) {
    case "ArkAgent": {
      const subject = { fields: object.spec, at: SPEC, context };
      return { errors: broken(arkAgentRules, subject), warnings: broken(agentWarnings, subject) };
    }
    case "ArkTeam":
      return checkArkTeam(teamSubject(object, context));
    case "ArkRun":
      return errorsOnly(broken(arkRunRules, { spec: object.spec, oldSpec: oldRunSpecOf(context), context }));
    case "ArkEvent":
      return errorsOnly(broken(arkEventRules, object.spec));
    case "ArkSettings":
      return errorsOnly(broken(arkSettingsRules, object.spec));
    case "ArkMemory":
      return errorsOnly(broken(arkMemoryRules, object.spec));
    case "ArkService":
      return errorsOnly(broken(arkServiceRules, object.spec));
    case "ArkNotify":
      return checkArkNotify(object.spec);
    case "ArkRegistry":
      return errorsOnly(broken(arkRegistryRules, object.spec));
    case "ArkBudget":
      return errorsOnly(broken(arkBudgetRules, object.spec));
  }
}

function errorsOnly(errors: FieldError[]): Verdict {
  return { errors, warnings: [] };
}

/** The stored spec that an update of a run replaces. Of what cannot be read everything counts as changed. */
function oldRunSpecOf({ operation, oldObject }: CheckContext): ArkRunSpec | undefined {
  if (operation !== "update") return undefined;
  return isObject(oldObject) && isObject(oldObject["spec"]) ? oldObject["spec"] : {};
}
