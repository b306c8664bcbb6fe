/** Cuts a template into tokens, one at a time (Go: text/template/parse/lex.go). A fault is a token too: the parser reports it. */
import { quotedRune } from "./goQuote.ts";
import { withCharacterHint } from "./hints.ts";

export type TokenType =
  | "error"
  | "bool"
  | "char"
  | "charConstant"
  | "complex"
  | "assign"
  | "declare"
  | "eof"
  | "field"
  | "identifier"
  | "leftDelim"
  | "leftParen"
  | "number"
  | "pipe"
  | "rawString"
  | "rightDelim"
  | "rightParen"
  | "space"
  | "string"
  | "text"
  | "variable"
  | "keyword";

export interface Token {
  readonly type: TokenType;
  /** Offset of the first character. */
  readonly at: number;
  /** The characters; of an error, what is wrong. A lone dot and `nil` are keywords. */
  readonly text: string;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "nil",
  "range",
  "template",
  "with",
]);

const isSpace = (character: string | undefined): boolean =>
  character === " " || character === "\t" || character === "\r" || character === "\n";

const WORD = /[\p{L}\p{Nd}_]+/uy;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*\.?[0-7_]*|0[bB][01_]*\.?[01_]*|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)i?/y;

export class Lexer {
  readonly #text: string;
  #at = 0;
  #isInAction = false;
  #parens = 0;
  // After a fault there is nothing more to read.
  #isBroken = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    if (this.#isBroken) return { type: "eof", at: this.#at, text: "" };
    return this.#isInAction ? this.#inAction() : this.#inText();
  }

  #token(type: TokenType, end: number): Token {
    const at = this.#at;
    this.#at = end;
    return { type, at, text: this.#text.slice(at, end) };
  }

  #fault(problem: string, at = this.#at): Token {
    this.#isBroken = true;
    return { type: "error", at, text: problem };
  }

  /** `- ` behind a left delimiter trims the text before it. */
  #trimsLeft(at: number): boolean {
    return this.#text[at] === "-" && isSpace(this.#text[at + 1]);
  }

  /** Length of a right delimiter here, with its trim marker; 0 when there is none. */
  #rightDelim(at: number): number {
    if (this.#text.startsWith("}}", at)) return 2;
    return isSpace(this.#text[at]) && this.#text.startsWith("-}}", at + 1) ? 4 : 0;
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#at])) this.#at += 1;
  }

  #inText(): Token {
    const text = this.#text;
    for (;;) {
      const open = text.indexOf("{{", this.#at);
      if (open === -1) return this.#at < text.length ? this.#token("text", text.length) : { type: "eof", at: this.#at, text: "" };
      const trims = this.#trimsLeft(open + 2);
      if (open > this.#at) {
        let end = open;
        if (trims) while (end > this.#at && isSpace(text[end - 1])) end -= 1;
        if (end > this.#at) {
          const token = this.#token("text", end);
          this.#at = open;
          return token;
        }
        this.#at = open;
      }
      const inside = open + (trims ? 4 : 2);
      if (!text.startsWith("/*", inside)) {
        const token = this.#token("leftDelim", open + 2);
        this.#at = inside;
        this.#isInAction = true;
        this.#parens = 0;
        return token;
      }
      const problem = this.#comment(inside);
      if (problem !== undefined) return this.#fault(problem, inside);
    }
  }

  /** Skips a comment; what is wrong with it, if something is. */
  #comment(start: number): string | undefined {
    const close = this.#text.indexOf("*/", start + 2);
    if (close === -1) return "unclosed comment";
    const delim = this.#rightDelim(close + 2);
    if (delim === 0) return "comment ends before closing delimiter";
    this.#at = close + 2 + delim;
    if (delim === 4) this.#skipSpace();
    return undefined;
  }

  #inAction(): Token {
    const text = this.#text;
    const at = this.#at;
    const delim = this.#rightDelim(at);
    if (delim > 0) {
      if (this.#parens > 0) return this.#fault("unclosed left paren");
      this.#at += delim - 2;
      const token = this.#token("rightDelim", this.#at + 2);
      if (delim === 4) this.#skipSpace();
      this.#isInAction = false;
      return token;
    }
    const character = text[at];
    switch (character) {
      case undefined:
        return this.#fault("unclosed action");
      case " ":
      case "\t":
      case "\r":
      case "\n":
        return this.#space();
      case "=":
        return this.#token("assign", at + 1);
      case ":":
        return text[at + 1] === "=" ? this.#token("declare", at + 2) : this.#fault("expected :=");
      case "|":
        return this.#token("pipe", at + 1);
      case '"':
        return this.#quoted('"', "string", "unterminated quoted string");
      case "'":
        return this.#quoted("'", "charConstant", "unterminated character constant");
      case "`": {
        const close = text.indexOf("`", at + 1);
        return close === -1 ? this.#fault("unterminated raw quoted string") : this.#token("rawString", close + 1);
      }
      case "$":
        return this.#fieldOrVariable("variable");
      case "(":
        this.#parens += 1;
        return this.#token("leftParen", at + 1);
      case ")":
        this.#parens -= 1;
        return this.#parens < 0 ? this.#fault("unexpected right paren") : this.#token("rightParen", at + 1);
      case ".":
        return isDigit(text[at + 1]) ? this.#number() : this.#fieldOrVariable("field");
      default:
        return this.#other(character);
    }
  }

  #other(character: string): Token {
    if (character === "+" || character === "-" || isDigit(character)) return this.#number();
    if (this.#wordEnd(this.#at) > this.#at) return this.#identifier();
    if (character > " " && character < "\x7f") return this.#token("char", this.#at + 1);
    return this.#fault(withCharacterHint(`unrecognized character in action: ${this.#characterAt(this.#at)}`, character));
  }

  /** Spaces; the last one may belong to a trim marker. */
  #space(): Token {
    let end = this.#at;
    while (isSpace(this.#text[end])) end += 1;
    if (this.#text.startsWith("-}}", end)) end -= 1;
    return this.#token("space", end);
  }

  /** Where the letters and digits that begin here end. */
  #wordEnd(at: number): number {
    WORD.lastIndex = at;
    return WORD.test(this.#text) ? WORD.lastIndex : at;
  }

  #identifier(): Token {
    const end = this.#wordEnd(this.#at);
    if (!this.#isTerminator(end)) return this.#badCharacter(end);
    const token = this.#token("identifier", end);
    if (KEYWORDS.has(token.text)) return { ...token, type: "keyword" };
    return token.text === "true" || token.text === "false" ? { ...token, type: "bool" } : token;
  }

  #fieldOrVariable(type: "field" | "variable"): Token {
    const start = this.#at + 1;
    if (this.#isTerminator(start)) return this.#token(type === "field" ? "keyword" : type, start);
    const end = this.#wordEnd(start);
    return this.#isTerminator(end) ? this.#token(type, end) : this.#badCharacter(end);
  }

  #badCharacter(at: number): Token {
    return this.#fault(withCharacterHint(`bad character ${this.#characterAt(at)}`, this.#text[at] ?? ""));
  }

  /** Whether an identifier may end here. */
  #isTerminator(at: number): boolean {
    const character = this.#text[at];
    return character === undefined || isSpace(character) || ".,|:)(".includes(character) || this.#text.startsWith("}}", at);
  }

  #quoted(quote: string, type: TokenType, problem: string): Token {
    for (let end = this.#at + 1; ; end++) {
      const character = this.#text[end];
      if (character === quote) return this.#token(type, end + 1);
      if (character === "\\") end += 1;
      const now = this.#text[end];
      if (now === undefined || now === "\n") return this.#fault(problem);
    }
  }

  /** Reads what looks like a number; the parser finds out whether it is one. */
  #number(): Token {
    const end = this.#numberEnd(this.#at);
    if (end < 0) return this.#badNumber(-end);
    const sign = this.#text[end];
    if (sign !== "+" && sign !== "-") return this.#token("number", end);
    const imaginaryEnd = this.#numberEnd(end);
    if (imaginaryEnd < 0 || this.#text[imaginaryEnd - 1] !== "i") return this.#badNumber(Math.abs(imaginaryEnd));
    return this.#token("complex", imaginaryEnd);
  }

  /** Where the number ends; negative when a letter or digit stands there, which is part of what is wrong. */
  #numberEnd(start: number): number {
    NUMBER.lastIndex = start;
    NUMBER.test(this.#text);
    const end = NUMBER.lastIndex;
    const letter = String.fromCodePoint(this.#text.codePointAt(end) ?? 0);
    return this.#wordEnd(end) > end ? -(end + letter.length) : end;
  }

  #badNumber(end: number): Token {
    return this.#fault(`bad number syntax: "${this.#text.slice(this.#at, end)}"`);
  }

  /** A character as Go shows it in an error: `U+002D '-'`. */
  #characterAt(at: number): string {
    const code = this.#text.codePointAt(at) ?? 0;
    return `U+${code.toString(16).toUpperCase().padStart(4, "0")} ${quotedRune(code)}`;
  }
}

const isDigit = (character: string | undefined): boolean => character !== undefined && character >= "0" && character <= "9";
