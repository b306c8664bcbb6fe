import { createInContextMemory } from "../../plugins/memory-in-context/index.ts";
import { type MemoryWorld, memoryClauses } from "../../plugins/sdk/testing/index.ts";

const world: MemoryWorld = { keeps: "task", open: async () => ({ store: createInContextMemory() }) };

describe("memory-in-context", () => {
  for (const clause of memoryClauses) it(clause.name, () => clause.check(world));
});
