/**
 * Makes a tree of a template's tokens (Go: text/template/parse/parse.go, whose lookahead decides on which line a fault is
 * reported). Blocks and parentheses may nest MAX_TEMPLATE_DEPTH deep, so no text can exhaust the stack (B33).
 */
import type { Body, Branching, Command, Literal, Operand, Parsed, Pipeline, Ranging, Statement } from "./ast.ts";
import { unquote } from "./goQuote.ts";
import { Lexer, type Token, type TokenType } from "./lexer.ts";
import { MAX_TEMPLATE_DEPTH, MAX_TEMPLATE_WORK } from "./limits.ts";
import { characterLiteral, numberLiteral } from "./number.ts";
import { positionOf, TemplateError, type TemplateErrorCode } from "./templateError.ts";

/** What `parse` has to know about functions: whether there is one, and what may have been meant when there is none. */
export interface KnownFunctions {
  has(name: string): boolean;
  nearest(name: string): string | undefined;
}

/** @throws TemplateError with code "parse", or "limit" when the text nests too deep or has too many parts */
export function parse(text: string, functions: KnownFunctions): Parsed {
  const source = new Source(text, functions);
  const tree = new TreeParser(source);
  return { text, body: tree.parseAll(), definitions: source.definitions };
}

/** What the parsers of a template and of the templates that it defines share. */
class Source {
  readonly text: string;
  readonly functions: KnownFunctions;
  readonly lexer: Lexer;
  readonly definitions = new Map<string, Body>();
  depth = 0;
  #nodes = 0;

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

/** `{{end}}`, or `{{else}}` with the word behind it if that is `if` or `with`, ends a body. */
interface BodyEnd {
  readonly is: "end" | "else";
  readonly shown: string;
}

type Control = Statement | BodyEnd;

const isBodyEnd = (control: Control): control is BodyEnd => control.is === "end" || control.is === "else";

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

const isWord = (token: Token, word: string): boolean => token.type === "keyword" && token.text === word;

/** A token as an error shows it. */
function shown(token: Token): string {
  if (token.type === "eof") return "EOF";
  if (token.type === "keyword") return `<${token.text}>`;
  return token.text.length > 10 ? `${JSON.stringify(token.text.slice(0, 10))}...` : JSON.stringify(token.text);
}

class TreeParser {
  readonly #source: Source;
  // The last token read stands first; up to three can be put back. Faults are reported where the first one stands.
  readonly #tokens: [Token, Token, Token];
  #pending = 0;
  // Names in the order of their declaration, to forget them at the end of a block, and how often each is declared, to look them up.
  readonly #vars: string[] = [];
  readonly #declared = new Map<string, number>([["$", 1]]);
  #ranges = 0;

  constructor(source: Source) {
    this.#source = source;
    const none: Token = { type: "eof", at: 0, text: "" };
    this.#tokens = [none, none, none];
  }

  #next(): Token {
    if (this.#pending > 0) this.#pending -= 1;
    else this.#tokens[0] = this.#source.lexer.next();
    return this.#tokens[this.#pending] ?? this.#tokens[0];
  }

  #back(): void {
    this.#pending += 1;
  }

