/** The files of a new plugin project by path: an LLM provider that shouts, its conformance test, and its configuration (B123). */
export function pluginProject(name: string): Record<string, string> {
  return {
    "package.json": `${JSON.stringify({ name, version: "0.1.0", private: true, type: "module", scripts: { test: "node --test" }, devDependencies: { "kubectl-ark": "*" } }, null, 2)}\n`,
    "index.js": `// An LLM provider: one turn of the model in, text and tool calls out. Replace \`complete\` by a call of your vendor.
// Nothing has to be imported for that: a plain object of this shape is a plugin.

/** A refusal of the vendor. kind: "permanent" (asking again cannot help), "throttled" (ask later) or "transient" (ask again soon). */
class ProviderError extends Error {
  name = "ProviderError";
  constructor(kind, message, { retryAfterMs } = {}) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

const tokens = (text) => Math.max(1, Math.ceil(text.length / 4));

export default {
  apiVersion: "plugin.arkonis.dev/v1",
  kind: "llm",
  name: "${name}",
  models: ["${name}-*"],
  options: { type: "object", properties: { suffix: { type: "string" } }, additionalProperties: false },
  create(options, host) {
    return {
      async complete(request, { signal, onText }) {
        signal.throwIfAborted();
        if (request.messages.length === 0) throw new ProviderError("permanent", "${name}: there is no message to answer");
        const question = request.messages.at(-1).content;
        const text = question.toUpperCase() + (options.suffix ?? "!");
        host.log.debug("answering", { model: request.model });
        onText?.(text);
        const usage = { inputTokens: tokens(request.system + question), outputTokens: tokens(text) };
        return { text, toolCalls: [], usage, stopReason: "end" };
      },
    };
  },
};
`,
    "index.test.js": `// The contract's own tests, under Node's test runner: any runner will do.
import test from "node:test";
import { llmClauses } from "kubectl-ark/plugin/testing";
import plugin from "./index.js";

const host = {
  log: { debug() {}, info() {}, warn() {}, error() {}, with: () => host.log },
  clock: { now: () => Date.now(), monotonic: () => performance.now(), sleep: (ms) => new Promise((done) => setTimeout(done, ms)), after: () => () => {} },
  fetch,
  secret: () => undefined,
};

for (const clause of llmClauses) {
  test(clause.name, () => clause.check({ model: "${name}-1", open: async () => plugin.create({}, host) }));
}
`,
    "plugins.yaml": `# ark run team.yaml --plugins plugins.yaml
plugins:
  - file: ./index.js
    options: { suffix: "!!" }
`,
    "README.md": `# ${name}

A kubectl-ark plugin: an LLM provider that claims the models \`${name}-*\`.

\`\`\`sh
npm install && npm test                          # the contract's conformance tests
ark plugins --plugins plugins.yaml               # is it loaded?
ark run team.yaml --plugins plugins.yaml         # a role with model: ${name}-1 uses it
\`\`\`
`,
  };
}
