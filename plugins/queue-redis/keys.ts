// The one place where keys of the store are made (RELIABILITY §1.2). A namespace's keys share one slot of a cluster, so that a script may
// touch several of them; outside of a cluster they are plain.

/** Keys of one namespace and of its queues. */
export interface Keys {
  /** Entries `{k}`, group `workers`: tasks that wait and tasks that run. */
  stream(queue: string): string;
  /** Begins the keys of the queue's records: the task's key follows. */
  records(queue: string): string;
  /** Task keys by when they are due, ms. */
  delayed(queue: string): string;
  /** Task keys by when their lease ends, ms. */
  leases(queue: string): string;
  /** Dead letters of one queue. */
  letters(queue: string): string;
  events(namespace: string): string;
  /** Ids of events by when they were handed out, ms. */
  handed(namespace: string): string;
  inbox(namespace: string, consumer: string): string;
  /** Every key of a run, so that dropping it never scans. */
  run(namespace: string, runUID: string): string;
  /** Queues that have, or had, dead letters. */
  letterQueues(namespace: string): string;
  letterCounter(namespace: string): string;
  /** While it exists, every model call of the namespace stops (S73). */
  stop(namespace: string): string;
  blob(namespace: string, runUID: string, sha256: string): string;
  journal(namespace: string, runUID: string): string;
  tokens(namespace: string, name: string): string;
  agents(namespace: string, agent: string): string;
}

/** Keys as they are named in a plain server, or, with the namespace as hash tag, in a cluster. */
export function keysOf(isCluster: boolean): Keys {
  const space = (namespace: string): string => (isCluster ? `{${namespace}}` : namespace);
  const base = (queue: string): string => {
    const namespace = namespaceOf(queue);
    return space(namespace) + queue.slice(namespace.length);
  };
  return {
    stream: base,
    records: (queue) => `${base(queue)}:task:`,
    delayed: (queue) => `${base(queue)}:delayed`,
    leases: (queue) => `${base(queue)}:leases`,
    letters: (queue) => `${base(queue)}:dead`,
    events: (namespace) => `${space(namespace)}.events`,
    handed: (namespace) => `${space(namespace)}.events:handed`,
    inbox: (namespace, consumer) => `${space(namespace)}.inbox:${consumer}`,
    run: (namespace, runUID) => `${space(namespace)}.run:${runUID}`,
    letterQueues: (namespace) => `${space(namespace)}.events:dead`,
    letterCounter: (namespace) => `${space(namespace)}.events:letters`,
    stop: (namespace) => `${space(namespace)}.stop`,
    blob: (namespace, runUID, sha256) => `${space(namespace)}.blob:${runUID}:${sha256}`,
    journal: (namespace, runUID) => `${space(namespace)}.journal:${runUID}`,
    tokens: (namespace, name) => `${space(namespace)}.tokens:${name}`,
    agents: (namespace, agent) => `${space(namespace)}.agents:${agent}`,
  };
}

/** The part of a queue's name that no dot can be in. */
export function namespaceOf(queue: string): string {
  const dot = queue.indexOf(".");
  return dot < 0 ? queue : queue.slice(0, dot);
}
