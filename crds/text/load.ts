// YAML and JSON text → objects with positions (S31, "YAML and files" of the bad-input table). The one import of the yaml library beside
// dump.ts and documentTree.ts. Each document is read on its own, so that a fault in one never hides another, and its depth is measured on
// the flat token tree before anything recursive touches it.
import { Composer, type CST, LineCounter, Parser, type YAMLError } from "yaml";
import { FieldPath } from "../fieldPath.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { GROUP } from "../kinds.ts";
import { MAX_JSON_DEPTH, MAX_YAML_BYTES, MAX_YAML_CALL_BYTES } from "../limits.ts";
import { type DocumentTree, readDocument } from "./documentTree.ts";
import type { FileFault, TextPosition } from "./fileFault.ts";
import { parsePath } from "./parsePath.ts";
import { type Chunk, splitDocuments } from "./splitDocuments.ts";

/** One object of a file. */
export interface LoadedDocument {
  readonly file: string;
  /** Number of the document in its file, from 0, empty ones counted; the items of a `List` share their list's. */
  readonly index: number;
  readonly object: JsonObject;
  /**
   * Where a field stands: its key, or the item of a list. Of a field that is missing, the nearest ancestor that is there; of the whole
   * object, its beginning. Takes a path as text too (`spec.roles[2].name`).
   */
  positionOf(path: FieldPath | string): TextPosition;
}

/** Faults that one document reports: a missing bracket makes a hundred, and the first says it. */
const MAX_FAULTS = 10;

/**
 * All objects of a text, which is YAML of several documents or JSON; empty documents are passed over, a `v1` `List` gives its items. What
 * cannot be read is a fault with its position, beside the objects that can. Reads at most 10 MiB, 1 MiB for each document. Never throws.
 */
export function loadYaml(text: string | Uint8Array, file: string): { documents: LoadedDocument[]; faults: FileFault[] } {
  const documents: LoadedDocument[] = [];
  const faults: FileFault[] = [];
  const decoded = decode(text);
  if ("problem" in decoded) {
    faults.push({ file, line: 1, column: 1, code: "yaml", message: decoded.problem });
    return { documents, faults };
  }
  let index = 0;
  for (const chunk of splitDocuments(decoded.text)) {
    const read = readChunk(chunk, file, index);
    documents.push(...read.documents);
    faults.push(...read.faults);
    index += read.count;
  }
  return { documents, faults };
}

