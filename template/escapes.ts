/** `html`, `js` and `urlquery` (Go: text/template/funcs.go): what their arguments print as, made safe to stand there. */
import type { FunctionSet } from "./functionSet.ts";
import { isPrintable } from "./goQuote.ts";
import { byteOfUnit, bytesOf } from "./goText.ts";
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

function html(args: readonly unknown[], run: Run): string {
  const text = textOfAll(args, run);
  return replaceAll(text, /[\0"'&<>]/g, 5, (character) => HTML[character] ?? "", run);
}

/** Replaces each character that matches by at most `longest` others, and pays for them before the first is written. */
function replaceAll(text: string, special: RegExp, longest: number, replacement: (character: string) => string, run: Run): string {
  run.chars(text.length);
  let count = 0;
  special.lastIndex = 0;
  while (special.test(text)) count += 1;
  if (count === 0) return text;
  run.chars(text.length + count * (longest - 1));
  return text.replace(special, replacement);
}

const JS: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
};

function jsCharacter(character: string): string {
  const named = JS[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (byteOfUnit(code) !== undefined || (code >= 0x80 && isPrintable(code))) return character;
  return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

const JS_SPECIAL = /[\\'"<>&=]|[^ -~\x7f]/gu;

function js(args: readonly unknown[], run: Run): string {
  const text = textOfAll(args, run);
  return replaceAll(text, JS_SPECIAL, 6, jsCharacter, run);
}

const URL_SAFE = /^[A-Za-z0-9\-._~]*$/;

function urlquery(args: readonly unknown[], run: Run): string {
  const text = textOfAll(args, run);
  if (URL_SAFE.test(text)) return text;
  run.chars(text.length * 3);
  let out = "";
  for (const byte of bytesOf(text)) {
    const character = String.fromCharCode(byte);
    if (byte === 0x20) out += "+";
    else if (byte < 0x80 && URL_SAFE.test(character)) out += character;
    else out += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

export const escapes: FunctionSet = {
  html: { takes: [], rest: "raw", call: html },
  js: { takes: [], rest: "raw", call: js },
  urlquery: { takes: [], rest: "raw", call: urlquery },
};
