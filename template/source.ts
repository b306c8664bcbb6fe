import type { Body } from "./ast.ts";
import { Lexer } from "./lexer.ts";
import { MAX_TEMPLATE_DEPTH, MAX_TEMPLATE_WORK, MAX_VARIABLES_IN_PARENTHESES } from "./limits.ts";
import { positionOf, TemplateError, type TemplateErrorCode } from "./templateError.ts";

/** What `parse` has to know about functions: whether there is one, and what may have been meant when there is none. */
export interface KnownFunctions {
  has(name: string): boolean;
  nearest(name: string): string | undefined;
}

/** What the parsers of a template and of the templates that it defines share. */
export class Source {
  readonly text: string;
  readonly functions: KnownFunctions;
  readonly lexer: Lexer;
  readonly definitions = new Map<string, Body>();
  depth = 0;
  #nodes = 0;
  #parenthesized = 0;

  constructor(text: string, functions: KnownFunctions) {
    this.text = text;
    this.functions = functions;
    this.lexer = new Lexer(text);
  }

  fault(code: TemplateErrorCode, problem: string, at: number): TemplateError {
    return new TemplateError(code, problem, positionOf(this.text, at));
  }

  countNode(at: number): void {
    this.#nodes += 1;
    if (this.#nodes > MAX_TEMPLATE_WORK) throw this.fault("limit", `a template cannot have more than ${MAX_TEMPLATE_WORK} parts`, at);
  }

  countVariableInParentheses(at: number): void {
    this.#parenthesized += 1;
    if (this.#parenthesized <= MAX_VARIABLES_IN_PARENTHESES) return;
    throw this.fault("limit", `parentheses cannot declare more than ${MAX_VARIABLES_IN_PARENTHESES} variables; declare them outside`, at);
  }

  /** Runs a parser one level deeper. */
  nested<T>(at: number, parser: () => T): T {
    if (this.depth >= MAX_TEMPLATE_DEPTH) {
      throw this.fault("limit", `blocks and parentheses cannot nest more than ${MAX_TEMPLATE_DEPTH} deep`, at);
    }
    this.depth += 1;
    const result = parser();
    this.depth -= 1;
    return result;
  }
}
