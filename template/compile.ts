/** Compiles a parsed template to closures, once; rendering then runs them (Go: text/template/exec.go, the walk functions). */
import type { Body, Branching, Parsed, Ranging, Statement } from "./ast.ts";
import { type Evaluate, ExpressionCompiler, endOf } from "./expressions.ts";
import type { FunctionSet } from "./functionSet.ts";
import { joinBytes } from "./goText.ts";
import { MAX_ACTIVE_BLOCKS, MAX_TEMPLATE_DEPTH } from "./limits.ts";
import { textOfValue } from "./printer.ts";
import { Run } from "./run.ts";
import { Scope } from "./scope.ts";
import { bigintOf, entryOf, GoInteger, intValue, kindOf, numberOf, readable, truthOf, typeNameOf } from "./values.ts";

/** How a statement ended: the next one follows, or a loop is left or goes on. */
const NEXT = 0;
const BREAK = 1;
const CONTINUE = 2;
type Ending = typeof NEXT | typeof BREAK | typeof CONTINUE;

type Execute = (run: Run, dot: unknown) => Ending;

/** A template, or one that it defines: its statements, and how many variables it holds at most. */
interface Program {
  execute: Execute;
  slots: number;
}

/** Renders data with a point in time for `now`. */
export type Render = (data: unknown, nowMs: () => number) => string;

/** @returns what renders the template; it throws TemplateError with code "exec" or "limit" */
export function compileParsed({ text, body, definitions }: Parsed, functions: FunctionSet): Render {
  const programs = new Map<string, Program>();
  for (const name of definitions.keys()) programs.set(name, { execute: () => NEXT, slots: 0 });
  for (const [name, definition] of definitions) {
    Object.assign(programs.get(name) ?? {}, new StatementCompiler(functions, programs).program(definition));
  }
  const { execute, slots } = new StatementCompiler(functions, programs).program(body);
  // Text with stray bytes comes from literals like "\xff", or from `slice`, which tells the run.
  const hasStrayBytes = text.includes("\\");
  return (data, nowMs) => {
    const root = readable(data);
    const run = new Run(text, root, slots, nowMs);
    execute(run, root);
    return hasStrayBytes || run.hasCutText ? joinBytes(run.out) : run.out;
  };
}

class StatementCompiler {
  readonly #expressions: ExpressionCompiler;
  readonly #programs: ReadonlyMap<string, Program>;
  #blocks = 0;

  constructor(functions: FunctionSet, programs: ReadonlyMap<string, Program>) {
    this.#expressions = new ExpressionCompiler(functions);
    this.#programs = programs;
  }

  program(body: Body): Program {
    this.#expressions.scope = new Scope();
    const execute = this.#body(body);
    return { execute, slots: this.#expressions.scope.size };
  }

  /** A block's statements. Its variables end with the block, and are closed by whoever opened it. */
  #body(body: Body): Execute {
    this.#blocks += 1;
    const statements = runsOf(merged(body)).map((group) => this.#group(group));
    this.#blocks -= 1;
    const [first, second, third] = statements;
    if (first === undefined) return () => NEXT;
    if (second === undefined) return first;
    if (third === undefined) return (run, dot) => first(run, dot) || second(run, dot);
    if (statements.length === 3) return (run, dot) => first(run, dot) || second(run, dot) || third(run, dot);
    return (run, dot) => {
      for (const statement of statements) {
        const ending = statement(run, dot);
        if (ending !== NEXT) return ending;
      }
      return NEXT;
    };
  }

  /** Text and actions that stand together are written in one go. */
  #group([first, ...rest]: Group): Execute {
    if (rest.length === 0) return this.#statement(first);
    const head = first.is === "text" ? first : { at: first.at, text: "" };
    const parts: Printed[] = [];
    for (const statement of [first, ...rest]) {
      const last = parts.at(-1);
      if (statement.is === "action") parts.push({ at: statement.at, value: this.#expressions.pipeline(statement.pipe), text: "" });
      else if (statement.is === "text" && last !== undefined) last.text = statement.text;
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) {
      return (run, dot) => {
        run.at = head.at;
        run.out += head.text;
        writePart(run, dot, only);
        return NEXT;
      };
    }
    return (run, dot) => {
      run.at = head.at;
      run.out += head.text;
      for (const part of parts) writePart(run, dot, part);
      return NEXT;
    };
  }

  #statement(statement: Statement): Execute {
    switch (statement.is) {
      case "text": {
        const { text, at } = statement;
        return (run) => {
          run.at = at;
          run.write(text);
          return NEXT;
        };
      }
      case "action":
        return this.#action(statement.at, this.#expressions.pipeline(statement.pipe), statement.pipe.variables.length === 0);
      case "if":
      case "with":
        return this.#branching(statement);
      case "range":
        return this.#range(statement);
      case "template":
        return this.#template(statement);
      case "break":
        return () => BREAK;
      case "continue":
        return () => CONTINUE;
    }
  }

  #action(at: number, value: Evaluate, isPrinted: boolean): Execute {
    if (!isPrinted) {
      return (run, dot) => {
        run.at = at;
        run.spend(1);
        value(run, dot);
        return NEXT;
      };
    }
    return (run, dot) => {
      run.at = at;
      run.spend(1);
      const printed = value(run, dot);
      run.at = at;
      run.write(typeof printed === "string" ? printed : textOfValue(printed, run));
      return NEXT;
    };
  }

