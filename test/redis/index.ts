// A real Redis for tests.
export { useRedis } from "./shared.ts";
export { aNamespace, type RedisOptions, type RedisServer, redisProgram, startRedis } from "./startRedis.ts";
