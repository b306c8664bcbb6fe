import { expect } from "chai";
import { geminiShape, type ModelServer, type Script, sendEvents, sendJson, startModelServer } from "../../test/modelserver/index.ts";
import { type LlmProvider, type LlmRequest, silentLog, systemClock } from "../sdk/index.ts";
import { callIdOf, signatureOf } from "./callId.ts";
import { createGemini } from "./geminiProvider.ts";

const signal = new AbortController().signal;
const aRequest = (change: Partial<LlmRequest> = {}): LlmRequest => ({
  model: "gemini-2.5-pro",
  system: "",
  messages: [{ role: "user", content: "Hello" }],
  tools: [],
  maxTokens: 50,
  ...change,
});

describe("provider gemini", () => {
  let server: ModelServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const start = async (script: Script, path = ""): Promise<LlmProvider> => {
    server = await startModelServer(script);
    const env: Record<string, string> = { GEMINI_BASE_URL: server.url + path, GEMINI_API_KEY: "key-123" };
    return createGemini({}, { log: silentLog, fetch, clock: systemClock, secret: (name) => env[name] });
  };
  const answers: Script = (_, response) => sendEvents(response, geminiShape.events({ text: ["x"] }));
  const chunks =
    (...list: unknown[]): Script =>
    (_, response) =>
      sendEvents(
        response,
        list.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`),
      );

  for (const path of ["", "/", "/v1beta", "/v1beta/", "/v1beta/openai/"]) {
    it(`finds the API below "${path}"`, async () => {
      await (await start(answers, path)).complete(aRequest({ model: "models/gemini-x" }), { signal });
      expect(server?.requests[0]?.path).to.equal("/v1beta/models/gemini-x:streamGenerateContent?alt=sse");
      expect(server?.requests[0]?.headers["x-goog-api-key"]).to.equal("key-123");
    });
  }

  it("sends the conversation as Gemini has it: results together, signatures with their calls", async () => {
    const provider = await start(answers);
    await provider.complete(
      aRequest({
        model: "gemini-3-pro",
        system: "Be brief.",
        temperature: 1.5,
        responseSchema: { type: "object" },
        messages: [
          { role: "user", content: "go" },
          {
            role: "assistant",
            content: "Well.",
            toolCalls: [
              { id: callIdOf(1, "c2ln+/8="), name: "t", args: { a: 1 } },
              { id: callIdOf(2, undefined), name: "u", args: "{broken" },
            ],
          },
          { role: "tool", toolCallId: "call_1", name: "t", content: "fine" },
          { role: "tool", toolCallId: "call_2", name: "u", content: "no JSON", isError: true },
        ],
        tools: [
          { name: "t", description: "d", inputSchema: { type: "object" } },
          { name: "u", description: "e", inputSchema: {} },
        ],
      }),
      { signal },
    );
    expect(server?.requests[0]?.body).to.deep.equal({
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [
        { role: "user", parts: [{ text: "go" }] },
        {
          role: "model",
          parts: [
            { text: "Well." },
            { functionCall: { name: "t", args: { a: 1 } }, thoughtSignature: "c2ln+/8=" },
            { functionCall: { name: "u", args: { arguments: "{broken" } }, thoughtSignature: "skip_thought_signature_validator" },
          ],
        },
        {
          role: "user",
          parts: [
            { functionResponse: { name: "t", response: { output: "fine" } } },
            { functionResponse: { name: "u", response: { error: "no JSON" } } },
          ],
        },
      ],
      tools: [
        {
          functionDeclarations: [
            { name: "t", description: "d", parametersJsonSchema: { type: "object" } },
            { name: "u", description: "e" },
          ],
        },
      ],
      generationConfig: { maxOutputTokens: 50, temperature: 1.5 },
    });
  });

  it("what it thinks is paid, and is no answer; its signature goes with the call", async () => {
    const provider = await start(
      chunks({
        candidates: [
          {
            content: {
              parts: [
                { text: "hm", thought: true },
                { functionCall: { name: "t", args: { a: 1 } }, thoughtSignature: "c2ln" },
              ],
            },
            finishReason: "STOP",
          },
        ],
        usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 30 },
      }),
    );
    expect(await provider.complete(aRequest(), { signal })).to.deep.equal({
      text: "",
      toolCalls: [{ id: "call_1.c2ln", name: "t", args: { a: 1 } }],
      usage: { inputTokens: 5, outputTokens: 32 },
      stopReason: "tool",
    });
    expect(signatureOf("call_1.c2ln", "gemini-2.5-pro")).to.equal("c2ln");
    expect(signatureOf("call_1", "gemini-2.5-pro")).to.equal(undefined);
  });

  it("a prompt that is blocked is a refusal", async () => {
    const provider = await start(chunks({ promptFeedback: { blockReason: "SAFETY" } }));
    expect(await provider.complete(aRequest(), { signal })).to.deep.include({ text: "", stopReason: "refusal" });
  });

  it("a call that it could not write is asked for again", async () => {
    const provider = await start(chunks({ candidates: [{ finishReason: "MALFORMED_FUNCTION_CALL" }] }));
    const error: unknown = await provider.complete(aRequest(), { signal }).catch((thrown: unknown) => thrown);
    expect(error).to.deep.include({ name: "ProviderError", kind: "transient" });
  });

  it("an endpoint that does not stream answers with a list", async () => {
    const provider = await start((_, response) =>
      sendJson(response, 200, [
        { candidates: [{ content: { parts: [{ text: "a" }] } }] },
        { candidates: [{ content: { parts: [{ text: "b" }] }, finishReason: "STOP" }] },
      ]),
    );
    expect((await provider.complete(aRequest(), { signal })).text).to.equal("ab");
  });

  it("Google's own way to say when to ask again", async () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }];
    const provider = await start((_, response) => sendJson(response, 429, [{ error: { code: 429, message: "quota", details } }]));
    const error: unknown = await provider.complete(aRequest(), { signal }).catch((thrown: unknown) => thrown);
    expect(error).to.deep.include({ kind: "throttled", retryAfterMs: 34_500, message: "gemini answered 429: quota" });
  });

  it("embeds texts, a hundred at a time", async () => {
    const provider = await start(({ body }, response) =>
      sendJson(response, 200, { embeddings: (body["requests"] as unknown[]).map((_, i) => ({ values: [i, 1] })) }),
    );
    const vectors = await provider.embed?.(
      Array.from({ length: 150 }, () => "x"),
      { signal },
    );
    expect(vectors?.length).to.equal(150);
    expect(vectors?.[149]).to.deep.equal([49, 1]);
    expect(server?.requests.map(({ path }) => path)).to.deep.equal(Array(2).fill("/v1beta/models/gemini-embedding-001:batchEmbedContents"));
  });
});
