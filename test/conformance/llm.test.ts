// Every built-in provider keeps to what is published for providers (B120): the vendors' over the loopback, the mock as it is.
import type { ServerResponse } from "node:http";
import anthropicPlugin from "../../plugins/llm-anthropic/index.ts";
import geminiPlugin from "../../plugins/llm-gemini/index.ts";
import { createMock, type MockReply } from "../../plugins/llm-mock/index.ts";
import openaiPlugin from "../../plugins/llm-openai/index.ts";
import { type PluginHost, silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { type LlmWorld, llmClauses, type VendorMove } from "../../plugins/sdk/testing/index.ts";
import { type Reply, SHAPES, type Shape, sendEvents, sendJson, startModelServer } from "../modelserver/index.ts";

const SECRET = "sk-conformance-0123456789";
const PLUGINS = { openai: openaiPlugin, anthropic: anthropicPlugin, gemini: geminiPlugin };

for (const shape of SHAPES) {
  describe(`llm-${shape.name}`, () => {
    const world = vendorWorld(shape);
    for (const clause of llmClauses) it(clause.name, () => clause.check(world));
  });
}

describe("llm-mock", () => {
  const world = mockWorld();
  for (const clause of llmClauses) it(clause.name, () => clause.check(world));
});

function vendorWorld(shape: Shape): LlmWorld {
  return {
    secret: SECRET,
    async open(moves) {
      let open = 0;
      const server = await startModelServer((_, response, n) => {
        open++;
        response.once("close", () => open--);
        const move = moves[n - 1];
        if (move) play(shape, move, response);
        else sendJson(response, 500, shape.error(500, "the clause has no more moves"));
      });
      const host: PluginHost = { log: silentLog, fetch, clock: systemClock, secret: () => undefined };
      const provider = await PLUGINS[shape.name].create({ baseURL: server.url, apiKey: SECRET }, host);
      return { provider, model: "test-1", calls: () => server.requests.length, openCalls: () => open, close: () => server.close() };
    },
  };
}

/** One move in the words of a vendor. */
function play(shape: Shape, move: VendorMove, response: ServerResponse): void {
  switch (move.is) {
    case "answer":
      return sendEvents(response, shape.events(replyOf(move)));
    case "status": {
      const headers = move.retryAfterMs === undefined ? {} : { "retry-after": String(move.retryAfterMs / 1_000) };
      return sendJson(response, move.status, shape.error(move.status, move.body ?? "refused"), headers);
    }
    case "garbage":
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>It works!</html>");
      return;
    case "hang":
    case "cut":
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(shape.events({ text: ["half of", " it"] })[0], () => {
        if (move.is === "cut") response.destroy();
      });
  }
}

function replyOf(move: VendorMove & { is: "answer" }): Reply {
  const characters = Array.from(move.text);
  const middle = Math.ceil(characters.length / 2);
  return {
    text: [characters.slice(0, middle).join(""), characters.slice(middle).join("")].filter((piece) => piece !== ""),
    toolCalls: (move.toolCalls ?? []).map(({ id, name, args }) => ({ id, name, args: JSON.stringify(args) })),
    stop: move.stopReason,
    usage: { input: move.usage.inputTokens, output: move.usage.outputTokens },
  };
}

function mockWorld(): LlmWorld {
  return {
    secret: SECRET,
    cannot: { cut: "the mock has no connection", garbage: "the mock has no format of its own" },
    async open(moves) {
      let [calls, open] = [0, 0];
      return {
        provider: {
          async complete(request, options) {
            options.signal.throwIfAborted();
            const move = moves[calls++];
            const mock = createMock({ responses: move ? [{ match: {}, reply: mockReplyOf(move) }] : [] }, systemClock);
            const isCut = move?.is === "answer" && move.stopReason === "length"; // the mock stops there when a limit makes it
            open++;
            try {
              return await mock.complete(isCut ? { ...request, maxTokens: 1 } : request, options);
            } finally {
              open--;
            }
          },
        },
        model: "mock",
        calls: () => calls,
        openCalls: () => open,
        close: async () => undefined,
      };
    },
  };
}

function mockReplyOf(move: VendorMove): MockReply {
  switch (move.is) {
    case "answer":
      return { text: move.text, ...(move.toolCalls ? { toolCalls: move.toolCalls } : {}), usage: move.usage };
    case "status": {
      const wish = move.retryAfterMs === undefined ? {} : { retryAfterSeconds: move.retryAfterMs / 1_000 };
      return { error: { status: move.status, message: "refused", ...wish } };
    }
    case "hang":
      return { delayMs: 3_600_000 };
    case "cut":
    case "garbage":
      throw new Error("the mock cannot do that");
  }
}
