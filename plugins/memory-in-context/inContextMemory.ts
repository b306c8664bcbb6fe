// Memory that lives no longer than a task (B80): nothing of it is kept anywhere, and nobody else's task can see it.
import type { MemoryEntry, MemoryScope, MemoryStore } from "../sdk/index.ts";

/** Bounds: the oldest go. Absent ones are the defaults. */
export interface InContextMemoryOptions {
  /** Tasks that are remembered at once; more than an agent has slots, so that only what nobody forgot is lost. */
  readonly maxTasks?: number;
  /** Entries of one task; more than its tool rounds. */
  readonly maxEntries?: number;
}

/** A {@link MemoryStore} of this process. It remembers in the order of time and answers with the most recent. */
export function createInContextMemory({ maxTasks = 1_000, maxEntries = 200 }: InContextMemoryOptions = {}): MemoryStore {
  const tasks = new Map<string, Map<string, MemoryEntry>>();
  return {
    async recall({ scope, limit, signal }) {
      signal.throwIfAborted();
      const entries = [...(tasks.get(idOf(scope))?.values() ?? [])].sort(byTime);
      return limit > 0 ? entries.slice(-limit) : [];
    },
    async remember({ scope, entries, signal }) {
      signal.throwIfAborted();
      const id = idOf(scope);
      const known = tasks.get(id) ?? new Map<string, MemoryEntry>();
      // Again at the end of the map: the task that was used last goes last.
      tasks.delete(id);
      tasks.set(id, known);
      for (const entry of entries) known.set(entry.id, entry);
      dropOldest(known, maxEntries);
      dropOldest(tasks, maxTasks);
    },
    async forget({ scope }) {
      tasks.delete(idOf(scope));
    },
    async health() {
      return { healthy: true };
    },
  };
}

function idOf({ namespace, team, agent, task }: MemoryScope): string {
  return JSON.stringify([namespace, team, agent, task]);
}

/** By time; entries of one moment keep the order in which they were told. */
function byTime(a: MemoryEntry, b: MemoryEntry): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
