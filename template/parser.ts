/**
 * Makes a tree of a template's tokens (Go: text/template/parse/parse.go, whose lookahead decides on which line a fault is
 * reported). Blocks and parentheses may nest MAX_TEMPLATE_DEPTH deep, so no text can exhaust the stack (B33).
 */
import type { Body, Branching, Command, Literal, Operand, Parsed, Pipeline, Ranging, Statement } from "./ast.ts";
import { unquote } from "./goQuote.ts";
import { functionHint, withCharacterHint } from "./hints.ts";
import type { Token, TokenType } from "./lexer.ts";
import { characterLiteral, numberLiteral } from "./number.ts";
import { type KnownFunctions, Source } from "./source.ts";
import { isOperand, isWord, shown, TokenBuffer } from "./tokenBuffer.ts";

/** @throws TemplateError with code "parse", or "limit" when the text nests too deep or has too many parts */
export function parse(text: string, functions: KnownFunctions): Parsed {
  const source = new Source(text, functions);
  const tree = new TreeParser(source);
  return { text, body: tree.parseAll(), definitions: source.definitions };
}

/** `{{end}}`, or `{{else}}` with the word behind it if that is `if` or `with`, ends a body. */
interface BodyEnd {
  readonly is: "end" | "else";
  readonly shown: string;
}

type Control = Statement | BodyEnd;

const isBodyEnd = (control: Control): control is BodyEnd => control.is === "end" || control.is === "else";

const IN_PARENTHESES = "parenthesized pipeline";

