/** A run as a key: unique over namespaces, and never the name of a queue. */
export function runIdOf(namespace: string, runUID: string): string {
  return `${namespace}\n${runUID}`;
}
