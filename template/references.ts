/**
 * Which parts of the data a template reads, found in its text. The dot and variables are followed where it is known what
 * they stand for: `{{with .steps.a}}{{.output}}{{end}}` reads `steps.a.output`. What only running it can tell is left out.
 */
import type { Body, Branching, Command, FieldOperand, Operand, Parsed, Pipeline, Ranging, Statement } from "./ast.ts";
import { MAX_TEMPLATE_WORK } from "./limits.ts";
import { positionOf } from "./templateError.ts";

/** A path from the root of the data, as far as it is written out; [] is all of it. */
export interface Reference {
  readonly path: readonly string[];
  readonly line: number;
  readonly column: number;
}

type Path = readonly string[];

/** What is known about a value: its place in the data, that it is this text, or nothing. */
type Known = { readonly path: Path } | { readonly text: string } | undefined;

const pathOf = (known: Known): Path | undefined => (known !== undefined && "path" in known ? known.path : undefined);

/** Every chain of fields that is read from the root, in the order of the text, each place and path once. */
export function referencesOf({ text, body, definitions }: Parsed): Reference[] {
  const finder = new ReferenceFinder(definitions);
  finder.template(body, { path: [] });
  return finder.found.sort((a, b) => a.at - b.at).map(({ path, at }) => ({ path, ...positionOf(text, at) }));
}

/** Walks through a template, and through those that it calls with what it hands them. */
class ReferenceFinder {
  readonly found: { path: Path; at: number }[] = [];
  readonly #definitions: ReadonlyMap<string, Body>;
  readonly #seen = new Set<string>();
  readonly #active = new Set<string>();
  // Definitions that call each other in many ways could take for ever; nobody writes so many by hand.
  #work = MAX_TEMPLATE_WORK;
  #dot: Known = undefined;
  #variables: { name: string; value: Known }[] = [];
  #reassigned: ReadonlySet<string> = new Set();

  constructor(definitions: ReadonlyMap<string, Body>) {
    this.#definitions = definitions;
  }

  /** One template with what is known about its data. */
  template(body: Body, data: Known): void {
    const saved = { dot: this.#dot, variables: this.#variables, reassigned: this.#reassigned };
    this.#reassigned = reassignedIn(body);
    this.#dot = data;
    this.#variables = [];
    this.#declare("$", data);
    this.#body(body, this.#dot);
    this.#dot = saved.dot;
    this.#variables = saved.variables;
    this.#reassigned = saved.reassigned;
  }

  /** A variable that is given another value somewhere may stand for either. */
  #declare(name: string, value: Known): void {
    this.#variables.push({ name, value: this.#reassigned.has(name) ? undefined : value });
  }

