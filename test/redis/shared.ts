// One Redis for all suites of a test run, started by the first that asks and stopped after the last. Tests take namespaces of their own.
import { type RedisOptions, type RedisServer, startRedis } from "./startRedis.ts";

let shared: Promise<RedisServer> | undefined;

/** In a `describe`: sees to it that a server is there before its tests. With options, the suite gets one of its own. */
export function useRedis(options?: RedisOptions): () => RedisServer {
  let server: RedisServer | undefined;
  before(async function () {
    this.timeout(30_000);
    shared ??= options ? undefined : startRedis();
    server = await (options ? startRedis(options) : shared);
  });
  if (options) after(() => server?.stop());
  return () => {
    if (!server) throw new Error("the server is there from `before` on, not while suites are read");
    return server;
  };
}

// Read by a suite, so this hook is the root's: it runs after all of them.
after(async () => (await shared?.catch(() => undefined))?.stop());
