/** The string functions that Go does not have, as Helm's users know them from Sprig; `split` gives a list (B30a). */
import type { FunctionSet, TemplateFunction } from "./functionSet.ts";
import { quoted } from "./goQuote.ts";
import { isAscii, runeCount } from "./goText.ts";
import { MAX_TEMPLATE_OUTPUT, PIECES_PER_STEP, REPLACED_CHARS_PER_STEP } from "./limits.ts";
import { textOfValue } from "./printer.ts";
import type { Run } from "./run.ts";
import { kindOf, numberOf, readable } from "./values.ts";

/** A function from one text to another. */
const onText = (change: (text: string, run: Run) => string): TemplateFunction => {
  const call1 = (value: unknown, run: Run): string => {
    const text = String(value);
    run.chars(text.length);
    return change(text, run);
  };
  return { takes: ["text"], call: ([text], run) => call1(text, run), call1 };
};

/** A function of a short text and the text that it is about. */
const onTwoTexts = (call: (part: string, text: string, run: Run) => unknown): TemplateFunction => {
  const call2 = (part: unknown, text: unknown, run: Run): unknown => {
    run.scan(2 * (String(part).length + String(text).length));
    return call(String(part), String(text), run);
  };
  return { takes: ["text", "text"], call: ([part, text], run) => call2(part, text, run), call2 };
};

// Go maps character to character. Where Unicode maps one to several ("ß" to "SS"), it stays, but for those with a single one of their own.
const SINGLE: Readonly<Record<string, string>> = { İ: "i", ᾳ: "ᾼ", ῃ: "ῌ", ῳ: "ῼ" };
const TITLE: Readonly<Record<string, string>> = {
  Ǆ: "ǅ",
  ǅ: "ǅ",
  ǆ: "ǅ",
  Ǉ: "ǈ",
  ǈ: "ǈ",
  ǉ: "ǈ",
  Ǌ: "ǋ",
  ǋ: "ǋ",
  ǌ: "ǋ",
  Ǳ: "ǲ",
  ǲ: "ǲ",
  ǳ: "ǲ",
};

function mapped(character: string, change: "toUpperCase" | "toLowerCase"): string {
  const result = character[change]();
  if (result.length === character.length || Array.from(result).length === 1) return result;
  const code = character.codePointAt(0) ?? 0;
  // ᾀ…ᾧ with iota below: the capital stands 8 further on.
  if (change === "toUpperCase" && code >= 0x1f80 && code <= 0x1fa7) return String.fromCodePoint(code | 8);
  return SINGLE[character] ?? character;
}

const BEYOND_ASCII = /\P{ASCII}/gu;

/** ASCII in one go, all other characters one by one. */
const withCase = (change: "toUpperCase" | "toLowerCase") => (text: string, run: Run) => {
  if (isAscii(text)) return text[change]();
  const ascii = text.replace(/[A-Za-z]+/g, (word) => word[change]());
  return run.replace(ascii, BEYOND_ASCII, (character) => mapped(character, change));
};

// The first letter of a word: what follows no letter, digit or underscore. All other signs of ASCII and all white space are between words.
const WORD_START = /(?<![^\s!-/:-@[-^`{-~])[^\s!-/:-@[-^`{-~]/gu;

/** Go's strings.Title. */
const title = (text: string, run: Run): string => run.replace(text, WORD_START, (first) => TITLE[first] ?? mapped(first, "toUpperCase"));

/** Go's white space is JavaScript's with U+0085 and without U+FEFF. */
function trim(text: string, run: Run): string {
  if (!text.includes("\u0085") && !text.includes("\ufeff")) return text.trim();
  run.walk(text.length);
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text[start])) start += 1;
  while (end > start && isSpace(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

const isSpace = (character: string | undefined): boolean =>
  character === "\u0085" || (character !== "\ufeff" && character !== undefined && character.trim() === "");

/** Counts without making a list: how often a text stands in another. */
function occurrences(part: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

function replace(args: readonly unknown[], run: Run): string {
  const [old, by, text] = args.map(String) as [string, string, string];
  run.scan(text.length);
  // Go puts the new text between all characters when the old one is empty.
  const count = old === "" ? runeCount(text) + 1 : occurrences(old, text);
  run.chars(text.length + count * Math.max(by.length - old.length, 0));
  run.spend(count / REPLACED_CHARS_PER_STEP);
  if (old !== "") return text.split(old).join(by);
  return (
    by +
    Array.from(text)
      .map((character) => character + by)
      .join("")
  );
}

function split(separator: string, text: string, run: Run): string[] {
  const count = separator === "" ? text.length : occurrences(separator, text) + 1;
  run.spend(count / PIECES_PER_STEP);
  return separator === "" ? Array.from(text) : text.split(separator);
}

/** What Sprig makes of any value that is to be text. */
export const textFor = (value: unknown, run: Run): string => (typeof value === "string" ? value : textOfValue(value, run));

/** Sprig leaves nil out; what is no list is a list of one. */
function join([separator, value]: readonly unknown[], run: Run): string {
  const between = textFor(separator, run);
  const all = kindOf(value) === "list" ? (value as readonly unknown[]) : [value];
  run.spend(all.length);
  const texts: string[] = [];
  let length = 0;
  for (const element of all) {
    if (kindOf(readable(element)) === "nil") continue;
    const text = textFor(element, run);
    run.makes(length, text.length + (texts.length > 0 ? between.length : 0));
    length += text.length + (texts.length > 0 ? between.length : 0);
    texts.push(text);
  }
  return texts.join(between);
}

function quote(args: readonly unknown[], run: Run): string {
  const texts = args.filter((arg) => kindOf(arg) !== "nil").map((arg) => textFor(arg, run));
  let out = "";
  for (const text of texts) {
    run.makes(out.length, text.length);
    const shown = quoted(text, false, (whole, special, by) => run.replace(whole, special, by));
    run.makes(out.length, shown.length);
    out += (out === "" ? "" : " ") + shown;
  }
  return out;
}

function indent(spaces: unknown, value: unknown, run: Run): string {
  const text = String(value);
  const width = numberOf(spaces);
  if (width < 0) run.fail(`cannot indent by ${width} spaces`);
  run.scan(text.length);
  const lines = occurrences("\n", text) + 1;
  run.chars(Math.min(text.length + lines * width, MAX_TEMPLATE_OUTPUT + 1));
  const pad = " ".repeat(width);
  return pad + text.replaceAll("\n", `\n${pad}`);
}

export const stringFunctions: FunctionSet = {
  trim: onText(trim),
  lower: onText(withCase("toLowerCase")),
  upper: onText(withCase("toUpperCase")),
  title: onText(title),
  trimPrefix: onTwoTexts((prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimSuffix: onTwoTexts((suffix, text) => (text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text)),
  contains: onTwoTexts((part, text) => text.includes(part)),
  hasPrefix: onTwoTexts((prefix, text) => text.startsWith(prefix)),
  hasSuffix: onTwoTexts((suffix, text) => text.endsWith(suffix)),
  split: onTwoTexts(split),
  // replace OLD NEW TEXT
  replace: { takes: ["text", "text", "text"], call: replace },
  // join SEPARATOR LIST
  join: { takes: ["text", "any"], call: join },
  quote: { takes: [], rest: "any", call: quote },
  // indent SPACES TEXT
  indent: { takes: ["whole", "text"], call: ([spaces, text], run) => indent(spaces, text, run) },
  nindent: { takes: ["whole", "text"], call: ([spaces, text], run) => `\n${indent(spaces, text, run)}` },
};
