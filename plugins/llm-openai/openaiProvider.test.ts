import { expect } from "chai";
import { type ModelServer, openaiShape, type Script, sendEvents, sendJson, startModelServer } from "../../test/modelserver/index.ts";
import { type LlmProvider, type LlmRequest, type LlmResponse, type PluginHost, silentLog, systemClock } from "../sdk/index.ts";
import { type Dialect, dialectAfter, firstDialect } from "./dialect.ts";
import { createOpenAI } from "./openaiProvider.ts";
import { isStrict } from "./strictSchema.ts";

const signal = new AbortController().signal;
const aRequest = (change: Partial<LlmRequest> = {}): LlmRequest => ({
  model: "llama3",
  system: "Be brief.",
  messages: [{ role: "user", content: "Hello" }],
  tools: [],
  maxTokens: 50,
  ...change,
});
const aHost = (env: Record<string, string> = {}): PluginHost => ({
  log: silentLog,
  fetch,
  clock: systemClock,
  secret: (name) => env[name],
});

describe("provider openai", () => {
  let server: ModelServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const start = async (script: Script): Promise<LlmProvider> => {
    server = await startModelServer(script);
    return createOpenAI({}, aHost({ OPENAI_BASE_URL: `${server.url}/v1/`, OPENAI_API_KEY: "key-123\n" }));
  };
  const answering = (...chunks: unknown[]): Promise<LlmResponse> =>
    start((_, response) => sendEvents(response, [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"])).then(
      (provider) => provider.complete(aRequest(), { signal }),
    );

  it("takes the endpoint from the environment, its key without the newline", async () => {
    const provider = await start((_, response) => sendEvents(response, openaiShape.events({ text: ["x"] })));
    await provider.complete(aRequest(), { signal });
    expect(server?.requests[0]).to.deep.include({ method: "POST", path: "/v1/chat/completions" });
    expect(server?.requests[0]?.headers.authorization).to.equal("Bearer key-123");
  });

  it("an endpoint without a key is asked without a header", async () => {
    server = await startModelServer((_, response) => sendEvents(response, openaiShape.events({ text: ["x"] })));
    await createOpenAI({ baseURL: `${server.url}/v1` }, aHost()).complete(aRequest(), { signal });
    expect(server.requests[0]?.headers).to.not.have.property("authorization");
  });

  it("sends the conversation as OpenAI has it", async () => {
    const provider = await start((_, response) => sendEvents(response, openaiShape.events({ text: ["x"] })));
    await provider.complete(
      aRequest({
        messages: [
          { role: "user", content: "go" },
          { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "no such tool!", args: "{broken" }] },
          { role: "tool", toolCallId: "c1", name: "no such tool!", content: "unknown tool", isError: true },
        ],
        tools: [{ name: "t", description: "d", inputSchema: { type: "object" } }],
      }),
      { signal },
    );
    const call = { id: "c1", type: "function", function: { name: "no_such_tool_", arguments: '{"arguments":"{broken"}' } };
    expect(server?.requests[0]?.body).to.deep.equal({
      model: "llama3",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "go" },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: "unknown tool" },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 50,
      tools: [{ type: "function", function: { name: "t", description: "d", parameters: { type: "object" } } }],
    });
  });

  describe("endpoints that do it their own way", () => {
    it("one that does not stream", async () => {
      const provider = await start((_, response) =>
        sendJson(response, 200, {
          model: "m",
          choices: [
            { message: { role: "assistant", content: "whole", tool_calls: [{ id: "a", function: { name: "t", arguments: { x: 1 } } }] } },
          ],
          usage: { prompt_tokens: 3, completion_tokens: 4 },
        }),
      );
      const response = await provider.complete(aRequest(), { signal }).catch((error: Error) => error.message);
      expect(response).to.equal("openai closed the connection in the middle of its answer");
    });

    it("one that does not stream, and says why it stopped", async () => {
      const provider = await start((_, response) =>
        sendJson(response, 200, {
          choices: [
            {
              message: { content: "whole", tool_calls: [{ id: "a", function: { name: "t", arguments: { x: 1 } } }] },
              finish_reason: "tool_calls",
            },
          ],
          usage: { prompt_tokens: 3, completion_tokens: 4 },
        }),
      );
      expect(await provider.complete(aRequest(), { signal })).to.deep.equal({
        text: "whole",
        toolCalls: [{ id: "a", name: "t", args: { x: 1 } }],
        usage: { inputTokens: 3, outputTokens: 4 },
        stopReason: "tool",
      });
    });

    const piece = (...calls: unknown[]): unknown => ({ choices: [{ delta: { tool_calls: calls } }] });
    const shapes: Record<string, { chunks: unknown[]; want: { id?: string; name: string; args: unknown }[] }> = {
      "calls without an index": {
        chunks: [
          piece({ id: "a", function: { name: "t", arguments: '{"x":1}' } }),
          piece({ id: "b", function: { name: "u", arguments: "{}" } }),
        ],
        want: [
          { id: "a", name: "t", args: { x: 1 } },
          { id: "b", name: "u", args: {} },
        ],
      },
      "calls that all have index 0": {
        chunks: [
          piece({ index: 0, id: "a", function: { name: "t", arguments: "{" } }),
          piece({ index: 0, function: { arguments: "}" } }),
          piece({ index: 0, id: "b", function: { name: "u", arguments: '{"y"' } }),
          piece({ index: 0, function: { arguments: ":2}" } }),
        ],
        want: [
          { id: "a", name: "t", args: {} },
          { id: "b", name: "u", args: { y: 2 } },
        ],
      },
      "the id again with every piece": {
        chunks: [
          piece({ index: 0, id: "a", function: { name: "t", arguments: '{"x"' } }),
          piece({ index: 0, id: "a", function: { name: "t", arguments: ":1}" } }),
        ],
        want: [{ id: "a", name: "t", args: { x: 1 } }],
      },
      "calls without an id": {
        chunks: [piece({ index: 0, function: { name: "t", arguments: "{}" } }, { index: 1, function: { name: "t", arguments: "{}" } })],
        want: [
          { id: "call_1", name: "t", args: {} },
          { id: "call_2", name: "t", args: {} },
        ],
      },
      "two calls of one id": {
        chunks: [piece({ index: 0, id: "a", function: { name: "t" } }, { index: 1, id: "a", function: { name: "u" } })],
        want: [
          { id: "a", name: "t", args: {} },
          { id: "a_2", name: "u", args: {} },
        ],
      },
      "a call that is nothing": { chunks: [piece(null, 5)], want: [{ id: "call_1", name: "", args: {} }] },
    };
    for (const [sentence, { chunks, want }] of Object.entries(shapes)) {
      it(sentence, async () => {
        expect((await answering(...chunks)).toolCalls).to.deep.equal(want);
      });
    }

    it("a refusal in words of its own", async () => {
      expect(await answering({ choices: [{ delta: { refusal: "I won't." } }] })).to.deep.include({
        text: "I won't.",
        stopReason: "refusal",
      });
    });

    it("reasoning is not an answer", async () => {
      const response = await answering(
        { choices: [{ delta: { reasoning_content: "hm" } }] },
        { choices: [{ delta: { content: "yes" }, finish_reason: "stop" }] },
      );
      expect(response.text).to.equal("yes");
    });
  });

  describe("dialects", () => {
    it("a name of the limit that is refused is changed, and the change remembered", async () => {
      const provider = await start(({ body }, response) =>
        "max_tokens" in body
          ? sendJson(
              response,
              400,
              openaiShape.error(400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
            )
          : sendEvents(response, openaiShape.events({ text: ["x"] })),
      );
      await provider.complete(aRequest(), { signal });
      await provider.complete(aRequest(), { signal });
      expect(server?.requests.map(({ body }) => Object.keys(body).filter((key) => key.startsWith("max_")))).to.deep.equal([
        ["max_tokens"],
        ["max_completion_tokens"],
        ["max_completion_tokens"],
      ]);
    });

    const first = firstDialect("http://localhost/v1");
    const cases: Record<string, { status?: number; text: string; from?: Partial<Dialect>; want: Partial<Dialect> | undefined }> = {
      "a limit that is too large stays": { text: "max_tokens is too large: 50000. This model supports at most 4096", want: undefined },
      "a limit that is unknown goes": { text: "Unrecognized argument: max_tokens", want: { tokenLimits: ["max_completion_tokens"] } },
      "an unknown last limit leaves none": {
        text: "unknown field max_completion_tokens",
        from: { tokenLimits: ["max_completion_tokens"] },
        want: { tokenLimits: [] },
      },
      "temperature goes": { text: "'temperature' does not support 0.2 with this model", want: { temperature: false } },
      "temperature goes once": { text: "temperature", from: { temperature: false }, want: undefined },
      "a schema becomes an object": { text: "response_format.type json_schema is unavailable", want: { responseFormat: "json_object" } },
      "an object becomes a wish": {
        text: "bad response_format",
        from: { responseFormat: "json_object" },
        want: { responseFormat: "none" },
      },
      "stream options go": { text: "extra fields not permitted: stream_options", want: { streamOptions: false } },
      "another refusal is one": { text: "this model does not support tools", want: undefined },
      "another status is none of it": { status: 404, text: "temperature", want: undefined },
    };
    for (const [sentence, { status, text, from, want }] of Object.entries(cases)) {
      it(sentence, () => {
        const dialect = { ...first, ...from };
        const next = dialectAfter(dialect, { status: status ?? 400, text, headers: new Headers() }, { schema: true });
        expect(next).to.deep.equal(want && { ...dialect, ...want });
      });
    }

    it("OpenAI itself is asked with the new name of the limit first", () => {
      expect(firstDialect("https://api.openai.com/v1").tokenLimits[0]).to.equal("max_completion_tokens");
      expect(firstDialect("https://openai.com.evil.example/v1").tokenLimits[0]).to.equal("max_tokens");
    });
  });

  describe("isStrict", () => {
    const closed = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };
    const cases: [string, Parameters<typeof isStrict>[0], boolean][] = [
      ["closed, with all it has required", closed, true],
      ["open", { ...closed, additionalProperties: true }, false],
      ["with something optional", { ...closed, required: [] }, false],
      ["with a limit", { ...closed, properties: { a: { type: "string", minLength: 1 } } }, false],
      ["nested and closed", { ...closed, properties: { a: { type: "array", items: closed } } }, true],
      ["nested and open", { ...closed, properties: { a: { type: "array", items: { type: "object" } } } }, false],
      ["no object", { type: "string" }, false],
    ];
    for (const [sentence, schema, want] of cases) it(sentence, () => expect(isStrict(schema)).to.equal(want));
  });

  describe("embeddings", () => {
    const embedding = (text: unknown): number[] => [String(text).length, 1];
    it("come in the order of the texts, however many there are", async () => {
      const provider = await start(({ body }, response) => {
        const input = body["input"] as string[];
        sendJson(response, 200, { data: input.map((text, index) => ({ index, embedding: embedding(text) })).reverse() });
      });
      const texts = Array.from({ length: 300 }, (_, i) => "x".repeat(i));
      expect(await provider.embed?.(texts, { signal, model: "e" })).to.deep.equal(texts.map(embedding));
      expect(server?.requests.length).to.equal(2);
      expect(server?.requests[0]?.body).to.deep.include({ model: "e", encoding_format: "float" });
      expect(await provider.embed?.([], { signal })).to.deep.equal([]);
    });

    const wrong: Record<string, unknown> = {
      none: {},
      "one missing": { data: [{ embedding: [1, 2] }] },
      "of different lengths": { data: [{ embedding: [1, 2] }, { embedding: [1] }] },
      "of what is no number": { data: [{ embedding: [1, "2"] }, { embedding: [1, 2] }] },
      empty: { data: [{ embedding: [] }, { embedding: [] }] },
    };
    for (const [sentence, body] of Object.entries(wrong)) {
      it(`${sentence}: refused`, async () => {
        const provider = await start((_, response) => sendJson(response, 200, body));
        const error: unknown = await provider.embed?.(["a", "b"], { signal }).catch((thrown: unknown) => thrown);
        expect(error).to.deep.include({ name: "ProviderError", kind: "permanent" });
      });
    }
  });
});
