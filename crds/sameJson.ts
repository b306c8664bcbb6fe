// Equality of JSON values.

/** True when two JSON values say the same: the order of keys does not matter, that of list entries does; an absent one equals only itself. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isContainer(a) || !isContainer(b)) return false;
  const open: [Container, Container][] = [[a, b]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [left, right] = pair;
    if (Array.isArray(left) !== Array.isArray(right)) return false;
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    for (const key of keys) {
      const one = left[key];
      const other = right[key];
      if (one === other) continue;
      if (!isContainer(one) || !isContainer(other) || !Object.hasOwn(right, key)) return false; // an inherited value is nobody's
      open.push([one, other]);
    }
  }
  return true;
}

type Container = Record<string, unknown>;

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}
