import assert from "node:assert/strict";
import type { MemoryEntry, MemoryScope, MemoryStore } from "../index.ts";
import { type Clause, rejectionOf } from "./clause.ts";

/** An empty store. */
export interface OpenMemory {
  readonly store: MemoryStore;
  close?(): Promise<void>;
}

/** Where a memory store is tried out. `keeps`: whether memories end with their task or belong to the agent. */
export interface MemoryWorld {
  open(): Promise<OpenMemory>;
  readonly keeps: "task" | "agent";
}

const SCOPE: MemoryScope = { namespace: "demo", team: "news", agent: "writer", task: "uid-1/write/1/1" };

/** The n-th entry, a second after the one before. */
function anEntry(n: number, change: Partial<MemoryEntry> = {}): MemoryEntry {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString();
  return { id: `m${n}`, at, role: n % 2 === 1 ? "user" : "assistant", content: `the weather in Rome, part ${n}`, ...change };
}

function clause(name: string, check: (store: MemoryStore, world: MemoryWorld) => Promise<void>): Clause<MemoryWorld> {
  return {
    name,
    async check(world) {
      const open = await world.open();
      try {
        await check(open.store, world);
      } finally {
        await open.store.close?.();
        await open.close?.();
      }
    },
  };
}

const never = (): AbortSignal => new AbortController().signal;
const remember = (store: MemoryStore, scope: MemoryScope, ...entries: MemoryEntry[]): Promise<void> =>
  store.remember({ scope, entries, signal: never() });
const recall = (store: MemoryStore, scope: MemoryScope, limit = 100): Promise<readonly MemoryEntry[]> =>
  store.recall({ scope, query: "the weather in Rome", limit, signal: never() });
const idsOf = (entries: readonly MemoryEntry[]): string[] => entries.map((entry) => entry.id);

/** What every {@link MemoryStore} promises (B80, S62). */
export const memoryClauses: readonly Clause<MemoryWorld>[] = [
  clause("nothing is remembered at first", async (store) => {
    assert.deepEqual(await recall(store, SCOPE), []);
  }),
  clause("what is remembered comes back whole, oldest first", async (store) => {
    const entries = [anEntry(1), anEntry(2), anEntry(3, { content: 'Grüße 你好 👩‍👩‍👧\n\u0000 "quoted"' })];
    await remember(store, SCOPE, ...entries);
    assert.deepEqual(await recall(store, SCOPE), entries);
  }),
  clause("entries told later but made earlier come first", async (store) => {
    await remember(store, SCOPE, anEntry(2));
    await remember(store, SCOPE, anEntry(1));
    assert.deepEqual(idsOf(await recall(store, SCOPE)), ["m1", "m2"]);
  }),
  clause("no more come back than are asked for, oldest first", async (store) => {
    await remember(store, SCOPE, anEntry(1), anEntry(2), anEntry(3), anEntry(4));
    const ids = idsOf(await recall(store, SCOPE, 2));
    assert.equal(ids.length, 2);
    assert.deepEqual(ids, [...ids].sort());
  }),
  clause("a limit of zero brings nothing", async (store) => {
    await remember(store, SCOPE, anEntry(1));
    assert.deepEqual(await recall(store, SCOPE, 0), []);
  }),
  clause("an id that is known is replaced, so a task executed twice is remembered once", async (store) => {
    await remember(store, SCOPE, anEntry(1), anEntry(2));
    await remember(store, SCOPE, anEntry(1, { content: "the weather in Rome, corrected" }), anEntry(2));
    const entries = await recall(store, SCOPE);
    assert.deepEqual(idsOf(entries), ["m1", "m2"]);
    assert.equal(entries[0]?.content, "the weather in Rome, corrected");
  }),
  clause("nobody reads another namespace's, team's or agent's memories (S62)", async (store) => {
    await remember(store, SCOPE, anEntry(1));
    for (const other of [
      { ...SCOPE, namespace: "demo2" },
      { ...SCOPE, team: "_" },
      { ...SCOPE, agent: "reader" },
      // The same letters, cut elsewhere.
      { ...SCOPE, namespace: "demo.news", team: "writer", agent: "" },
      { ...SCOPE, team: "new", agent: "swriter" },
    ]) {
      assert.deepEqual(await recall(store, other), [], JSON.stringify(other));
    }
    assert.deepEqual(idsOf(await recall(store, SCOPE)), ["m1"]);
  }),
  clause("memories belong to the task or to the agent, as the store says", async (store, world) => {
    await remember(store, SCOPE, anEntry(1));
    const next = { ...SCOPE, task: "uid-2/write/1/1" };
    assert.deepEqual(idsOf(await recall(store, next)), world.keeps === "agent" ? ["m1"] : []);
  }),
  clause("what is forgotten is gone, and only that", async (store) => {
    const other = { ...SCOPE, agent: "reader" };
    await remember(store, SCOPE, anEntry(1));
    await remember(store, other, anEntry(2));
    await store.forget({ scope: SCOPE });
    assert.deepEqual(await recall(store, SCOPE), []);
    assert.deepEqual(idsOf(await recall(store, other)), ["m2"]);
    await store.forget({ scope: SCOPE });
  }),
  clause("names that JavaScript knows are names like any other", async (store) => {
    const scope = { namespace: "__proto__", team: "constructor", agent: "toString", task: "hasOwnProperty" };
    assert.deepEqual(await recall(store, scope), []);
    await remember(store, scope, anEntry(1, { id: "__proto__" }));
    assert.deepEqual(idsOf(await recall(store, scope)), ["__proto__"]);
    assert.equal(Object.hasOwn(Object.prototype, "content"), false);
  }),
  clause("remembering nothing is allowed", async (store) => {
    await remember(store, SCOPE);
    assert.deepEqual(await recall(store, SCOPE), []);
  }),
  clause("aborted, recall and remember reject with the signal's reason", async (store) => {
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    assert.equal(await rejectionOf(store.recall({ scope: SCOPE, query: "", limit: 1, signal })), reason);
    assert.equal(await rejectionOf(store.remember({ scope: SCOPE, entries: [anEntry(1)], signal })), reason);
    assert.deepEqual(await recall(store, SCOPE), []);
  }),
  clause("a store that works says so", async (store) => {
    assert.equal((await store.health()).healthy, true);
  }),
];
