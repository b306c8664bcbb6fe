/** Compiles operands, commands and pipelines to closures (Go: text/template/exec.go, the eval functions). */
import type { Command, FieldOperand, Literal, Operand, Pipeline } from "./ast.ts";
import { compileFormat } from "./constantFormat.ts";
import type { FunctionSet, Parameter, TemplateFunction } from "./functionSet.ts";
import type { Run } from "./run.ts";
import { Scope } from "./scope.ts";
import { entryOf, type Kind, kindOf, NIL_WORD, truthOf, typeNameOf } from "./values.ts";

/** Evaluates something for a dot. Nil is null, never undefined. */
export type Evaluate = (run: Run, dot: unknown) => unknown;

/** Evaluates a command of a pipeline; `piped` is what the command before it gave, unused in the first one. */
type Stage = (run: Run, dot: unknown, piped: unknown) => unknown;

export class ExpressionCompiler {
  scope = new Scope();
  readonly #functions: FunctionSet;

  constructor(functions: FunctionSet) {
    this.#functions = functions;
  }

  /** The value of a pipeline, which is also given to its variables. */
  pipeline(pipe: Pipeline): Evaluate {
    const [first, ...rest] = pipe.commands.map((command, i) => this.#command(command, i > 0));
    const value = chain(first ?? nothing, rest);
    const [outer, inner] = pipe.variables;
    if (outer === undefined) return value;
    const setters = [outer, ...(inner === undefined ? [] : [inner])].map((name) =>
      pipe.isAssignment ? this.assign(name, endOf(pipe)) : this.declare(name),
    );
    return (run, dot) => {
      const result = value(run, dot);
      for (const set of setters) set(run, result);
      return result;
    };
  }

  /** Declares a variable, and gives what sets it. */
  declare(name: string): (run: Run, value: unknown) => void {
    const slot = this.scope.declare(name);
    return (run, value) => {
      run.vars[slot] = value;
    };
  }

  /** What gives a new value to a variable that exists. */
  assign(name: string, at: number): (run: Run, value: unknown) => void {
    const { slots, isCertain } = this.scope.resolve(name);
    const [only] = slots;
    if (isCertain && slots.length === 1 && only !== undefined) {
      return (run, value) => {
        run.vars[only] = value;
      };
    }
    return (run, value) => {
      const slot = slots.find((candidate, i) => (isCertain && i === slots.length - 1) || run.vars[candidate] !== undefined);
      if (slot !== undefined) run.vars[slot] = value;
      else if (name === "$") run.root = value;
      else failAt(run, at, undefinedVariable(name));
    };
  }

  #command({ at, args }: Command, isPiped: boolean): Stage {
    const [first, ...rest] = args;
    if (first.is === "function") return this.#call(first.name, first.at, at, rest, isPiped);
    const hasArguments = rest.length > 0 || isPiped;
    if (hasArguments && (first.is === "field" || first.is === "chain" || (first.is === "variable" && first.path.length > 0))) {
      return this.#fieldWithArguments(first);
    }
    if (hasArguments)
      return failing(first.is === "pipeline" ? at : first.at, "can't give arguments to what is no function; put a function in front of it");
    if (first.is === "nil") return failing(first.at, "nil is not a command");
    return this.#operand(first);
  }

  /** An operand by itself. The word `nil` never gets here. */
  #operand(operand: Operand): Evaluate {
    switch (operand.is) {
      case "dot":
        return (_, dot) => dot;
      case "nil":
        return failing(operand.at, "nil is not a command");
      case "literal":
        return literalValue(operand.literal, operand.at);
      case "field":
        return fieldOfDot(operand.path, operand.at);
      case "variable":
        return follow(this.#variable(operand.name, operand.at), operand.path, operand.at);
      case "function":
        return this.#call(operand.name, operand.at, operand.at, [], false) as Evaluate;
      case "pipeline":
        return this.pipeline(operand.pipe);
      case "chain":
        return follow(this.#operand(operand.operand), operand.path, endOfOperand(operand.operand));
    }
  }

  #variable(name: string, at: number): Evaluate {
    const { slots, isCertain } = this.scope.resolve(name);
    const [slot] = slots;
    if (slot === undefined) return name === "$" ? (run) => run.root : failing(at, undefinedVariable(name));
    if (isCertain && slots.length === 1) return (run) => run.vars[slot];
    return (run) => {
      const value = slots.map((candidate) => run.vars[candidate]).find((candidate) => candidate !== undefined);
      if (value !== undefined) return value;
      return name === "$" ? run.root : failAt(run, at, undefinedVariable(name));
    };
  }