/** UTF-8 without its byte order mark, or why it is none. */
function decode(text: string | Uint8Array): { text: string } | { problem: string } {
  const bytes = typeof text === "string" ? text.length : text.byteLength; // characters are a lower bound of bytes
  if (bytes > MAX_YAML_CALL_BYTES) return { problem: `the file has more than ${MAX_YAML_CALL_BYTES} bytes; split it` };
  if (typeof text !== "string") {
    const [first, second] = text;
    if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
      return { problem: "the file is UTF-16; save it as UTF-8" };
  }
  const decoded = typeof text === "string" ? text : decodeUtf8(text);
  if (decoded === undefined || decoded.includes("\0")) return { problem: "the file is binary; give a YAML or JSON file in UTF-8" };
  return { text: decoded.startsWith("\uFEFF") ? decoded.slice(1) : decoded };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

interface ChunkResult {
  readonly documents: readonly LoadedDocument[];
  readonly faults: readonly FileFault[];
  /** How many documents there are, readable or not. */
  readonly count: number;
}

/** A chunk is one document, or several that are separated by `...` only. */
function readChunk(chunk: Chunk, file: string, index: number): ChunkResult {
  const faultAt = (at: TextPosition, message: string): FileFault => ({ file, ...at, code: "yaml", message });
  const start: TextPosition = { line: chunk.line, column: 1 };
  const bytes = Buffer.byteLength(chunk.text);
  if (bytes > MAX_YAML_BYTES) {
    const message = `this document has ${bytes} bytes; at most ${MAX_YAML_BYTES} are read, split it`;
    return { documents: [], faults: [faultAt(start, message)], count: 1 };
  }
  const lines = new LineCounter();
  const positionAt = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? start : { line: chunk.line + line - 1, column: col };
  };
  const tokens = [...new Parser(lines.addNewLine).parse(chunk.text)];
  const control = controlCharacter(chunk.text);
  if (control !== undefined) return { documents: [], faults: [faultAt(positionAt(control.offset), control.message)], count: 1 };
  const deep = firstTooDeep(tokens);
  if (deep !== undefined) {
    const message = `objects and lists stand inside each other more than ${MAX_JSON_DEPTH} deep; flatten them`;
    return { documents: [], faults: [faultAt(positionAt(deep), message)], count: 1 };
  }
  const documents: LoadedDocument[] = [];
  const faults: FileFault[] = [];
  const composer = new Composer({ version: "1.1", schema: "failsafe", uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
  let count = 0;
  for (const document of composer.compose(tokens, true, chunk.text.length)) {
    const here = index + count++;
    const syntax = document.errors.slice(0, MAX_FAULTS).map((error) => faultAt(positionAt(error.pos[0]), syntaxMessage(error)));
    faults.push(...syntax);
    if (syntax.length > 0) continue;
    const tree = readDocument(document.contents);
    const refused = isOurs(tree.value) ? [...tree.faults, ...tree.booleanKeys] : tree.faults;
    faults.push(...refused.slice(0, MAX_FAULTS).map(({ offset, message }) => faultAt(positionAt(offset), message)));
    if (refused.length > 0 || tree.value === null) continue;
    if (!isObject(tree.value)) {
      const what = Array.isArray(tree.value) ? "a list" : `the ${typeof tree.value} ${JSON.stringify(tree.value).slice(0, 40)}`;
      const message = `a document has to be an object with apiVersion, kind and metadata, not ${what}`;
      faults.push(faultAt(positionAt(tree.offsetOf(new FieldPath())), message));
      continue;
    }
    documents.push(...objectsOf({ file, index: here, value: tree.value, tree, positionAt }));
  }
  return { documents, faults, count: Math.max(count, 1) };
}

interface FoundObject {
  readonly file: string;
  readonly index: number;
  readonly value: JsonObject;
  readonly tree: DocumentTree;
  readonly positionAt: (offset: number) => TextPosition;
}

/** The object itself, or the items of a `v1` `List`, as kubectl takes them and `kubectl get -o yaml` writes them. */
function objectsOf({ file, index, value, tree, positionAt }: FoundObject): LoadedDocument[] {
  const loaded = (object: JsonObject, prefix: FieldPath): LoadedDocument => ({
    file,
    index,
    object,
    positionOf: (path) => {
      const { segments } = typeof path === "string" ? parsePath(path) : path;
      return positionAt(tree.offsetOf(prefix.child(...segments)));
    },
  });
  const items = value["items"];
  const isList = value["apiVersion"] === "v1" && value["kind"] === "List" && Array.isArray(items) && items.every(isObject);
  if (!isList) return [loaded(value, new FieldPath())];
  return items.map((item, i) => loaded(item, new FieldPath(["items", i])));
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOurs(value: JsonValue): boolean {
  const apiVersion = isObject(value) ? value["apiVersion"] : undefined;
  return typeof apiVersion === "string" && apiVersion.startsWith(`${GROUP}/`);
}

/** A control character other than tab and line ends: no YAML, and no text that belongs on a terminal. */
function controlCharacter(text: string): { offset: number; message: string } | undefined {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  const offset = text.search(/[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/);
  if (offset === -1) return undefined;
  const code = text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, "0");
  return { offset, message: `the control character U+${code} cannot stand in YAML; remove it, or write "\\u${code}" in double quotes` };
}

/** Offset of the first collection that is nested too deeply. The token tree is walked with a stack of our own. */
function firstTooDeep(tokens: readonly CST.Token[]): number | undefined {
  const open: { token: CST.Token; depth: number }[] = [];
  const push = (token: CST.Token | null | undefined, depth: number): void => {
    if (token) open.push({ token, depth });
  };
  for (const token of tokens) push(token, 0);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === "document") push(token.value, depth);
    if (!("items" in token)) continue;
    if (depth >= MAX_JSON_DEPTH) return token.offset;
    for (const item of token.items) {
      push(item.key, depth + 1);
      push(item.value, depth + 1);
    }
  }
  return undefined;
}

/** The library's message with the way out where it has none. */
function syntaxMessage({ code, message }: YAMLError): string {
  if (code === "TAB_AS_INDENT") return "a tab cannot indent YAML; use spaces";
  if (code === "BAD_ALIAS") return "an alias (*) has to be followed by the name of an anchor; put text that begins with * in quotes";
  if (code === "BAD_SCALAR_START") return `${lowerFirst(message)}; put the text in quotes`;
  if (code === "BLOCK_AS_IMPLICIT_KEY")
    return "a second colon on the line; put text that contains a colon in quotes, or indent it on a line of its own";
  if (code === "MULTILINE_IMPLICIT_KEY")
    return "a key has to stand on one line; is the line before indented differently, or its quote not closed?";
  if (code === "MISSING_CHAR" && /closing/.test(message))
    return `${lowerFirst(message.replace('"quote', "quote"))}; close the quote or bracket`;
  return lowerFirst(message.split("\n")[0] ?? "no YAML");
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1, 300);
}
