import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createInContextMemory } from "./inContextMemory.ts";

export { createInContextMemory, type InContextMemoryOptions } from "./inContextMemory.ts";

/** `backend: in-context`: what is remembered within a task, and goes with it (B80). */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "memory",
  name: "in-context",
  options: { type: "object", additionalProperties: false },
  create: () => createInContextMemory(),
});
