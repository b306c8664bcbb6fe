// The provider `mock` (B102).
import { definePlugin, PLUGIN_API_VERSION } from "../sdk/index.ts";
import { createMock } from "./mockProvider.ts";
import { isMockScript } from "./script.ts";

export { MOCK_DIMENSIONS } from "./hashEmbedding.ts";
export { createMock } from "./mockProvider.ts";
export {
  type MockError,
  type MockMatch,
  type MockReply,
  type MockScript,
  type MockScriptFault,
  type MockScriptParts,
  type MockScriptVerdict,
  mockScriptOf,
  type TextPattern,
} from "./script.ts";
export { smallestInstance } from "./smallestInstance.ts";

/** Option `script`: what `mockScriptOf` made; absent, every answer is an echo. */
export default definePlugin({
  apiVersion: PLUGIN_API_VERSION,
  kind: "llm",
  name: "mock",
  models: ["mock"],
  options: { type: "object", properties: { script: { type: "object" } }, additionalProperties: false },
  create(options, host) {
    const script = options["script"];
    if (script !== undefined && !isMockScript(script)) throw new TypeError("the mock's option script was not made by mockScriptOf");
    return createMock(script, host.clock);
  },
});
