// The provider `gemini`: Google's Generative Language API.
import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createGemini } from "./geminiProvider.ts";

export { createGemini } from "./geminiProvider.ts";

/** Options `baseURL` and `apiKey` come before `GEMINI_BASE_URL` and `GEMINI_API_KEY`. */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "llm",
  name: "gemini",
  models: ["gemini-*"],
  options: {
    type: "object",
    properties: { baseURL: { type: "string" }, apiKey: { type: "string" }, embeddingModel: { type: "string" } },
    additionalProperties: false,
  },
  create: createGemini,
});
