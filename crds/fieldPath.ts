// Where in an object something stands, written the way the API server writes it.

/** A place in an object. Immutable: `child` makes a new one, so that rules can hand paths on without care. */
export class FieldPath {
  /** The keys (strings) and list positions (numbers) from the root to here. */
  readonly segments: readonly (string | number)[];

  constructor(segments: readonly (string | number)[] = []) {
    this.segments = segments;
  }

  /** The place below this one: `SPEC.child("roles", 2, "name")`. */
  child(...segments: readonly (string | number)[]): FieldPath {
    return new FieldPath([...this.segments, ...segments]);
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
