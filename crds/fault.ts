// What is wrong with an object, as data: rules return faults, never throw (STYLE: data in, field errors out).
import type { FieldPath } from "./fieldPath.ts";

/** The kinds of fault, one word each; never re-used for another meaning. `docs/reference/errors.md` has a heading for every one. */
export const FAULT_CODES = [
  "required", // a field that must be there is not
  "type", // another JSON type than the schema's
  "enum", // not one of the known values
  "range", // a number or a duration outside its limits
  "tooLong", // a string over its maximum
  "tooMany", // a list or a map over its maximum
  "pattern", // a string that its pattern refuses
  "format", // a string that is no date, duration, quantity, cron line, time zone …
  "unknownField", // a field nobody knows
  "unknownKind", // a kind of our group that does not exist
  "unknownVersion", // a version of our group other than v1alpha1
  "invalid", // well-formed, but it cannot mean anything
  "duplicate", // two of one name
  "notFound", // names something that should be in the same object and is not
  "missingObject", // names an object that is not among those at hand
  "forbidden", // right on its own, not beside something else that is there
  "immutable", // a field that may not change any more
  "cycle", // a circle of delegation, dependencies or teams
  "template", // a template that does not parse, or reads what it may not
  "schema", // a JSON Schema that is none
  "regex", // a regular expression outside the linear-time subset
  "name", // a name that cannot be used where it stands
  "deprecated", // an older shape; works, but has a successor (warnings only)
  "yaml", // text that is no YAML, or more of it than we read
] as const;

/** One of {@link FAULT_CODES}. */
export type FaultCode = (typeof FAULT_CODES)[number];

/** One thing wrong at one place. `message` says what is wrong and what would be right; it does not repeat the path. */
export interface FieldError {
  /** Kubernetes notation, as the user wrote the object: `spec.roles[2].canDelegate[0]`; "" is the whole object. */
  readonly path: string;
  readonly code: FaultCode;
  readonly message: string;
}

/** What a check of one object found: errors refuse it, warnings are said and it is accepted. Both in a stable order. */
export interface Verdict {
  readonly errors: readonly FieldError[];
  readonly warnings: readonly FieldError[];
}

/** A fault at `at`. */
export function fault(at: FieldPath, code: FaultCode, message: string): FieldError {
  return { path: at.toString(), code, message };
}

/**
 * The candidate that is nearest to a word, for "did you mean": at most a third of the word's length in edits (insert, delete,
 * replace, swap of neighbours, case), undefined when none is that near. Cost O(candidates × length²), words are cut at 64.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.slice(0, 64);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const distance = editDistance(wanted.toLowerCase(), candidate.slice(0, 64).toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Optimal string alignment distance (Damerau–Levenshtein without re-editing of a swapped pair). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
