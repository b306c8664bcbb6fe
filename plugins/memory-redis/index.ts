import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createRedisMemory, type RedisMemoryOptions } from "./redisMemory.ts";

export { createRedisMemory, type RedisMemoryOptions } from "./redisMemory.ts";

/** `backend: redis`: the most recent exchanges of an agent, for a time and up to a number (B80). */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "memory",
  name: "redis",
  options: {
    type: "object",
    required: ["url"],
    additionalProperties: false,
    properties: {
      url: { type: "string", minLength: 1 },
      ttlSeconds: { type: "integer", minimum: 0 },
      maxEntries: { type: "integer", minimum: 0 },
    },
  },
  create: (options) => createRedisMemory(options as unknown as RedisMemoryOptions),
});
