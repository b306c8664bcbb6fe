import type { Lexer, Token, TokenType } from "./lexer.ts";

/** Whether a token is this word of the language. */
export const isWord = (token: Token, word: string): boolean => token.type === "keyword" && token.text === word;

const OPERANDS: ReadonlySet<TokenType> = new Set<TokenType>([
  "bool",
  "charConstant",
  "complex",
  "field",
  "identifier",
  "leftParen",
  "number",
  "rawString",
  "string",
  "variable",
]);

/** Whether an operand can begin with a token. */
export const isOperand = (token: Token): boolean => OPERANDS.has(token.type) || isWord(token, ".") || isWord(token, "nil");

/** A token as an error shows it. */
export function shown(token: Token): string {
  if (token.type === "eof") return "EOF";
  if (token.type === "keyword") return `<${token.text}>`;
  return token.text.length > 10 ? `${JSON.stringify(token.text.slice(0, 10))}...` : JSON.stringify(token.text);
}

/**
 * Tokens with lookahead. The last one that was read stands first; up to three can be put back. Where it stands is where a fault is
 * reported, so what is looked at, and when, is as in Go.
 */
export class TokenBuffer {
  readonly #lexer: Lexer;
  readonly #tokens: [Token, Token, Token];
  #pending = 0;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    const none: Token = { type: "eof", at: 0, text: "" };
    this.#tokens = [none, none, none];
  }

  /** Offset of the last token that was read. */
  get at(): number {
    return this.#tokens[0].at;
  }

  next(): Token {
    if (this.#pending > 0) this.#pending -= 1;
    else this.#tokens[0] = this.#lexer.next();
    return this.#tokens[this.#pending] ?? this.#tokens[0];
  }

  /** Puts the last token back. */
  back(): void {
    this.#pending += 1;
  }

  /** Puts tokens back before the last one that was read, which is put back too; the nearest to it comes first. */
  backBefore(...before: [Token] | [Token, Token]): void {
    before.forEach((token, i) => {
      this.#tokens[i + 1] = token;
    });
    this.#pending = before.length + 1;
  }

  peek(): Token {
    const token = this.next();
    this.back();
    return token;
  }

  nextNonSpace(): Token {
    let token = this.next();
    while (token.type === "space") token = this.next();
    return token;
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.back();
    return token;
  }
}