  #branching({ is, branches, otherwise }: Branching): Execute {
    const { scope } = this.#expressions;
    const mark = scope.open();
    const bindsDot = is === "with";
    const compiled = branches.map(({ pipe, body }) => {
      const condition = this.#expressions.pipeline(pipe);
      const inner = scope.open();
      const execute = this.#body(body);
      scope.close(inner);
      return { at: pipe.at, condition, execute };
    });
    const fallback = this.#body(otherwise);
    scope.close(mark);
    const [only] = compiled;
    if (compiled.length === 1 && only !== undefined) {
      const { at, condition, execute } = only;
      return (run, dot) => {
        run.at = at;
        run.spend(1);
        const value = condition(run, dot);
        return truthOf(value, run) ? execute(run, bindsDot ? value : dot) : fallback(run, dot);
      };
    }
    return (run, dot) => {
      for (const { at, condition, execute } of compiled) {
        run.at = at;
        run.spend(1);
        const value = condition(run, dot);
        if (truthOf(value, run)) return execute(run, bindsDot ? value : dot);
      }
      return fallback(run, dot);
    };
  }

  #range({ at, pipe, body, otherwise }: Ranging): Execute {
    const { scope } = this.#expressions;
    const mark = scope.open();
    const over = this.#expressions.pipeline(pipe);
    const [first, second] = pipe.variables;
    // The pipeline has declared its variables; in the rounds they are set again. With one of them, it is the element.
    const setterOf = (name: string | undefined): Setter | undefined =>
      name === undefined ? undefined : this.#expressions.assign(name, endOf(pipe));
    const names = second === undefined ? { element: first } : { index: first, element: second };
    const loop: Loop = { at, setIndex: setterOf(names.index), setElement: setterOf(names.element), execute: () => NEXT };
    const inner = scope.open();
    loop.execute = this.#body(body);
    scope.close(inner);
    const fallback = this.#body(otherwise);
    scope.close(mark);
    const end = endOf(pipe);
    return (run, dot) => {
      run.at = at;
      run.spend(1);
      const value = over(run, dot);
      run.at = end;
      if (iterate(run, loop, value)) return NEXT;
      const ending = fallback(run, dot);
      return ending === BREAK ? NEXT : ending; // in Go, a break in the else of a loop leaves this loop, not the one around it
    };
  }

  #template({ at, name, pipe }: Statement & { is: "template" }): Execute {
    const program = this.#programs.get(name);
    if (program === undefined) {
      return (run) => {
        run.at = at;
        return run.fail(`template ${JSON.stringify(name)} not defined`);
      };
    }
    const argument: Evaluate = pipe === undefined ? () => null : this.#expressions.pipeline(pipe);
    const blocks = this.#blocks;
    return (run, dot) => {
      run.at = at;
      run.spend(1);
      const value = argument(run, dot);
      if (run.calls >= MAX_TEMPLATE_DEPTH || run.blocks + blocks > MAX_ACTIVE_BLOCKS) {
        run.at = at;
        run.refuse(`template ${JSON.stringify(name)} is called more than ${MAX_TEMPLATE_DEPTH} deep; does it call itself without end?`);
      }
      const { root, vars } = run;
      run.calls += 1;
      run.blocks += blocks;
      run.root = value;
      run.vars = new Array<unknown>(program.slots);
      program.execute(run, value);
      run.root = root;
      run.vars = vars;
      run.calls -= 1;
      run.blocks -= blocks;
      return NEXT;
    };
  }
}

