/** What the parser makes of a template. Every `at` is an offset into the text: the place that an error about this node names. */

export type Statement =
  | { readonly is: "text"; readonly at: number; readonly text: string }
  | { readonly is: "action"; readonly at: number; readonly pipe: Pipeline }
  | Branching
  | Ranging
  | { readonly is: "template"; readonly at: number; readonly name: string; readonly pipe: Pipeline | undefined }
  | { readonly is: "break" | "continue"; readonly at: number };

export type Body = readonly Statement[];

/** `if` and `with`, with all their `else if` and `else with`: those nest in Go's tree, but not on our stack. */
export interface Branching {
  readonly is: "if" | "with";
  readonly at: number;
  readonly branches: readonly { readonly pipe: Pipeline; readonly body: Body }[];
  readonly otherwise: Body;
}

export interface Ranging {
  readonly is: "range";
  readonly at: number;
  readonly pipe: Pipeline;
  readonly body: Body;
  readonly otherwise: Body;
}

/** `$a, $b := command | command`. */
export interface Pipeline {
  readonly at: number;
  readonly variables: readonly string[];
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
}

/** An operand and its arguments, separated by spaces. */
export interface Command {
  readonly at: number;
  readonly args: readonly [Operand, ...Operand[]];
}

/** Of `.a.b` and `$x.a.b`, errors name the place where Go does, which is the second field; `start` is where it begins. */
export type Operand =
  | { readonly is: "dot" | "nil"; readonly at: number }
  | { readonly is: "literal"; readonly at: number; readonly literal: Literal }
  | FieldOperand
  | { readonly is: "function"; readonly at: number; readonly name: string }
  | { readonly is: "pipeline"; readonly at: number; readonly pipe: Pipeline };

/** Something with fields behind it: the dot, a variable, or any other operand. */
export type FieldOperand =
  | { readonly is: "field"; readonly at: number; readonly start: number; readonly path: readonly string[] }
  | { readonly is: "variable"; readonly at: number; readonly start: number; readonly name: string; readonly path: readonly string[] }
  | { readonly is: "chain"; readonly at: number; readonly start: number; readonly operand: Operand; readonly path: readonly string[] };

export type Literal =
  | { readonly type: "bool" | "string"; readonly value: boolean | string; readonly text: string }
  /** `integer` is what the number is where a whole number is wanted: `1e3` is 1000 there, and a float elsewhere. */
  | {
      readonly type: "number";
      readonly value: unknown;
      readonly integer: number | undefined;
      readonly overflows: boolean;
      readonly text: string;
    };

/** A template: its own body, and those that it defines. */
export interface Parsed {
  readonly text: string;
  readonly body: Body;
  readonly definitions: ReadonlyMap<string, Body>;
}
