// The objects of the given files, as a cluster would hold them: looked up by kind, namespace and name. Secrets and ConfigMaps included.
import {
  type AgentSurroundings,
  type ArkAgent,
  type ArkMemory,
  type ArkRegistry,
  type ArkSettings,
  type ArkTeam,
  type CanonicalAgent,
  type CanonicalTeam,
  DEFAULT_NAMESPACE,
  isKindName,
  type JsonObject,
  type JsonValue,
  type KindName,
  type LoadedDocument,
  normalizeArkAgent,
  normalizeArkTeam,
  readAs,
  SECRET_ROOT,
} from "../../crds/index.ts";

type ObjectOf<K extends KindName> = NonNullable<ReturnType<typeof readAs<K>>>;

/** See the head of this file. Objects are read once; a name that stands twice is the first of them (admission refuses the set before). */
export class LocalObjects {
  readonly #objects = new Map<string, JsonObject>();

  constructor(documents: readonly LoadedDocument[]) {
    for (const { object } of documents) {
      const { kind } = object;
      const { name, namespace } = metadataOf(object);
      if (typeof kind !== "string" || name === undefined) continue;
      const key = keyOf(kind, namespace, name);
      if (!this.#objects.has(key)) this.#objects.set(key, object);
    }
  }

  /** One object of ours; undefined when it is in none of the files, or its shape is wrong. */
  get<K extends KindName>(kind: K, namespace: string, name: string): ObjectOf<K> | undefined {
    const object = this.#objects.get(keyOf(kind, namespace, name));
    return object === undefined ? undefined : (readAs(kind, object) as ObjectOf<K> | undefined);
  }

  /** All objects of a kind, in the order of the files; of one namespace when it is given. */
  list<K extends KindName>(kind: K, namespace?: string): ObjectOf<K>[] {
    if (!isKindName(kind)) return [];
    return [...this.#objects.values()].flatMap((object) => {
      if (object["kind"] !== kind || (namespace !== undefined && metadataOf(object).namespace !== namespace)) return [];
      const typed = readAs(kind, object) as ObjectOf<K> | undefined;
      return typed === undefined ? [] : [typed];
    });
  }

  /** A team in its canonical form. */
  team(namespace: string, name: string): CanonicalTeam | undefined {
    const team: ArkTeam | undefined = this.get("ArkTeam", namespace, name);
    return team && normalizeArkTeam(team);
  }

  /** An agent in its canonical form. */
  agent(namespace: string, name: string): CanonicalAgent | undefined {
    const agent: ArkAgent | undefined = this.get("ArkAgent", namespace, name);
    return agent && normalizeArkAgent(agent);
  }

  /** What agents of a namespace may refer to. */
  surroundings(namespace: string): AgentSurroundings {
    return {
      settings: (name): ArkSettings | undefined => this.get("ArkSettings", namespace, name),
      memory: (name): ArkMemory | undefined => this.get("ArkMemory", namespace, name),
      configMap: (name) => textsOf(this.#objects.get(keyOf("ConfigMap", namespace, name))?.["data"]),
      registries: (): readonly ArkRegistry[] => this.list("ArkRegistry", namespace),
    };
  }

  /** The value of a Secret's key by the path at which a pod would find it. @throws Error naming the Secret and the key that is missing */
  secretFile(namespace: string, path: string): string {
    const [secret = "", key = ""] = path.startsWith(`${SECRET_ROOT}/`) ? path.slice(SECRET_ROOT.length + 1).split("/") : [];
    const object = this.#objects.get(keyOf("Secret", namespace, secret));
    if (object === undefined) throw new Error(`Secret "${secret}" is in none of the files; add it, with the key "${key}"`);
    const plain = textsOf(object["stringData"]);
    if (plain !== undefined && Object.hasOwn(plain, key)) return plain[key] ?? "";
    const encoded = textsOf(object["data"]);
    if (encoded !== undefined && Object.hasOwn(encoded, key)) return Buffer.from(encoded[key] ?? "", "base64").toString("utf8");
    throw new Error(`Secret "${secret}" has no key "${key}"; add it to its stringData`);
  }

  /** Every value of every given Secret: for the redactor. */
  secretValues(): string[] {
    return [...this.#objects.values()].flatMap((object) => {
      if (object["kind"] !== "Secret") return [];
      const encoded = Object.values(textsOf(object["data"]) ?? {}).map((value) => Buffer.from(value, "base64").toString("utf8"));
      return [...Object.values(textsOf(object["stringData"]) ?? {}), ...encoded];
    });
  }
}

const keyOf = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

function metadataOf(object: JsonObject): { name: string | undefined; namespace: string } {
  const metadata = objectOf(object["metadata"]);
  const [name, namespace] = [metadata?.["name"], metadata?.["namespace"]];
  return { name: typeof name === "string" ? name : undefined, namespace: typeof namespace === "string" ? namespace : DEFAULT_NAMESPACE };
}

function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** A map of texts; other values are passed over. */
function textsOf(value: JsonValue | undefined): Record<string, string> | undefined {
  const object = objectOf(value);
  if (object === undefined) return undefined;
  return Object.fromEntries(Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