/** An action that prints, and the text behind it. */
interface Printed {
  readonly at: number;
  readonly value: Evaluate;
  text: string;
}

function writePart(run: Run, dot: unknown, { at, value, text }: Printed): void {
  run.at = at;
  run.spend(1);
  const printed = value(run, dot);
  run.at = at;
  run.write(typeof printed === "string" ? printed + text : textOfValue(printed, run) + text);
}

type Group = readonly [Statement, ...Statement[]];

const isPrinting = (statement: Statement): boolean =>
  statement.is === "text" || (statement.is === "action" && statement.pipe.variables.length === 0);

/** Statements one by one, but for text and actions that stand together. */
function runsOf(body: Body): Group[] {
  const groups: [Statement, ...Statement[]][] = [];
  let isOpen = false;
  for (const statement of body) {
    const printing = isPrinting(statement);
    if (printing && isOpen) groups.at(-1)?.push(statement);
    else groups.push([statement]);
    isOpen = printing;
  }
  return groups;
}

/** Text that stands together, in one piece; an action that prints a literal is text. */
function merged(body: Body): Body {
  const statements: Statement[] = [];
  for (const statement of body) {
    const text = constantText(statement);
    const last = statements.at(-1);
    if (text === undefined) statements.push(statement);
    else if (last?.is === "text") statements[statements.length - 1] = { ...last, text: last.text + text };
    else statements.push({ is: "text", at: statement.at, text });
  }
  return statements;
}

function constantText(statement: Statement): string | undefined {
  if (statement.is === "text") return statement.text;
  if (statement.is !== "action" || statement.pipe.variables.length > 0 || statement.pipe.commands.length !== 1) return undefined;
  const [operand, ...rest] = statement.pipe.commands[0]?.args ?? [];
  return rest.length === 0 && operand?.is === "literal" && operand.literal.type === "string" ? String(operand.literal.value) : undefined;
}

type Setter = (run: Run, value: unknown) => void;

interface Loop {
  readonly at: number;
  readonly setIndex: Setter | undefined;
  readonly setElement: Setter | undefined;
  execute: Execute;
}

/** One round; false when it left the loop. */
function round(run: Run, loop: Loop, index: unknown, element: unknown): boolean {
  run.at = loop.at;
  run.spend(1);
  loop.setIndex?.(run, index);
  loop.setElement?.(run, element);
  return loop.execute(run, element) !== BREAK;
}

/** Goes through a list, a map in the order of its keys, or the numbers below one; false when there is nothing to go through. */
function iterate(run: Run, loop: Loop, value: unknown): boolean {
  switch (kindOf(value)) {
    case "nil":
      return false;
    case "list": {
      const list = value as readonly unknown[];
      const { length } = list;
      for (let i = 0; i < length; i++) {
        if (!round(run, loop, loop.setIndex === undefined ? null : intValue(i), readable(list[i]))) break;
      }
      return length > 0;
    }
    case "map": {
      const map = value as object;
      const keys = run.keysOf(map);
      for (const key of keys) if (!round(run, loop, key, entryOf(map, key))) break;
      return keys.length > 0;
    }
    case "int":
      if (loop.setIndex !== undefined) run.fail(`can't use ${bigintOf(value)} to iterate over more than one variable`);
      return count(run, loop, value);
    case "bool":
    case "float":
    case "string":
    case "time":
      return run.fail(`range can't iterate over a value of type ${typeNameOf(value)}`);
  }
}

/** The rounds of `range 3`. Their numbers are of the type of what is counted to. */
function count(run: Run, loop: Loop, to: unknown): boolean {
  const end = numberOf(to);
  const type = to instanceof GoInteger ? to.type : "int64";
  for (let i = 0; i < end; i++) {
    const element = type === "int64" ? i : type === "int" ? intValue(i) : new GoInteger(type, i);
    if (!round(run, loop, null, element)) break;
  }
  return end > 0;
}