  /** Go takes `.x 1` for a call of a method; of nil that is nil, of anything else an error. */
  #fieldWithArguments(operand: FieldOperand): Evaluate {
    const last = operand.path.at(-1) ?? "";
    const owner = this.#operand({ ...operand, path: operand.path.slice(0, -1) });
    const at = operand.is === "chain" ? endOfOperand(operand.operand) : operand.at;
    return (run, dot) => {
      const value = owner(run, dot);
      if (value === null) return null;
      return failAt(run, at, kindOf(value) === "map" ? `${last} is not a method but has arguments` : noField(last, value));
    };
  }

  #call(name: string, at: number, commandAt: number, operands: readonly Operand[], isPiped: boolean): Stage {
    const count = operands.length + (isPiped ? 1 : 0);
    if (name === "and" || name === "or") {
      if (count === 0) return failing(at, `wrong number of args for ${name}: want at least 1 got 0`);
      return this.#shortCircuit(name === "or", operands, isPiped, at);
    }
    const called = this.#functions[name];
    if (called === undefined) return failing(at, `function "${name}" not defined`);
    const wanted = called.takes.length;
    if (count < wanted || (count > wanted && called.rest === undefined)) {
      return failing(at, `wrong number of args for ${name}: want ${called.rest === undefined ? "" : "at least "}${wanted} got ${count}`);
    }
    const parameter = (i: number): Parameter => called.takes[i] ?? called.rest ?? "any";
    const args = operands.map((operand, i) => this.#argument(operand, parameter(i)));
    const check = isPiped ? checkOf(parameter(count - 1), at) : undefined;
    if (check !== undefined) return callPiped(called, args, check, commandAt);
    const format = name === "printf" ? formatOf(operands) : undefined;
    return format === undefined ? callPlain(called, args, commandAt) : compileFormat(format, args.slice(1), commandAt);
  }

  /** `and` and `or`: the first argument that decides, or the last one. */
  #shortCircuit(stopsAt: boolean, operands: readonly Operand[], isPiped: boolean, at: number): Stage {
    const { result: args, slots } = this.scope.skippable(() => operands.map((operand) => this.#argument(operand, "any")));
    return (run, dot, piped) => {
      run.at = at;
      run.spend(1);
      for (const slot of slots) run.vars[slot] = undefined;
      let value: unknown = null;
      for (const arg of args) {
        value = arg(run, dot);
        if (truthOf(value, run) === stopsAt) return value;
      }
      return isPiped ? piped : value;
    };
  }

  /** An operand as an argument: of the type that the function wants, or an error. */
  #argument(operand: Operand, parameter: Parameter): Evaluate {
    const { at } = operand;
    if (operand.is === "nil") {
      if (parameter === "any" || parameter === "map") return nothing;
      return parameter === "raw" ? () => NIL_WORD : failing(at, `cannot assign nil to ${GO_TYPES[parameter]}`);
    }
    if (operand.is === "literal") return literalArgument(operand.literal, parameter, at);
    const value = this.#operand(operand);
    if (parameter === "any" || parameter === "raw") return value;
    const check = checkOf(parameter, at);
    return (run, dot) => check(run, value(run, dot));
  }
}

/** Where Go is when it has evaluated a pipeline: at its last operand. */
export function endOf({ at, commands }: Pipeline): number {
  const operand = commands.at(-1)?.args.at(-1);
  return operand === undefined ? at : endOfOperand(operand);
}

const endOfOperand = (operand: Operand): number => (operand.is === "pipeline" ? endOf(operand.pipe) : operand.at);

const nothing = (): unknown => null;

const failAt = (run: Run, at: number, problem: string): never => {
  run.at = at;
  return run.fail(problem);
};

const failing =
  (at: number, problem: string): Evaluate =>
  (run) =>
    failAt(run, at, problem);

const undefinedVariable = (name: string): string => `undefined variable: ${name}; declare it with := first`;
const noField = (name: string, value: unknown): string =>
  `can't evaluate field ${name} in type ${typeNameOf(value)}; only maps have fields`;

const GO_TYPES = { text: "string", whole: "int", truth: "bool", map: "map[string]interface {}" } as const;
const KINDS: Readonly<Record<keyof typeof GO_TYPES, Kind>> = { text: "string", whole: "int", truth: "bool", map: "map" };

