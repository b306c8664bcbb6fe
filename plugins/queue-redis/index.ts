import { randomInt } from "node:crypto";
import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createRedisQueue } from "./redisQueue.ts";

export { type AgentAccess, aclRulesFor, agentCommands } from "./access.ts";
export { RedisRefused, RedisUnavailable } from "./redisErrors.ts";
export { REDIS_TIMINGS, type RedisTimings } from "./redisLink.ts";
export { createRedisQueue, type RedisQueue, type RedisQueueParts } from "./redisQueue.ts";

const RANDOM_RANGE = 2 ** 32;

/** Queue URLs `redis:` and `rediss:`. `keys` holds each queue's signing key, base64. */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "queue",
  name: "redis",
  options: {
    type: "object",
    required: ["url"],
    additionalProperties: false,
    properties: {
      url: { type: "string", minLength: 1 },
      keys: { type: "object", additionalProperties: { type: "string" } },
      cluster: { type: "boolean" },
    },
  },
  create(options, host) {
    const { url, keys, cluster } = options as { url: string; keys?: Record<string, string>; cluster?: boolean };
    const known = keys && new Map(Object.entries(keys).map(([queue, key]) => [queue, Buffer.from(key, "base64")]));
    return createRedisQueue({
      url,
      clock: host.clock,
      random: () => randomInt(RANDOM_RANGE) / RANDOM_RANGE,
      log: host.log,
      isCluster: cluster ?? false,
      keyOf: known && ((queue) => known.get(queue)),
    });
  },
});
