import { expect } from "chai";
import { anthropicShape, type ModelServer, type Script, sendEvents, sendJson, startModelServer } from "../../test/modelserver/index.ts";
import { type JsonValue, type LlmProvider, type LlmRequest, silentLog, systemClock } from "../sdk/index.ts";
import { createAnthropic } from "./anthropicProvider.ts";
import { closedSchema } from "./closedSchema.ts";

const signal = new AbortController().signal;
const aRequest = (change: Partial<LlmRequest> = {}): LlmRequest => ({
  model: "claude-test",
  system: "",
  messages: [{ role: "user", content: "Hello" }],
  tools: [],
  maxTokens: 50,
  ...change,
});

describe("provider anthropic", () => {
  let server: ModelServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const start = async (script: Script, path = ""): Promise<LlmProvider> => {
    server = await startModelServer(script);
    const env: Record<string, string> = { ANTHROPIC_BASE_URL: server.url + path, ANTHROPIC_API_KEY: "key-123" };
    return createAnthropic({}, { log: silentLog, fetch, clock: systemClock, secret: (name) => env[name] });
  };
  const answers: Script = (_, response) => sendEvents(response, anthropicShape.events({ text: ["x"] }));

  for (const path of ["", "/", "/v1", "/v1/"]) {
    it(`finds the API below "${path}"`, async () => {
      await (await start(answers, path)).complete(aRequest(), { signal });
      expect(server?.requests[0]).to.deep.include({ method: "POST", path: "/v1/messages" });
      expect(server?.requests[0]?.headers.authorization).to.equal("Bearer key-123");
    });
  }

  it("an endpoint without a key is asked without a header", async () => {
    server = await startModelServer(answers);
    const host = { log: silentLog, fetch, clock: systemClock, secret: () => undefined };
    await createAnthropic({ baseURL: server.url }, host).complete(aRequest(), { signal });
    expect(server.requests[0]?.headers).to.not.have.any.keys("authorization", "x-api-key");
  });

  it("sends the conversation as Anthropic has it: results together, ids and names that it takes, no empty text", async () => {
    const provider = await start(answers);
    await provider.complete(
      aRequest({
        system: "Be brief.",
        temperature: 1.5,
        messages: [
          { role: "user", content: "go" },
          {
            role: "assistant",
            content: "",
            toolCalls: [
              { id: "call.1", name: "no such tool!", args: [1] },
              { id: "call_2", name: "t", args: { a: 1 } },
            ],
          },
          { role: "tool", toolCallId: "call.1", name: "no such tool!", content: "unknown", isError: true },
          { role: "tool", toolCallId: "call_2", name: "t", content: "" },
          { role: "user", content: "go on" },
        ],
        tools: [{ name: "t", description: "d", inputSchema: { properties: {} } }],
      }),
      { signal },
    );
    expect(server?.requests[0]?.body).to.deep.equal({
      model: "claude-test",
      max_tokens: 50,
      stream: true,
      system: "Be brief.",
      temperature: 1,
      messages: [
        { role: "user", content: [{ type: "text", text: "go" }] },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "call_1", name: "no_such_tool_", input: { arguments: [1] } },
            { type: "tool_use", id: "call_2", name: "t", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_1", content: "unknown", is_error: true },
            { type: "tool_result", tool_use_id: "call_2", content: "" },
            { type: "text", text: "go on" },
          ],
        },
      ],
      tools: [{ name: "t", description: "d", input_schema: { properties: {}, type: "object" } }],
    });
  });

  it("an endpoint that does not stream", async () => {
    const provider = await start((_, response) =>
      sendJson(response, 200, {
        type: "message",
        model: "m",
        content: [
          { type: "thinking", thinking: "hm" },
          { type: "text", text: "whole" },
          { type: "tool_use", id: "a", name: "t", input: { x: 1 } },
        ],
        stop_reason: "tool_use",
        usage: { input_tokens: 3, output_tokens: 4, cache_creation_input_tokens: 5, cache_read_input_tokens: 2 },
      }),
    );
    expect(await provider.complete(aRequest(), { signal })).to.deep.equal({
      text: "whole",
      toolCalls: [{ id: "a", name: "t", args: { x: 1 } }],
      usage: { inputTokens: 10, outputTokens: 4, cachedInputTokens: 2 },
      stopReason: "tool",
      model: "m",
    });
  });

  const kinds = { overloaded_error: "throttled", rate_limit_error: "throttled", api_error: "transient", authentication_error: "permanent" };
  for (const [type, kind] of Object.entries(kinds)) {
    it(`${type} in a stream is ${kind} (B72)`, async () => {
      const provider = await start((_, response) =>
        sendEvents(response, [`event: error\ndata: ${JSON.stringify({ type: "error", error: { type, message: "busy" } })}\n\n`]),
      );
      const error: unknown = await provider.complete(aRequest(), { signal }).catch((thrown: unknown) => thrown);
      expect(error).to.deep.include({ name: "ProviderError", kind, message: "anthropic broke off its answer: busy" });
    });
  }

  describe("closedSchema", () => {
    const cases: Record<string, { schema: JsonValue; want: JsonValue | undefined }> = {
      "objects are closed, limits left to the check": {
        schema: {
          type: "object",
          properties: { a: { type: "string", minLength: 1 }, b: { type: "array", items: { type: "integer", minimum: 1 } } },
        },
        want: {
          type: "object",
          properties: { a: { type: "string" }, b: { type: "array", items: { type: "integer" } } },
          additionalProperties: false,
        },
      },
      "references and alternatives stay": {
        schema: { anyOf: [{ $ref: "#/$defs/a" }, { type: "null" }], $defs: { a: { enum: ["x"] } } },
        want: { anyOf: [{ $ref: "#/$defs/a" }, { type: "null" }], $defs: { a: { enum: ["x"] } } },
      },
      "an open map cannot be said": { schema: { type: "object", additionalProperties: { type: "string" } }, want: undefined },
      "an object of anything cannot": { schema: { type: "object" }, want: undefined },
      "a tuple cannot": { schema: { type: "array", prefixItems: [{ type: "string" }] }, want: undefined },
      "a condition cannot": { schema: { type: "string", not: { const: "x" } }, want: undefined },
      "nothing cannot": { schema: {}, want: undefined },
    };
    for (const [sentence, { schema, want }] of Object.entries(cases)) {
      it(sentence, () => expect(closedSchema(schema)).to.deep.equal(want));
    }
  });
});