  #peek(): Token {
    const token = this.#next();
    this.#back();
    return token;
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.type === "space") token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#back();
    return token;
  }

  #fail(problem: string): never {
    throw this.#source.fault("parse", problem, this.#tokens[0].at);
  }

  #unexpected(token: Token, context: string): never {
    this.#fail(token.type === "error" ? token.text : `unexpected ${shown(token)} in ${context}`);
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    return token.type === type ? token : this.#unexpected(token, context);
  }

  /** The whole text: statements, and definitions between them. */
  parseAll(): Body {
    const body: Statement[] = [];
    while (this.#peek().type !== "eof") {
      if (this.#peek().type === "leftDelim") {
        const delim = this.#next();
        if (isWord(this.#nextNonSpace(), "define")) {
          new TreeParser(this.#source).#definition();
          continue;
        }
        this.#tokens[1] = delim;
        this.#pending = 2;
      }
      const control = this.#textOrAction();
      if (isBodyEnd(control)) this.#fail(`unexpected ${control.shown}`);
      body.push(control);
    }
    return body;
  }

  #definition(): void {
    const context = "define clause";
    const name = this.#templateName(this.#nextNonSpace(), context);
    this.#expect("rightDelim", context);
    const { body, end } = this.#body();
    if (end.is !== "end") this.#fail(`unexpected ${end.shown} in ${context}`);
    this.#define(name, body);
  }

  /** An empty definition may be replaced, and replaces nothing. */
  #define(name: string, body: Body): void {
    const { definitions } = this.#source;
    const known = definitions.get(name);
    if (known === undefined || isEmpty(known)) definitions.set(name, body);
    else if (!isEmpty(body)) this.#fail(`multiple definition of template ${JSON.stringify(name)}; give one of them another name`);
  }

  /** Statements up to `{{end}}` or `{{else}}`. */
  #body(): { body: Statement[]; end: BodyEnd } {
    return this.#source.nested(this.#tokens[0].at, () => {
      const body: Statement[] = [];
      while (this.#peekNonSpace().type !== "eof") {
        const control = this.#textOrAction();
        if (isBodyEnd(control)) return { body, end: control };
        body.push(control);
      }
      return this.#fail("unexpected EOF; an {{end}} is missing");
    });
  }

  #textOrAction(): Control {
    const token = this.#nextNonSpace();
    this.#source.countNode(token.at);
    if (token.type === "text") return { is: "text", at: token.at, text: token.text };
    if (token.type === "leftDelim") return this.#action();
    return this.#unexpected(token, "input");
  }

  #action(): Control {
    const token = this.#nextNonSpace();
    if (token.type === "keyword") {
      switch (token.text) {
        case "block":
          return this.#block();
        case "break":
        case "continue":
          return this.#leave(token.text, token.at);
        case "else":
          return this.#else();
        case "end":
          this.#expect("rightDelim", "end");
          return { is: "end", shown: "{{end}}" };
        case "if":
        case "with":
          return this.#branching(token.text);
        case "range":
          return this.#range();
        case "template":
          return this.#template();
        default:
          break;
      }
    }
    this.#back();
    return { is: "action", at: token.at, pipe: this.#pipeline("command", "rightDelim") };
  }

  #leave(is: "break" | "continue", at: number): Statement {
    const token = this.#nextNonSpace();
    if (token.type !== "rightDelim") this.#unexpected(token, `{{${is}}}`);
    if (this.#ranges === 0) this.#fail(`{{${is}}} outside {{range}}`);
    return { is, at };
  }

  #else(): BodyEnd {
    const token = this.#peekNonSpace();
    if (!isWord(token, "if") && !isWord(token, "with")) this.#expect("rightDelim", "else");
    return { is: "else", shown: "{{else}}" };
  }

  #branching(is: "if" | "with"): Branching {
    const known = this.#vars.length;
    const branches: { pipe: Pipeline; body: Body }[] = [];
    let otherwise: Body = [];
    for (;;) {
      const pipe = this.#pipeline(is, "rightDelim");
      const { body, end } = this.#body();
      branches.push({ pipe, body });
      if (end.is === "end") break;
      if (isWord(this.#peek(), is)) {
        this.#source.countNode(this.#next().at);
        continue;
      }
      otherwise = this.#lastBody();
      break;
    }
    this.#forget(known);
    return { is, at: branches[0]?.pipe.at ?? 0, branches, otherwise };
  }

  #lastBody(): Body {
    const { body, end } = this.#body();
    if (end.is !== "end") this.#fail(`expected end; found ${end.shown}`);
    return body;
  }

  #range(): Ranging {
    const known = this.#vars.length;
    const pipe = this.#pipeline("range", "rightDelim");
    this.#ranges += 1;
    const { body, end } = this.#body();
    this.#ranges -= 1;
    const otherwise = end.is === "else" ? this.#lastBody() : [];
    this.#forget(known);
    return { is: "range", at: pipe.at, pipe, body, otherwise };
  }

  #block(): Statement {
    const context = "block clause";
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, "rightDelim");
    const block = new TreeParser(this.#source);
    const { body, end } = block.#body();
    if (end.is !== "end") this.#fail(`unexpected ${end.shown} in ${context}`);
    block.#define(name, body);
    return { is: "template", at: token.at, name, pipe };
  }

  #template(): Statement {
    const context = "template clause";
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#nextNonSpace().type === "rightDelim") return { is: "template", at: token.at, name, pipe: undefined };
    this.#back();
    return { is: "template", at: token.at, name, pipe: this.#pipeline(context, "rightDelim") };
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== "string" && token.type !== "rawString") this.#unexpected(token, context);
    return this.#unquoted(token);
  }

  #unquoted(token: Token): string {
    return unquote(token.text) ?? this.#fail(`invalid syntax in ${token.text}; write it in back quotes or double the backslash`);
  }

  #pipeline(context: string, end: TokenType): Pipeline {
    const { at } = this.#peekNonSpace();
    const { variables, isAssignment } = this.#variables(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      const isOperand = OPERANDS.has(token.type) || isWord(token, ".") || isWord(token, "nil");
      if (!isOperand) this.#unexpected(token, context);
      this.#back();
      commands.push(this.#command());
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    commands.forEach(({ args: [first] }, i) => {
      const isExecutable = first.is !== "dot" && first.is !== "nil" && first.is !== "literal";
      if (i > 0 && !isExecutable) this.#fail(`non executable command in pipeline stage ${i + 1}`);
    });
    return { at, variables, isAssignment, commands };
  }

  /** `$x :=`, `$x =`, and in `range` also `$i, $x :=`. */
  #variables(context: string): { variables: string[]; isAssignment: boolean } {
    const variables: string[] = [];
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== "variable") return { variables, isAssignment: false };
      this.#next();
      const behind = this.#peek();
      const token = this.#peekNonSpace();
      if (token.type === "assign" || token.type === "declare") {
        this.#nextNonSpace();
        this.#declare(variable, variables);
        return { variables, isAssignment: token.type === "assign" };
      }
      if (token.type === "char" && token.text === ",") {
        this.#nextNonSpace();
        this.#declare(variable, variables);
        if (context !== "range" || variables.length > 1) this.#fail(`too many declarations in ${context}`);
        const { type } = this.#peekNonSpace();
        if (type === "variable" || type === "rightDelim" || type === "rightParen") continue;
        this.#fail("range can only initialize variables");
      }
      this.#tokens[1] = behind.type === "space" ? behind : variable;
      this.#tokens[2] = variable;
      this.#pending = behind.type === "space" ? 3 : 2;
      return { variables, isAssignment: false };
    }
  }

  #declare(variable: Token, variables: string[]): void {
    variables.push(variable.text);
    this.#vars.push(variable.text);
    this.#declared.set(variable.text, (this.#declared.get(variable.text) ?? 0) + 1);
  }

  /** Drops the variables of a block at its end. */
  #forget(known: number): void {
    for (const name of this.#vars.splice(known)) this.#declared.set(name, (this.#declared.get(name) ?? 1) - 1);
  }

  /** Operands up to a pipe, which is read, or to the end of the pipeline, which is not. */
  #command(): Command {
    const { at } = this.#peekNonSpace();
    const args: Operand[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.type === "space") continue;
      if (token.type === "rightDelim" || token.type === "rightParen") this.#back();
      else if (token.type !== "pipe") this.#unexpected(token, "operand");
      break;
    }
    const [first, ...rest] = args;
    return first === undefined ? this.#fail("empty command") : { at, args: [first, ...rest] };
  }

  /** A term and the fields behind it. */
  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined || this.#peek().type !== "field") return term;
    const { at } = this.#peek();
    const path: string[] = [];
    while (this.#peek().type === "field") path.push(this.#next().text.slice(1));
    switch (term.is) {
      case "field":
      case "variable":
        return { ...term, at, path: [...term.path, ...path] };
      case "dot":
      case "nil":
        return this.#fail(`unexpected . after term "${term.is === "dot" ? "." : "nil"}"`);
      case "literal":
        return this.#fail(`unexpected . after term ${JSON.stringify(term.literal.text)}`);
      default:
        return { is: "chain", at, start: term.at, operand: term, path };
    }
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
    const { at, text } = token;
    this.#source.countNode(at);
    switch (token.type) {
      case "identifier":
        if (!this.#source.functions.has(text)) this.#failUnknown(text);
        return { is: "function", at, name: text };
      case "variable":
        if ((this.#declared.get(text) ?? 0) === 0) this.#fail(`undefined variable "${text}"; declare it with {{${text} := …}} before`);
        return { is: "variable", at, start: at, name: text, path: [] };
      case "field":
        return { is: "field", at, start: at, path: [text.slice(1)] };
      case "bool":
        return { is: "literal", at, literal: { type: "bool", value: text === "true", text } };
      case "string":
      case "rawString":
        return { is: "literal", at, literal: { type: "string", value: this.#unquoted(token), text } };
      case "charConstant":
        return { is: "literal", at, literal: this.#number(characterLiteral(text)) };
      case "number":
      case "complex":
        return { is: "literal", at, literal: this.#number(numberLiteral(text)) };
      case "leftParen":
        return this.#source.nested(at, () => {
          const pipe = this.#pipeline("parenthesized pipeline", "rightParen");
          return { is: "pipeline", at: pipe.at, pipe };
        });
      case "keyword":
        if (text === ".") return { is: "dot", at };
        if (text === "nil") return { is: "nil", at };
        break;
      default:
        break;
    }
    this.#back();
    return undefined;
  }

  #number(literal: Literal | string): Literal {
    return typeof literal === "string" ? this.#fail(literal) : literal;
  }

  #failUnknown(name: string): never {
    const meant = this.#source.functions.nearest(name);
    this.#fail(`function "${name}" not defined; ${meant === undefined ? `a field is written .${name}` : `did you mean "${meant}"?`}`);
  }
}

/** Whether a body prints nothing but white space. */
const isEmpty = (body: Body): boolean => body.every((statement) => statement.is === "text" && statement.text.trim() === "");
