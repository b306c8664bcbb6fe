// The provider `anthropic`: the messages API of Anthropic, and gateways that speak it.
import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createAnthropic } from "./anthropicProvider.ts";

export { createAnthropic } from "./anthropicProvider.ts";

/** Options `baseURL` and `apiKey` come before `ANTHROPIC_BASE_URL` and `ANTHROPIC_API_KEY`. It has no embeddings. */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "llm",
  name: "anthropic",
  models: ["claude-*"],
  options: {
    type: "object",
    properties: { baseURL: { type: "string" }, apiKey: { type: "string" } },
    additionalProperties: false,
  },
  create: createAnthropic,
});
