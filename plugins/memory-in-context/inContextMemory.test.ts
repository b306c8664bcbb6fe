import { expect } from "chai";
import type { MemoryEntry, MemoryScope } from "../sdk/index.ts";
import { createInContextMemory } from "./index.ts";

const { signal } = new AbortController();
const scopeOf = (task: string): MemoryScope => ({ namespace: "demo", team: "news", agent: "writer", task });
const entryOf = (n: number): MemoryEntry => ({ id: `m${n}`, at: `2026-01-01T00:00:0${n}.000Z`, role: "user", content: "x" });

describe("createInContextMemory (B80)", () => {
  it("of more entries than it keeps the oldest go", async () => {
    const memory = createInContextMemory({ maxEntries: 2 });
    await memory.remember({ scope: scopeOf("t"), entries: [entryOf(1), entryOf(2), entryOf(3)], signal });
    const recalled = await memory.recall({ scope: scopeOf("t"), query: "", limit: 9, signal });
    expect(recalled.map(({ id }) => id)).to.deep.equal(["m2", "m3"]);
  });

  it("of more tasks than it keeps the one that was used longest ago goes", async () => {
    const memory = createInContextMemory({ maxTasks: 2 });
    for (const task of ["a", "b", "a", "c"]) await memory.remember({ scope: scopeOf(task), entries: [entryOf(1)], signal });
    const kept = await Promise.all(["a", "b", "c"].map((task) => memory.recall({ scope: scopeOf(task), query: "", limit: 9, signal })));
    expect(kept.map(({ length }) => length)).to.deep.equal([1, 0, 1]);
  });

  it("of more than are asked for, the most recent come", async () => {
    const memory = createInContextMemory();
    await memory.remember({ scope: scopeOf("t"), entries: [entryOf(1), entryOf(2), entryOf(3)], signal });
    const recalled = await memory.recall({ scope: scopeOf("t"), query: "", limit: 2, signal });
    expect(recalled.map(({ id }) => id)).to.deep.equal(["m2", "m3"]);
  });
});
