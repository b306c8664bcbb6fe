// What a rule is. A kind's rules are one list of small functions; the webhook, `ark validate` and the controller ask the same list.
import type { CanonicalSettings } from "./arksettings/canonical.ts";
import type { CanonicalTeam } from "./arkteam/canonical.ts";
import { type FieldError, fault, nearest } from "./fault.ts";
import type { FieldPath } from "./fieldPath.ts";
import { findCycle, type GraphNode } from "./graph.ts";

/**
 * One truth about a subject: what breaks it, in the order of the fields; empty when it holds. Never throws, reads nothing else. A rule
 * that may have very many faults is a generator: nobody asks it for more than {@link MAX_FAULTS}.
 */
export type Rule<Subject> = (subject: Subject) => Iterable<FieldError>;

/** Nobody reads more at once; a hostile object must not cost more. */
export const MAX_FAULTS = 1_000;

/**
 * What is known beside the object itself. Look-ups are by name in the object's own namespace. They answer undefined when they do not
 * know, then the rule that asked is silent; null says that there is no such object for certain.
 */
export interface CheckContext {
  /** Default `create`. */
  readonly operation?: "create" | "update";
  /** The stored object that an update replaces. */
  readonly oldObject?: unknown;
  /** For cycles of teams (B14) and the input of runs (B17). */
  readonly teamOf?: (name: string) => CanonicalTeam | null | undefined;
  /** For what an agent's servers have to satisfy (B18). */
  readonly settingsOf?: (name: string) => CanonicalSettings | null | undefined;
}

/** The faults that a list of rules finds, in the list's order, the first {@link MAX_FAULTS}. */
export function broken<Subject>(rules: readonly Rule<Subject>[], subject: Subject): FieldError[] {
  const faults: FieldError[] = [];
  for (const rule of rules) {
    for (const found of rule(subject)) {
      if (faults.length === MAX_FAULTS) return faults;
      faults.push(found);
    }
  }
  return faults;
}

/** The end of a message about a name nobody knows: the nearest one, or all of them when they are few. */
export function hintOf(word: string, known: readonly string[]): string {
  const best = nearest(word, known.slice(0, MAX_COMPARED));
  if (best !== undefined) return `; did you mean ${JSON.stringify(best)}?`;
  if (known.length === 0 || known.length > MAX_NAMED) return "";
  return `; there is ${known.map((name) => JSON.stringify(name)).join(", ")}`;
}

/** {@link hintOf} for many words and the same names: the first few get their hint, so that a long list of slips stays cheap. */
export function hinter(known: readonly string[]): (word: string) => string {
  let left = MAX_HINTS;
  return (word) => (left-- > 0 ? hintOf(word, known) : "");
}

/** More names than this do not help anybody. */
const MAX_NAMED = 8;
/** Comparing two names of 63 characters takes about 10 µs: 20 hints among 250 such names take 50 ms, among usual ones 1 ms. */
const MAX_COMPARED = 250;
const MAX_HINTS = 20;

/** One fault for each entry whose name an earlier entry has. `label` is the field that holds the name. */
export function duplicates(names: readonly string[], at: FieldPath, label: string, what: string): FieldError[] {
  const firstOf = new Map<string, number>();
  return names.flatMap((name, i) => {
    const first = firstOf.get(name);
    if (first === undefined) firstOf.set(name, i);
    if (first === undefined) return [];
    return [
      fault(
        at.child(i, label),
        "duplicate",
        `${what} ${JSON.stringify(name)} stands at ${at.child(first).toString()} already; rename one of them`,
      ),
    ];
  });
}

/** The fields of `names` that are given, of which there has to be exactly one. */
export function exactlyOne(object: object, names: readonly string[], at: FieldPath, advice: string): FieldError[] {
  const given = names.filter((name) => Object.hasOwn(object, name));
  if (given.length === 1) return [];
  if (given.length === 0) return [fault(at, "required", advice)];
  return [fault(at, "forbidden", `${given.join(" and ")} exclude each other; ${advice}`)];
}

/** Circles that share no node, each closed (`["a", "b", "a"]`), in the order of declaration: all that has to be mended at once. */
export function cyclesOf(nodes: readonly GraphNode[]): string[][] {
  const cycles: string[][] = [];
  let rest = nodes;
  while (cycles.length < MAX_CYCLES) {
    const cycle = findCycle(rest);
    if (cycle === undefined) break;
    cycles.push(cycle);
    const mended = new Set(cycle);
    rest = rest.filter((node) => !mended.has(node.key));
  }
  return cycles;
}

/** Each costs a walk through the graph, and nobody mends more at once. */
const MAX_CYCLES = 8;
