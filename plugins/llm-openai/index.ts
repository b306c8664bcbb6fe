// The provider `openai`: OpenAI, and every endpoint that speaks its chat completions (Ollama, vLLM, LM Studio, llama.cpp …).
import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createOpenAI } from "./openaiProvider.ts";

export { createOpenAI } from "./openaiProvider.ts";

/** Options `baseURL` and `apiKey` come before `OPENAI_BASE_URL` and `OPENAI_API_KEY`. An endpoint of one's own may need no key. */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "llm",
  name: "openai",
  models: ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*"],
  options: {
    type: "object",
    properties: { baseURL: { type: "string" }, apiKey: { type: "string" }, embeddingModel: { type: "string" } },
    additionalProperties: false,
  },
  create: createOpenAI,
});
