/** `html`, `js` and `urlquery` (Go: text/template/funcs.go): what their arguments print as, made safe to stand there. */
import type { FunctionSet } from "./functionSet.ts";
import { byteOfUnit, bytesOf } from "./goText.ts";
import { REPLACED_CHARS_PER_STEP } from "./limits.ts";
import { print } from "./printer.ts";
import type { Run } from "./run.ts";
import { kindOf } from "./values.ts";

/** Arguments as one text; nil is the empty text here (B30). */
function textOfAll(args: readonly unknown[], run: Run): string {
  const [first] = args;
  if (args.length === 1 && typeof first === "string") {
    run.scan(first.length);
    return first;
  }
  return print(
    args.map((arg) => (kindOf(arg) === "nil" ? "" : arg)),
    run,
  );
}

const HTML: Readonly<Record<string, string>> = {
  "\0": "\uFFFD",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

const html = (args: readonly unknown[], run: Run): string =>
  run.replace(textOfAll(args, run), /[\0"'&<>]/g, (character) => HTML[character] ?? "");

const JS: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
};

function jsCharacter(character: string): string {
  const named = JS[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (byteOfUnit(code) !== undefined) return character;
  return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Quotes and what looks like HTML, and what cannot be printed, but for U+007F. */
const JS_SPECIAL = /[\\'"<>&=]|[^\p{L}\p{M}\p{N}\p{P}\p{S} \x7f]/gu;

const js = (args: readonly unknown[], run: Run): string => run.replace(textOfAll(args, run), JS_SPECIAL, jsCharacter);

const URL_SPECIAL = /[^A-Za-z0-9\-._~]+/gu;

/** Everything but letters, digits and four signs as its bytes; a space as a plus. */
function urlEscaped(text: string): string {
  let out = "";
  for (const byte of bytesOf(text)) out += byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return out;
}

function urlquery(args: readonly unknown[], run: Run): string {
  return run.replace(textOfAll(args, run), URL_SPECIAL, (match) => {
    run.chars(match.length * 3);
    run.spend(match.length / REPLACED_CHARS_PER_STEP);
    return urlEscaped(match);
  });
}

export const escapes: FunctionSet = {
  html: { takes: [], rest: "raw", call: html },
  js: { takes: [], rest: "raw", call: js },
  urlquery: { takes: [], rest: "raw", call: urlquery },
};
