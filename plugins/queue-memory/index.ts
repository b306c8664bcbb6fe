import { randomInt } from "node:crypto";
import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createMemoryQueue } from "./memoryQueue.ts";

export { createMemoryQueue, type MemoryQueue, type MemoryQueueParts } from "./memoryQueue.ts";

const RANDOM_RANGE = 2 ** 32;

/** Queue URL `memory:`: for one process; it forgets everything when that ends. */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "queue",
  name: "memory",
  options: { type: "object", additionalProperties: false },
  create: (_options, host) => createMemoryQueue({ clock: host.clock, random: () => randomInt(RANDOM_RANGE) / RANDOM_RANGE }),
});
