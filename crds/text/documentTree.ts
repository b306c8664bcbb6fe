// One YAML document → one JSON value, and the way back from a field's path to its place in the text. S31: aliases are counted and what
// they repeat is bounded, merge keys, tags and duplicate keys are refused, `__proto__` is a key like any other.
import { Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from "yaml";
import type { FieldPath } from "../fieldPath.ts";
import type { JsonValue } from "../json.ts";
import { MAX_JSON_DEPTH, MAX_JSON_KEYS, MAX_YAML_ALIASES } from "../limits.ts";
import { plainScalar } from "./plainScalar.ts";

/** Something that a document may not hold, at an offset of its text. */
export interface TreeFault {
  readonly offset: number;
  readonly message: string;
}

/** A document as a value, with what is wrong in it. With faults the value is not to be used. */
export interface DocumentTree {
  readonly value: JsonValue;
  readonly faults: readonly TreeFault[];
  /** Keys that are no strings to kubectl although they look like words: `on`, `y`. They stand in `value` as kubectl sees them. */
  readonly booleanKeys: readonly TreeFault[];
  /** Offset of the key or list item at `path`, or of its nearest ancestor that exists. */
  offsetOf(path: FieldPath): number;
}

/** Tags that only repeat what a scalar or collection is anyway. */
const CORE_TAGS = ["str", "int", "float", "bool", "null", "map", "seq", "timestamp"].map((name) => `tag:yaml.org,2002:${name}`);

/** Faults that one document reports. */
const MAX_FAULTS = 20;

type Item = Node | null | undefined;

/** Reads a composed document; `contents` must come from the failsafe schema, where every scalar is still text. Never throws. */
export function readDocument(contents: Item): DocumentTree {
  const reader = new TreeReader();
  const value = reader.read(contents, 0);
  return {
    value,
    faults: reader.faults,
    booleanKeys: reader.booleanKeys,
    offsetOf: (path) => reader.offsetOf(contents, path),
  };
}

class TreeReader {
  readonly faults: TreeFault[] = [];
  readonly booleanKeys: TreeFault[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  /** What each alias stands for, decided where it is met first: an anchor may be given anew further down. */
  readonly #targets = new Map<Alias, Node>();
  #aliases = 0;
  #repeated = 0;
  /** The alias as the user wrote it, while something behind it is read. */
  #outermost: Alias | undefined;
  #full = false;

  read(node: Item, depth: number): JsonValue {
    if (node === null || node === undefined) return null;
    if (this.#full || !this.#count(node)) return null;
    if (depth > MAX_JSON_DEPTH) {
      this.#stop(node, `objects and lists stand inside each other more than ${MAX_JSON_DEPTH} deep; flatten them`);
      return null;
    }
    if (isAlias(node)) return this.#readAlias(node, depth);
    this.#checkTag(node);
    if ("anchor" in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#readScalar(node);
    this.#open.add(node);
    const value = isMap(node)
      ? this.#readMap(node, depth)
      : isSeq(node)
        ? node.items.map((item) => this.read(item as Item, depth + 1))
        : null;
    this.#open.delete(node);
    return value;
  }

  offsetOf(contents: Item, path: FieldPath): number {
    let node = this.#behind(contents);
    let offset = startOf(contents);
    for (const segment of path.segments) {
      if (isMap(node)) {
        const pair: Pair | undefined = node.items.findLast((item) => keyText(item.key as Item) === String(segment));
        if (pair === undefined) return offset;
        offset = startOf(pair.key as Item);
        node = this.#behind(pair.value as Item);
      } else if (isSeq(node) && typeof segment === "number" && segment < node.items.length) {
        const item = node.items[segment] as Item;
        if (item) offset = startOf(item);
        node = this.#behind(item);
      } else return offset;
    }
    return offset;
  }

  #behind(node: Item): Item {
    return isAlias(node) ? this.#targets.get(node) : node;
  }

  #readMap(map: YAMLMap, depth: number): JsonValue {
    const object: Record<string, JsonValue> = {};
    for (const pair of map.items) {
      const keyNode = pair.key as Item;
      const key = this.#readKey(keyNode);
      const value = this.read(pair.value as Item, depth + 1);
      if (key === undefined) continue;
      if (Object.hasOwn(object, key)) this.#fault(keyNode, `the key ${quoted(key)} stands here twice; remove one of the two`);
      // As an own property even where plain assignment would set the prototype.
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return object;
  }

  /** The key as kubectl sees it; undefined for one that is refused. */
  #readKey(node: Item): string | undefined {
    if (isAlias(node)) return this.#refuseKey(node, "an alias cannot be a key; write the key out");
    if (node && !isScalar(node)) return this.#refuseKey(node, "a key has to be text; a list or an object cannot be one");
    if (!this.#count(node)) return undefined;
    if (node) this.#checkTag(node);
    if (isPlain(node) && node.value === "<<") {
      return this.#refuseKey(node, "merge keys (<<) are not supported; write the fields out, or share them with an ArkSettings");
    }
    const text = keyText(node);
    if (text === undefined) return this.#refuseKey(node, "a key is missing; put a name before the colon");
    if (isPlain(node) && typeof plainScalar(String(node.value)) === "boolean" && text !== node.value) {
      const word = String(node.value);
      const message = `kubectl reads the key ${word} as the boolean ${text}; put it in quotes: "${word}"`;
      this.booleanKeys.push({ offset: startOf(node), message });
    }
    this.#checkText(node, text);
    return text;
  }

  #refuseKey(node: Item, message: string): undefined {
    this.#fault(node, message);
  }

  #readScalar(node: Scalar): JsonValue {
    const text = String(node.value);
    const tag = node.tag?.replace("tag:yaml.org,2002:", "");
    if (tag === "str" || (node.type !== Scalar.PLAIN && tag === undefined) || tag === "!" || tag === "timestamp") {
      this.#checkText(node, text);
      return text;
    }
    const value = plainScalar(text);
    if (typeof value === "number" && !Number.isFinite(value)) {
      this.#fault(node, `${text} is no number that JSON has; write a finite number, or put it in quotes`);
      return null;
    }
    if (
      tag !== undefined &&
      CORE_TAGS.includes(`tag:yaml.org,2002:${tag}`) &&
      tag !== tagOf(value) &&
      !(tag === "float" && tagOf(value) === "int")
    ) {
      this.#fault(node, `${quoted(text)} is no !!${tag}; correct the value or remove the tag`);
    }
    this.#checkText(node, text);
    return value;
  }

  #readAlias(alias: Alias, depth: number): JsonValue {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#fault(alias, `the alias *${alias.source} has no anchor &${alias.source} before it; add the anchor or write the value out`);
      return null;
    }
    if (!this.#targets.has(alias)) {
      this.#targets.set(alias, target);
      this.#aliases++;
    }
    if (this.#aliases > MAX_YAML_ALIASES) {
      this.#stop(alias, `a document may have at most ${MAX_YAML_ALIASES} aliases; write the values out`);
      return null;
    }
    if (this.#open.has(target)) {
      this.#fault(alias, `the alias *${alias.source} stands for something that contains itself; write the value out`);
      return null;
    }
    const isOutermost = this.#outermost === undefined;
    this.#outermost ??= alias;
    const value = this.read(target, depth);
    if (isOutermost) this.#outermost = undefined;
    return value;
  }

  /** Counts what stands behind aliases; false, once, when it is too much: 10 aliases of 10 aliases of … would be billions. */
  #count(node: Item): boolean {
    if (this.#outermost === undefined || ++this.#repeated <= MAX_JSON_KEYS) return true;
    this.#stop(node, `aliases repeat more than ${MAX_JSON_KEYS} values; write the values out`);
    return false;
  }

  #checkTag(node: Node): void {
    const tag = "tag" in node && typeof node.tag === "string" ? node.tag : undefined;
    if (tag === undefined || tag === "!" || CORE_TAGS.includes(tag)) return;
    const shown = tag.replace("tag:yaml.org,2002:", "!!");
    this.#fault(
      node,
      `the tag ${quoted(shown)} is not supported; remove it${shown === "!!binary" ? " and write the base64 text as it is" : ""}`,
    );
  }

  /** JSON has to be able to carry it as UTF-8. */
  #checkText(node: Item, text: string): void {
    if (/\p{Surrogate}/u.test(text)) this.#fault(node, "half of a surrogate pair (\\ud800–\\udfff) is no character; write the whole one");
  }

  #fault(node: Item, message: string): void {
    if (this.faults.length < MAX_FAULTS && !this.#full) this.faults.push({ offset: startOf(node), message });
  }

  #stop(node: Item, message: string): void {
    this.#fault(this.#outermost ?? node, message);
    this.#full = true;
  }
}

function isPlain(node: Item): node is Scalar {
  return isScalar(node) && node.type === Scalar.PLAIN && node.tag === undefined;
}

/** A key as kubectl sees it: `0x10` is "16", `on` is "true". Undefined for null and for what is no scalar. */
function keyText(node: Item): string | undefined {
  if (!isScalar(node)) return undefined;
  const text = String(node.value);
  if (!isPlain(node)) return text;
  const value = plainScalar(text);
  if (value === null) return undefined;
  return typeof value === "number" && !Number.isFinite(value) ? text : String(value);
}

function tagOf(value: string | number | boolean | null): string {
  if (value === null) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return typeof value === "boolean" ? "bool" : "str";
}

function startOf(node: Item): number {
  return node?.range?.[0] ?? 0;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
