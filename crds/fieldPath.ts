// Where in an object something stands, written the way the API server writes it.

/**
 * A place in an object. Immutable: `child` makes a new one, so that rules can hand paths on without care. Most are made for nothing, since
 * most objects are right: a place is a link to the one above, and is spelt out only for a fault.
 */
export class FieldPath {
  readonly #above: FieldPath | undefined;
  readonly #tail: readonly (string | number)[];

  /** `tail` below `above`; from the root when that is left out. */
  constructor(tail: readonly (string | number)[] = [], above?: FieldPath) {
    this.#tail = tail;
    this.#above = above;
  }

  /** The keys (strings) and list positions (numbers) from the root to here. */
  get segments(): readonly (string | number)[] {
    return this.#above ? [...this.#above.segments, ...this.#tail] : this.#tail;
  }

  /** The place below this one: `SPEC.child("roles", 2, "name")`. */
  child(...segments: readonly (string | number)[]): FieldPath {
    return new FieldPath(segments, this);
  }

  /** Kubernetes notation: `spec.roles[2].name`; a key that is no plain word stands in brackets, quoted: `spec.input["a.b"]`. */
  toString(): string {
    let text = "";
    for (const segment of this.segments) {
      if (typeof segment === "number") text += `[${segment}]`;
      else if (/^[A-Za-z_$][\w$-]*$/.test(segment)) text += text === "" ? segment : `.${segment}`;
      else text += `[${JSON.stringify(segment)}]`;
    }
    return text;
  }
}

/** The whole object. */
export const ROOT = new FieldPath();

/** `spec`, where nearly every rule begins. */
export const SPEC = new FieldPath(["spec"]);
