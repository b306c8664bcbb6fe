// The one redactor (S15, S16, P9). It hides by three marks: the name of a field, the look of a text (Authorization, user info and
// query of a URL, keys of known vendors), and the values that were registered, whole, in parts and in other writings. It may hide too
// much; it must not hide too little. Redact first and cut after: a cut secret has no mark left but its parts.
import { writingsOf } from "./secretWritings.ts";

/** What stands where a secret was. */
export const REDACTED = "[redacted]";

/** Hides secrets. All methods are pure but for `register`. */
export interface Redactor {
  /** A value that nobody may see from now on. Less than 4 characters cannot be told from ordinary text and are not registered. */
  register(secret: string): void;
  /** What people and models wrote, without the registered values: links and words stay as they are. */
  known(text: string): string;
  /** A message, a header, an address without secrets: registered ones and those that look like it. Cost: O(text); with registered values about 50 ns per character. */
  text(text: string): string;
  /** A plain copy for a log line: fields with secret names hidden, texts redacted, bounded in depth and size, cycles cut. */
  value(value: unknown): unknown;
}

/** Secrets shorter than this would hide ordinary words. */
const MIN_SECRET = 4;
/** A part of a secret this long is as good as the secret (I10). */
const PART = 12;
const MAX_DEPTH = 8;
const MAX_NODES = 2_000;
const MAX_NAMES = 1_000;
const MAX_KNOWN_NAME = 64;

/** A redactor that knows no values yet. One per process, made in `cmd/`. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  /** Writings that are hidden whole, longest first, so that a short one does not break up a long one. */
  let whole: string[] = [];
  const parts = new Set<string>();
  /** Names of fields that were shown before, as they are shown: a program has few, and says them with every line. */
  const names = new Map<string, ShownName>();

  const redactor: Redactor = {
    register(secret) {
      if (secret.trim().length < MIN_SECRET || known.has(secret)) return;
      known.add(secret);
      names.clear();
      const fresh = new Set(whole);
      for (const writing of writingsOf(secret)) {
        if (writing.text.length >= MIN_SECRET) fresh.add(writing.text);
        if (writing.inParts) for (let i = 0; i + PART <= writing.text.length; i++) parts.add(writing.text.slice(i, i + PART));
      }
      whole = [...fresh].sort((a, b) => b.length - a.length);
    },
    known(text) {
      let clean = text;
      for (const writing of whole) if (clean.includes(writing)) clean = clean.replaceAll(writing, REDACTED);
      return withoutParts(clean, parts);
    },
    text: (text) => byLook(redactor.known(text)),
    value: (value) => copyOf(value, { redactor, shownName, nodes: 0, path: [] }),
  };
  const shownName = (name: string): ShownName => {
    const before = names.get(name);
    if (before) return before;
    const shown = { text: redactor.text(name), hidesValue: isSecretName(name) };
    if (names.size < MAX_NAMES && name.length <= MAX_KNOWN_NAME) names.set(name, shown);
    return shown;
  };
  return redactor;
}

interface ShownName {
  readonly text: string;
  readonly hidesValue: boolean;
}

/** Hides each stretch of text that is made of parts of secrets. */
function withoutParts(text: string, parts: ReadonlySet<string>): string {
  if (parts.size === 0 || text.length < PART) return text;
  let clean = "";
  let written = 0;
  for (let i = 0; i + PART <= text.length; i++) {
    if (!parts.has(text.slice(i, i + PART))) continue;
    let end = i + PART;
    while (end < text.length && parts.has(text.slice(end - PART + 1, end + 1))) end++;
    clean += text.slice(written, i) + REDACTED;
    written = end;
    i = end - 1;
  }
  return clean + text.slice(written);
}

/** Looks that give a secret away. Each pattern is linear: what repeats is bounded, or cannot pass its own beginning. */
const LOOKS: readonly (readonly [RegExp, string])[] = [
  // Header lines and their JSON: the value up to the end of its line or string.
  [/\b((?:proxy-)?authorization|x-api-key|api-key|x-goog-api-key)("?\s{0,4}[:=]\s{0,4}"?)[^"\r\n]{1,8192}/gi, `$1$2${REDACTED}`],
  [/\b((?:set-)?cookie)("?\s{0,4}[:=]\s{0,4}"?)(?=[\w-]{1,128}=)[^"\r\n]{1,8192}/gi, `$1$2${REDACTED}`],
  // "Basic understanding" is no credential: there is a digit or padding in one.
  [/\b(bearer|basic)\s{1,4}(?=[A-Za-z._~+/-]{0,256}[\d=])[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/:\/\/[^\s/]{0,2048}@/g, `://${REDACTED}@`],
  [/(:\/\/[^\s?#"'<>]{1,2048})\?[^\s"'<>)]+/g, `$1?${REDACTED}`],
  [/\b(?:sk-[\w-]{16,}|AIza[\w-]{30,}|xox[abprs]-[\w-]{10,}|gh[pousr]_\w{20,})/g, REDACTED],
];

function byLook(text: string): string {
  let clean = text;
  for (const [look, shown] of LOOKS) clean = clean.replace(look, shown);
  return clean;
}

/** Last words of field names whose values nobody may see; `tokenUsage` and `secretName` are none. */
const SECRET_WORDS = new Set([
  "password",
  "passwd",
  "passphrase",
  "secret",
  "token",
  "authorization",
  "cookie",
  "credential",
  "credentials",
  "apikey",
]);
/** Words before "key" that make it one. */
const SECRET_KEYS = new Set(["api", "private", "signing", "secret", "access", "encryption", "hmac"]);

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const words = name
    .slice(0, 256)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  return SECRET_WORDS.has(last) || (last === "key" && SECRET_KEYS.has(words.at(-2) ?? ""));
}

interface Copying {
  readonly redactor: Redactor;
  readonly shownName: (name: string) => ShownName;
  nodes: number;
  /** The objects above this one: a cycle is one of them met again. */
  readonly path: object[];
}

function copyOf(value: unknown, at: Copying): unknown {
  switch (typeof value) {
    case "string":
      return at.redactor.text(value);
    case "bigint":
      return value.toString();
    case "function":
    case "symbol":
      return `[${typeof value}]`;
    case "object":
      return value === null ? null : copyOfObject(value, at);
    case "number":
    case "boolean":
    case "undefined":
      return value;
  }
}

function copyOfObject(value: object, at: Copying): unknown {
  if (value instanceof Error) return at.redactor.text(`${value.name}: ${value.message}`);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (at.path.includes(value)) return "[circular]";
  if (at.path.length >= MAX_DEPTH || at.nodes >= MAX_NODES) return "[more]";
  at.path.push(value);
  const entries: [string, unknown][] = [];
  for (const [name, part] of Object.entries(value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value)) {
    if (++at.nodes > MAX_NODES) break;
    const shown = at.shownName(name);
    const isHidden = part !== null && part !== undefined && !Array.isArray(value) && shown.hidesValue;
    entries.push([shown.text, isHidden ? REDACTED : copyOf(part, at)]);
  }
  at.path.pop();
  return Array.isArray(value) || value instanceof Set ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}