  #read(path: Path, at: number): void {
    const key = JSON.stringify([at, path]);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.found.push({ path, at });
  }

  #body(body: Body, dot: Known): void {
    const { length } = this.#variables;
    const outer = this.#dot;
    this.#dot = dot;
    for (const statement of body) this.#statement(statement);
    this.#dot = outer;
    this.#variables.length = length;
  }

  #statement(statement: Statement): void {
    this.#work -= 1;
    if (this.#work < 0) return;
    switch (statement.is) {
      case "action":
        this.#pipeline(statement.pipe);
        return;
      case "if":
      case "with":
        return this.#branching(statement);
      case "range":
        return this.#range(statement);
      case "template": {
        const value = statement.pipe === undefined ? undefined : this.#pipeline(statement.pipe);
        const body = this.#definitions.get(statement.name);
        if (body === undefined || this.#active.has(statement.name)) return;
        this.#active.add(statement.name);
        this.template(body, value);
        this.#active.delete(statement.name);
        return;
      }
      case "text":
      case "break":
      case "continue":
        return;
    }
  }

  #branching({ is, branches, otherwise }: Branching): void {
    const { length } = this.#variables;
    for (const { pipe, body } of branches) {
      const value = this.#pipeline(pipe);
      this.#body(body, is === "with" ? value : this.#dot);
    }
    this.#body(otherwise, this.#dot);
    this.#variables.length = length;
  }

  #range({ pipe, body, otherwise }: Ranging): void {
    const { length } = this.#variables;
    this.#pipeline(pipe);
    const declared = this.#variables.splice(length);
    for (const { name } of declared) this.#declare(name, undefined);
    this.#body(body, undefined);
    this.#body(otherwise, this.#dot);
    this.#variables.length = length;
  }

  #pipeline({ commands, variables, isAssignment }: Pipeline): Known {
    let value: Known;
    commands.forEach((command, i) => {
      value = this.#command(command, i > 0 ? { value } : undefined);
    });
    if (!isAssignment) for (const name of variables) this.#declare(name, value);
    return value;
  }

  #command({ args }: Command, piped: { value: Known } | undefined): Known {
    const [first, ...rest] = args;
    if (first.is === "function" && (first.name === "index" || first.name === "get")) return this.#lookup(rest, piped);
    const values = args.map((arg) => this.#operand(arg));
    return first.is === "function" || rest.length > 0 || piped !== undefined ? undefined : values[0];
  }

  /** `index .steps "a" "output"` reads what `.steps.a.output` reads. */
  #lookup([container, ...keys]: readonly Operand[], piped: { value: Known } | undefined): Known {
    if (container === undefined) return undefined;
    const known = this.#operand(container, false);
    const values = keys.map((key) => this.#operand(key));
    if (piped !== undefined) values.push(piped.value);
    const start = pathOf(known);
    if (start === undefined) return undefined;
    const path = [...start];
    for (const value of values) {
      if (value === undefined || !("text" in value)) {
        this.#read(path, startOf(container));
        return undefined;
      }
      path.push(value.text);
    }
    this.#read(path, startOf(container));
    return { path };
  }

  /** What an operand stands for; a place in the data is a reference, unless more of its path is still to come. */
  #operand(operand: Operand, isComplete = true): Known {
    this.#work -= 1;
    switch (operand.is) {
      case "dot":
        return this.#place(this.#dot, [], operand.at, isComplete);
      case "field":
      case "variable":
      case "chain":
        return this.#place(this.#startOf(operand), operand.path, operand.start, isComplete);
      case "pipeline":
        return this.#pipeline(operand.pipe);
      case "literal":
        return operand.literal.type === "string" ? { text: String(operand.literal.value) } : undefined;
      case "nil":
      case "function":
        return undefined;
    }
  }

  #startOf(operand: FieldOperand): Known {
    if (operand.is === "field") return this.#dot;
    if (operand.is === "chain") return this.#operand(operand.operand);
    return this.#variables.findLast(({ name }) => name === operand.name)?.value;
  }

  #place(start: Known, path: Path, at: number, isComplete: boolean): Known {
    const known = pathOf(start);
    if (known === undefined) return path.length === 0 ? start : undefined;
    const whole = [...known, ...path];
    if (isComplete) this.#read(whole, at);
    return { path: whole };
  }
}

const startOf = (operand: Operand): number => ("start" in operand ? operand.start : operand.at);

/** The variables that `=` gives another value, anywhere in a template. */
function reassignedIn(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  const ofPipeline = ({ variables, isAssignment, commands }: Pipeline): void => {
    if (isAssignment) for (const name of variables) names.add(name);
    for (const { args } of commands) args.forEach(ofOperand);
  };
  const ofOperand = (operand: Operand): void => {
    if (operand.is === "pipeline") ofPipeline(operand.pipe);
    else if (operand.is === "chain") ofOperand(operand.operand);
  };
  const ofBody = (statements: Body): void => {
    for (const statement of statements) {
      if ("pipe" in statement && statement.pipe !== undefined) ofPipeline(statement.pipe);
      if (statement.is === "if" || statement.is === "with") {
        for (const branch of statement.branches) {
          ofPipeline(branch.pipe);
          ofBody(branch.body);
        }
      } else if (statement.is === "range") ofBody(statement.body);
      if ("otherwise" in statement) ofBody(statement.otherwise);
    }
  };
  ofBody(body);
  return names;
}
