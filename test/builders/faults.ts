// How tests look at faults: by place and code, never by prose.
import { expect } from "chai";
import { checkObject } from "../../crds/check.ts";
import type { FieldError } from "../../crds/fault.ts";
import type { CheckContext } from "../../crds/rule.ts";

/** `spec.roles[2].canDelegate[0] invalid`; the whole object is `. code`. */
export const brief = ({ path, code }: Pick<FieldError, "path" | "code">): string => `${path === "" ? "." : path} ${code}`;

/** Errors and warnings of an object, each as {@link brief} has it. */
export const verdictOf = (object: unknown, context: CheckContext = {}): { errors: string[]; warnings: string[] } => {
  const { errors, warnings } = checkObject(object, context);
  return { errors: errors.map(brief), warnings: warnings.map(brief) };
};

/** One case of a table of objects: what is wrong with it, and what is worth a word. Default nothing. */
export interface VerdictCase {
  readonly of: unknown;
  readonly want?: readonly string[];
  readonly warns?: readonly string[];
  readonly context?: CheckContext;
}

/** A test for each case, keyed by a sentence. */
export const verdicts = (cases: Readonly<Record<string, VerdictCase>>): void => {
  for (const [sentence, { of, want = [], warns = [], context }] of Object.entries(cases)) {
    it(sentence, () => expect(verdictOf(of, context)).to.deep.equal({ errors: want, warnings: warns }));
  }
};