type Check = (run: Run, value: unknown) => unknown;

function checkOf(parameter: Parameter, at: number): Check {
  if (parameter === "any" || parameter === "raw") return (_, value) => value;
  const type = GO_TYPES[parameter];
  return (run, value) => {
    const kind = kindOf(value);
    if (kind === KINDS[parameter] || (kind === "nil" && parameter === "map")) return value;
    const problem = kind === "nil" ? `invalid value; expected ${type}` : `wrong type for value; expected ${type}; got ${typeNameOf(value)}`;
    return failAt(run, at, kind === "nil" ? `${problem}; give it one with default` : problem);
  };
}

function literalValue(literal: Literal, at: number): Evaluate {
  if (literal.type === "number" && literal.overflows) return failing(at, `${literal.text} overflows int`);
  const { value } = literal;
  return () => value;
}

function literalArgument(literal: Literal, parameter: Parameter, at: number): Evaluate {
  if (parameter === "any" || parameter === "raw") return literalValue(literal, at);
  if (parameter === "text" && literal.type === "string") return literalValue(literal, at);
  if (parameter === "truth" && literal.type === "bool") return literalValue(literal, at);
  if (parameter === "whole" && literal.type === "number" && literal.integer !== undefined) {
    const { integer } = literal;
    return () => integer;
  }
  const wanted = { text: "string", whole: "integer", truth: "bool", map: "map" }[parameter];
  return failing(at, `expected ${wanted}; found ${literal.text}`);
}

/** The format of a `printf`, when it is written out. */
function formatOf([first]: readonly Operand[]): string | undefined {
  return first?.is === "literal" && first.literal.type === "string" ? String(first.literal.value) : undefined;
}

function chain(first: Stage, rest: readonly Stage[]): Evaluate {
  if (rest.length === 0) return first as Evaluate;
  return (run, dot) => {
    let value = first(run, dot, null);
    for (const stage of rest) value = stage(run, dot, value);
    return value;
  };
}

/** One field of a value: nil's are nil, those of a map its own, all others are an error. */
function fieldOf(run: Run, value: unknown, name: string, at: number): unknown {
  if (value === null) return null;
  if (typeof value === "object" && !Array.isArray(value)) {
    const entry = entryOf(value, name);
    if (entry !== null || kindOf(value) === "map") return entry;
  }
  return kindOf(value) === "nil" ? null : failAt(run, at, noField(name, value));
}

function fieldOfDot(path: readonly string[], at: number): Evaluate {
  const [first, second, third] = path;
  if (first === undefined) return (_, dot) => dot;
  if (second === undefined) return (run, dot) => fieldOf(run, dot, first, at);
  if (third === undefined) return (run, dot) => fieldOf(run, fieldOf(run, dot, first, at), second, at);
  return follow((_, dot) => dot, path, at);
}

function follow(start: Evaluate, path: readonly string[], at: number): Evaluate {
  if (path.length === 0) return start;
  return (run, dot) => {
    let value = start(run, dot);
    for (const name of path) value = fieldOf(run, value, name, at);
    return value;
  };
}

function callPlain({ call, call1, call2 }: TemplateFunction, args: readonly Evaluate[], at: number): Evaluate {
  const [first, second] = args;
  if (call1 !== undefined && args.length === 1 && first !== undefined) {
    return (run, dot) => {
      const value = first(run, dot);
      run.at = at;
      run.spend(1);
      return call1(value, run);
    };
  }
  if (call2 !== undefined && args.length === 2 && first !== undefined && second !== undefined) {
    return (run, dot) => {
      const left = first(run, dot);
      const right = second(run, dot);
      run.at = at;
      run.spend(1);
      return call2(left, right, run);
    };
  }
  return (run, dot) => {
    const values = args.map((arg) => arg(run, dot));
    run.at = at;
    run.spend(1);
    return call(values, run);
  };
}

function callPiped(called: TemplateFunction, args: readonly Evaluate[], check: Check, at: number): Stage {
  const { call, call1 } = called;
  if (call1 !== undefined && args.length === 0) {
    return (run, _, piped) => {
      const value = check(run, piped);
      run.at = at;
      run.spend(1);
      return call1(value, run);
    };
  }
  return (run, dot, piped) => {
    const values = args.map((arg) => arg(run, dot));
    values.push(check(run, piped));
    run.at = at;
    run.spend(1);
    return call(values, run);
  };
}
