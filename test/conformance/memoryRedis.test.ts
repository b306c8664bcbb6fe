// Memory in Redis keeps every promise of a memory, its time and its number (B80), and is quick to say that it cannot be used (B81).
import { expect } from "chai";
import { createRedisMemory } from "../../plugins/memory-redis/index.ts";
import { type MemoryWorld, memoryClauses } from "../../plugins/sdk/testing/index.ts";
import { aNamespace, useRedis } from "../redis/index.ts";

describe("memory-redis", () => {
  const server = useRedis();
  const never = new AbortController().signal;
  const world: MemoryWorld = {
    keeps: "agent",
    async open() {
      await server().command("FLUSHALL");
      return { store: createRedisMemory({ url: server().url }) };
    },
  };
  for (const clause of memoryClauses) it(clause.name, () => clause.check(world));

  const entry = (n: number) => ({ id: `m${n}`, at: new Date(n * 1_000).toISOString(), role: "user" as const, content: `part ${n}` });
  const aScope = () => ({ namespace: aNamespace(), team: "news", agent: "writer", task: "t" });

  it("keeps the most recent entries up to its number", async () => {
    const [store, scope] = [createRedisMemory({ url: server().url, maxEntries: 3 }), aScope()];
    await store.remember({ scope, entries: [1, 2, 3, 4, 5].map(entry), signal: never });
    expect((await store.recall({ scope, query: "", limit: 10, signal: never })).map(({ id }) => id)).to.deep.equal(["m3", "m4", "m5"]);
    await store.close?.();
  });

  it("forgets after its time, and leaves no key", async () => {
    const [store, scope] = [createRedisMemory({ url: server().url, ttlSeconds: 1 }), aScope()];
    await store.remember({ scope, entries: [entry(1)], signal: never });
    expect(await store.recall({ scope, query: "", limit: 10, signal: never })).to.have.length(1);
    while (((await server().command("EXISTS", `${scope.namespace}.memory:news:writer:order`)) as number) > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await store.recall({ scope, query: "", limit: 10, signal: never })).to.deep.equal([]);
    await store.close?.();
  });

  it("says within seconds that it cannot be used, and where, without the password", async () => {
    const store = createRedisMemory({ url: "redis://:canary-93b1@127.0.0.1:1" });
    const startedMs = performance.now();
    const { healthy, message } = await store.health();
    expect(healthy).to.equal(false);
    expect(message).to.contain("127.0.0.1:1").and.not.to.contain("canary");
    expect(performance.now() - startedMs).to.be.lessThan(8_000);
    await store.close?.();
  });
});