class TreeParser {
  readonly #source: Source;
  readonly #tokens: TokenBuffer;
  // Names in the order of their declaration, to forget them at the end of a block, and how often each is declared, to look them up.
  readonly #vars: string[] = [];
  readonly #declared = new Map<string, number>([["$", 1]]);
  #ranges = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#tokens = new TokenBuffer(source.lexer);
  }

  #fail(problem: string): never {
    throw this.#source.fault("parse", problem, this.#tokens.at);
  }

  #unexpected(token: Token, context: string): never {
    if (token.type === "error") this.#fail(token.text);
    this.#fail(withCharacterHint(`unexpected ${shown(token)} in ${context}`, token.text));
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#tokens.nextNonSpace();
    return token.type === type ? token : this.#unexpected(token, context);
  }

  /** The whole text: statements, and definitions between them. */
  parseAll(): Body {
    const body: Statement[] = [];
    while (this.#tokens.peek().type !== "eof") {
      if (this.#tokens.peek().type === "leftDelim") {
        const delim = this.#tokens.next();
        if (isWord(this.#tokens.nextNonSpace(), "define")) {
          new TreeParser(this.#source).#definition();
          continue;
        }
        this.#tokens.backBefore(delim);
      }
      const control = this.#textOrAction();
      if (isBodyEnd(control)) this.#fail(`unexpected ${control.shown}`);
      body.push(control);
    }
    return body;
  }

  #definition(): void {
    const context = "define clause";
    const name = this.#templateName(this.#tokens.nextNonSpace(), context);
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
    return this.#source.nested(this.#tokens.at, () => {
      const body: Statement[] = [];
      while (this.#tokens.peekNonSpace().type !== "eof") {
        const control = this.#textOrAction();
        if (isBodyEnd(control)) return { body, end: control };
        body.push(control);
      }
      return this.#fail("unexpected EOF; an {{end}} is missing");
    });
  }

  #textOrAction(): Control {
    const token = this.#tokens.nextNonSpace();
    this.#source.countNode(token.at);
    if (token.type === "text") return { is: "text", at: token.at, text: token.text };
    if (token.type === "leftDelim") return this.#action();
    return this.#unexpected(token, "input");
  }

  #action(): Control {
    const token = this.#tokens.nextNonSpace();
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
    this.#tokens.back();
    return { is: "action", at: token.at, pipe: this.#pipeline("command", "rightDelim") };
  }

  #leave(is: "break" | "continue", at: number): Statement {
    const token = this.#tokens.nextNonSpace();
    if (token.type !== "rightDelim") this.#unexpected(token, `{{${is}}}`);
    if (this.#ranges === 0) this.#fail(`{{${is}}} outside {{range}}`);
    return { is, at };
  }

  #else(): BodyEnd {
    const token = this.#tokens.peekNonSpace();
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
      if (isWord(this.#tokens.peek(), is)) {
        this.#source.countNode(this.#tokens.next().at);
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
    const token = this.#tokens.nextNonSpace();
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
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#tokens.nextNonSpace().type === "rightDelim") return { is: "template", at: token.at, name, pipe: undefined };
    this.#tokens.back();
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
    const { at } = this.#tokens.peekNonSpace();
    const { variables, isAssignment } = this.#variables(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#tokens.nextNonSpace();
      if (token.type === end) break;
      if (!isOperand(token)) this.#unexpected(token, context);
      this.#tokens.back();
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
      const variable = this.#tokens.peekNonSpace();
      if (variable.type !== "variable") return { variables, isAssignment: false };
      this.#tokens.next();
      const behind = this.#tokens.peek();
      const token = this.#tokens.peekNonSpace();
      if (token.type === "assign" || token.type === "declare") {
        this.#tokens.nextNonSpace();
        this.#declare(variable, variables);
        if (context === IN_PARENTHESES) this.#source.countVariableInParentheses(variable.at);
        return { variables, isAssignment: token.type === "assign" };
      }
      if (token.type === "char" && token.text === ",") {
        this.#tokens.nextNonSpace();
        this.#declare(variable, variables);
        if (context !== "range" || variables.length > 1) this.#fail(`too many declarations in ${context}`);
        const { type } = this.#tokens.peekNonSpace();
        if (type === "variable" || type === "rightDelim" || type === "rightParen") continue;
        this.#fail("range can only initialize variables");
      }
      if (behind.type === "space") this.#tokens.backBefore(behind, variable);
      else this.#tokens.backBefore(variable);
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
    const { at } = this.#tokens.peekNonSpace();
    const args: Operand[] = [];
    for (;;) {
      this.#tokens.peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#tokens.next();
      if (token.type === "space") continue;
      if (token.type === "rightDelim" || token.type === "rightParen") this.#tokens.back();
      else if (token.type !== "pipe") this.#unexpected(token, "operand");
      break;
    }
    const [first, ...rest] = args;
    return first === undefined ? this.#fail("empty command") : { at, args: [first, ...rest] };
  }

  /** A term and the fields behind it. */
  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined || this.#tokens.peek().type !== "field") return term;
    const { at } = this.#tokens.peek();
    const path: string[] = [];
    while (this.#tokens.peek().type === "field") {
      this.#source.countNode(at);
      path.push(this.#tokens.next().text.slice(1));
    }
    switch (term.is) {
      case "field":
      case "variable":
        return { ...term, at, path: [...term.path, ...path] };
      case "dot":
      case "nil":
        return this.#fail(`unexpected . after term "${term.is === "dot" ? "." : "nil"}"`);
      case "literal":
        return this.#fail(`unexpected . after term ${JSON.stringify(term.literal.text)}`);
      case "function":
      case "pipeline":
      case "chain":
        return { is: "chain", at, start: term.at, operand: term, path };
    }
  }

  #term(): Operand | undefined {
    const token = this.#tokens.nextNonSpace();
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
          const pipe = this.#pipeline(IN_PARENTHESES, "rightParen");
          return { is: "pipeline", at: pipe.at, pipe };
        });
      case "keyword":
        if (text === ".") return { is: "dot", at };
        if (text === "nil") return { is: "nil", at };
        return this.#noTerm();
      case "assign":
      case "char":
      case "declare":
      case "eof":
      case "error":
      case "leftDelim":
      case "pipe":
      case "rightDelim":
      case "rightParen":
      case "space":
      case "text":
        return this.#noTerm();
    }
  }

  #noTerm(): undefined {
    this.#tokens.back();
    return undefined;
  }

  #number(literal: Literal | string): Literal {
    return typeof literal === "string" ? this.#fail(literal) : literal;
  }

  #failUnknown(name: string): never {
    this.#fail(`function "${name}" not defined; ${functionHint(name, this.#source.functions.nearest(name))}`);
  }
}

/** Whether a body prints nothing but white space. */
const isEmpty = (body: Body): boolean => body.every((statement) => statement.is === "text" && statement.text.trim() === "");
