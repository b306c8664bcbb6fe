/** The files of a new plugin project by path: an LLM provider of a small HTTP vendor, its conformance test, and its configuration (B123). */
export function pluginProject(name: string): Record<string, string> {
  const variable = `${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_API_KEY`;
  return {
    "package.json": `${JSON.stringify(
      { name, version: "0.1.0", private: true, type: "module", scripts: { test: "node --test" }, devDependencies: { "kubectl-ark": "*" } },
      null,
      2,
    )}\n`,
    "index.js": `// An LLM provider: one turn of the model in, text and tool calls out. The vendor here answers POST <baseURL>/chat with one JSON object a
// line: {"text": "…"} for each piece, then {"done": {stopReason, toolCalls, usage}}. Replace that by your vendor's own words.
// Nothing of kubectl-ark has to be imported: a plain object of this shape is a plugin.

/** What the runtime understands: "permanent" (asking again cannot help), "throttled" (ask later), "transient" (ask again soon). */
class ProviderError extends Error {
  name = "ProviderError";
  constructor(kind, message, { retryAfterMs, cause } = {}) {
    super(message, { cause });
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

function kindOf(status) {
  if (status === 429 || status === 529) return "throttled";
  return status === 408 || status === 409 || status >= 500 ? "transient" : "permanent";
}

/** The answer's lines as objects. */
async function* linesOf(response) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\\n");
    rest = lines.pop();
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}

export default {
  apiVersion: "plugin.arkonis.dev/v1",
  kind: "llm",
  name: "${name}",
  models: ["${name}-*"],
  options: { type: "object", required: ["baseURL"], properties: { baseURL: { type: "string" } }, additionalProperties: false },
  create(options, host) {
    const key = host.secret("${variable}");
    return {
      async complete(request, { signal, onText }) {
        signal.throwIfAborted();
        try {
          const response = await host.fetch(\`\${options.baseURL}/chat\`, {
            method: "POST",
            headers: { "content-type": "application/json", ...(key && { authorization: \`Bearer \${key}\` }) },
            body: JSON.stringify(request),
            redirect: "manual",
            signal,
          });
          if (!response.ok) {
            const retryAfterMs = Number(response.headers.get("retry-after")) * 1000 || undefined;
            await response.body?.cancel();
            throw new ProviderError(kindOf(response.status), \`${name} answered \${response.status}\`, { retryAfterMs });
          }
          let text = "";
          for await (const line of linesOf(response)) {
            if (typeof line.text === "string") {
              text += line.text;
              onText?.(line.text);
            }
            if (line.done) return { text, ...line.done };
          }
          throw new ProviderError("transient", "${name} ended its answer too early");
        } catch (error) {
          signal.throwIfAborted();
          if (error.name === "ProviderError") throw error;
          throw new ProviderError("transient", "${name} cannot be reached, or what it says is no answer", { cause: error });
        }
      },
    };
  },
};
`,
    "index.test.js": `// The contract's own tests, under Node's test runner; any runner will do. The world plays the vendor: it is told what to do with each call.
import { createServer } from "node:http";
import test from "node:test";
import { llmClauses } from "kubectl-ark/plugin/testing";
import plugin from "./index.js";

const secret = "key-0123456789-abcdef";
const log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };

/** Does one move of the vendor. */
function make(move, response) {
  const line = (value) => response.write(\`\${JSON.stringify(value)}\\n\`);
  switch (move?.is) {
    case "answer": {
      const letters = Array.from(move.text);
      const half = Math.ceil(letters.length / 2);
      for (const piece of [letters.slice(0, half), letters.slice(half)]) if (piece.length > 0) line({ text: piece.join("") });
      line({ done: { stopReason: move.stopReason, toolCalls: move.toolCalls ?? [], usage: move.usage } });
      return response.end();
    }
    case "status":
      response.writeHead(move.status, move.retryAfterMs === undefined ? {} : { "retry-after": String(move.retryAfterMs / 1000) });
      return response.end(move.body);
    case "cut":
      line({ text: "half of " });
      return setImmediate(() => response.destroy());
    case "garbage":
      return response.end("<html>not an answer</html>");
    default:
      return line({ text: "and then" }); // hangs
  }
}

const world = {
  secret,
  async open(moves) {
    const left = [...moves];
    const open = new Set();
    let calls = 0;
    const server = createServer((request, response) => {
      calls += 1;
      open.add(response);
      response.on("close", () => open.delete(response));
      request.resume().on("end", () => make(left.shift(), response));
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    const clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: (ms) => new Promise((done) => setTimeout(done, ms)), after: () => () => {} };
    const host = { log, clock, fetch, secret: () => secret };
    return {
      provider: plugin.create({ baseURL: \`http://127.0.0.1:\${server.address().port}\` }, host),
      model: "${name}-1",
      calls: () => calls,
      openCalls: () => open.size,
      close: () => new Promise((closed) => server.close(closed) && server.closeAllConnections()),
    };
  },
};

for (const clause of llmClauses) test(clause.name, () => clause.check(world));
`,
    "plugins.yaml": `# ark run team.yaml --plugins plugins.yaml
plugins:
  - file: ./index.js
    options: { baseURL: "http://127.0.0.1:8080" }
`,
    "README.md": `# ${name}

A kubectl-ark plugin: an LLM provider that claims the models \`${name}-*\`. Its key is \`${variable}\`.

\`\`\`sh
npm install && npm test                          # the contract's conformance tests
ark plugins --plugins plugins.yaml               # is it loaded?
ark run team.yaml --plugins plugins.yaml         # a role with model: ${name}-1 uses it
\`\`\`
`,
  };
}
