// Answers that were given before. An object is asked about more than once: a dry run before an apply, GitOps tools that dry-run everything
// they hold every few minutes. The rules are pure, so that the same object has the same answer.
import { LRUCache } from "lru-cache";
import { isSameJson } from "../crds/index.ts";
import { type Answer, isObject, type Review } from "./review.ts";

/** Characters of all reviews whose objects are remembered: about a thousand teams of usual size. */
const MAX_CHARS = 4_000_000;

interface Remembered {
  readonly object: Record<string, unknown>;
  readonly answer: Answer;
  readonly chars: number;
}

/** The last answer for each object, by its kind, namespace and name; the least used places are forgotten first. */
export class VerdictCache {
  readonly #places = new LRUCache<string, Remembered>({ maxSize: MAX_CHARS, sizeCalculation: ({ chars }) => chars });

  /** The answer to the very same object at the same place, when there was one. */
  get(review: Review): Answer | undefined {
    const { object } = review;
    if (!isObject(object)) return undefined;
    const known = this.#places.get(placeOf(review));
    return known && isSameObject(known.object, object) ? known.answer : undefined;
  }

  /** For an answer that rests on nothing but the object. Not for runs: their updates are compared with what was. */
  remember(review: Review, answer: Answer): void {
    if (answer.refusal !== undefined || review.kind.kind === "ArkRun" || !isObject(review.object)) return;
    this.#places.set(placeOf(review), { object: review.object, answer, chars: review.chars });
  }
}

const placeOf = ({ kind, namespace, name }: Review): string => `${kind.kind}/${namespace}/${name}`;

/** What the API server writes itself differs each time, and no rule reads it. */
const ITS_OWN: ReadonlySet<string> = new Set(["managedFields", "uid", "creationTimestamp", "generation", "resourceVersion"]);

/** Whether two objects are the same to the rules. */
function isSameObject(known: Record<string, unknown>, object: Record<string, unknown>): boolean {
  const keys = Object.keys(object);
  if (keys.length !== Object.keys(known).length) return false;
  for (const key of keys) {
    const isSame = key === "metadata" ? isSameMetadata(known[key], object[key]) : isSameJson(known[key], object[key]);
    if (!isSame || !Object.hasOwn(known, key)) return false;
  }
  return true;
}

function isSameMetadata(known: unknown, metadata: unknown): boolean {
  if (!isObject(known) || !isObject(metadata)) return false;
  const keys = Object.keys(metadata);
  if (keys.length !== Object.keys(known).length) return false;
  for (const key of keys) {
    const isSame = ITS_OWN.has(key) ? typeof known[key] === typeof metadata[key] : isSameJson(known[key], metadata[key]);
    if (!isSame || !Object.hasOwn(known, key)) return false;
  }
  return true;
}

/** JSON text; undefined for what is nested too deep to be written. */
export function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
