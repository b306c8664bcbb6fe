import type { Run } from "./run.ts";

/**
 * What a parameter takes. "any" takes every value. "raw" too, and tells the word `nil`, which arrives as `NIL_WORD`, from a missing key: only
 * Go's own functions do. "text", "whole", "truth" and "map" are strings, integers, bools and maps: anything else is an error, nil
 * included, but that "map" takes nil as an empty map.
 */
export type Parameter = "any" | "raw" | "text" | "whole" | "truth" | "map";

/** A function of the template language. `and` and `or` are not here: they do not evaluate all their arguments. */
export interface TemplateFunction {
  /** The parameters that have to be there, in order. */
  readonly takes: readonly Parameter[];
  /** What all further arguments are; without it there may be none. */
  readonly rest?: Parameter;
  /** Gets arguments of the right number and types. Fails by `run.fail`. */
  readonly call: (args: readonly unknown[], run: Run) => unknown;
  /** The same for exactly one or two arguments, without the list. */
  readonly call1?: (arg: unknown, run: Run) => unknown;
  readonly call2?: (first: unknown, second: unknown, run: Run) => unknown;
}

/** Functions by name. */
export type FunctionSet = Readonly<Record<string, TemplateFunction>>;
