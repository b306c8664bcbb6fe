// Regular expressions of users (S32): RE2 syntax in an engine whose time grows with the text and never explodes. The one import of re2js,
// which is loaded with the first pattern and not before: most programs meet none.
import { createRequire } from "node:module";
import { LRUCache } from "lru-cache";
import type { RE2JS } from "re2js";
import { MAX_PATTERN_CHARS } from "./limits.ts";

/** Compiled patterns kept: 64 `rejectPatterns` for each of a few dozen teams; a compiled one takes some tens of KB at most. */
const MAX_KEPT = 1_000;

/** A pattern that is none, too long, or outside the linear-time subset. The message says which and what to write instead. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/** A compiled pattern. `test` asks whether it matches anywhere in the text, in time linear in the text. */
export interface CompiledPattern {
  test(text: string): boolean;
}

const kept = new LRUCache<string, RE2JS>({ max: MAX_KEPT });

/**
 * Compiles a pattern; the same text is compiled once. JavaScript's spellings of what RE2 also has (`\u0041`, `(?<name>…)`) are understood.
 * @throws PatternError
 */
export function compilePattern(text: string): CompiledPattern {
  const known = kept.get(text);
  if (known) return known;
  if (text.length > MAX_PATTERN_CHARS) {
    throw new PatternError(`the pattern has ${text.length} characters; at most ${MAX_PATTERN_CHARS} are allowed, split it into several`);
  }
  const fresh = compileEither(text);
  kept.set(text, fresh);
  return fresh;
}

const load = createRequire(import.meta.url);

function compileEither(text: string): RE2JS {
  const { RE2JS } = load("re2js") as typeof import("re2js");
  try {
    return RE2JS.compile(text);
  } catch (error) {
    const unsupported = beyondLinearTime(text);
    if (unsupported) throw new PatternError(unsupported);
    try {
      return RE2JS.compile(RE2JS.translateRegExp(text));
    } catch {
      throw new PatternError(reasonOf(error));
    }
  }
}

/** What a linear-time engine cannot do, named in the user's words; undefined when the pattern fails for another reason. */
function beyondLinearTime(text: string): string | undefined {
  const plain = text.replace(/\\\\/g, "");
  if (/\(\?<?[=!]/.test(plain)) {
    return "lookahead and lookbehind, (?=…) (?!…) (?<=…) (?<!…), are not supported; match the surrounding text itself, or split the pattern in two";
  }
  if (/\\[1-9]|\\k[<{']|\(\?P=/.test(plain)) return "backreferences such as \\1 are not supported; write the repeated part out";
  if (/\(\?>|[*+?}]\+/.test(plain))
    return "atomic groups and possessive repetition are not supported, and not needed: matching never backtracks; remove (?>…) and the second +";
  if (/\(\?\(/.test(plain)) return "conditional groups (?(…)…) are not supported; write both cases with |";
  return undefined;
}

/** The engine's message without its preamble. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const reason = text.replace(/^error parsing regexp: /, "").slice(0, 200);
  if (reason.startsWith("expression too large") || reason.startsWith("invalid repeat count")) {
    return `${reason}; repetitions may add up to at most 1000`;
  }
  return `${reason}; write RE2 syntax and put \\ before a character that should stand for itself`;
}
