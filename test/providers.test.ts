// Every vendor's provider, for real over the loopback: the same table for all, since the runtime sees no difference between them.

import { gzipSync } from "node:zlib";
import { expect } from "chai";
import anthropicPlugin from "../plugins/llm-anthropic/index.ts";
import geminiPlugin from "../plugins/llm-gemini/index.ts";
import openaiPlugin from "../plugins/llm-openai/index.ts";
import {
  type CompleteOptions,
  type LlmProvider,
  type LlmRequest,
  type LlmResponse,
  type Message,
  type ProviderError,
  silentLog,
  systemClock,
} from "../plugins/sdk/index.ts";
import {
  type ModelRequest,
  type ModelServer,
  type Script,
  SHAPES,
  type Shape,
  sendEvents,
  sendJson,
  startModelServer,
} from "./modelserver/index.ts";

const KEY = "sk-secret-0123456789abcdef";
const PLUGINS = { openai: openaiPlugin, anthropic: anthropicPlugin, gemini: geminiPlugin };

async function providerOf(shape: Shape, baseURL: string): Promise<LlmProvider> {
  return PLUGINS[shape.name].create({ baseURL, apiKey: KEY }, { log: silentLog, fetch, clock: systemClock, secret: () => undefined });
}

const aRequest = (change: Partial<LlmRequest> = {}): LlmRequest => ({
  model: "test-1",
  system: "Be brief.",
  messages: [{ role: "user", content: "Say hello." }],
  tools: [],
  maxTokens: 100,
  ...change,
});

for (const shape of SHAPES) {
  describe(`provider ${shape.name}`, () => {
    let server: ModelServer | undefined;
    afterEach(async () => {
      await server?.close();
      server = undefined;
    });

    const ask = async (script: Script, change: Partial<LlmRequest> = {}, options: Partial<CompleteOptions> = {}): Promise<LlmResponse> => {
      server = await startModelServer(script);
      const provider = await providerOf(shape, server.url);
      return provider.complete(aRequest(change), { signal: new AbortController().signal, ...options });
    };
    const refusedBy = async (script: Script, change: Partial<LlmRequest> = {}): Promise<ProviderError> => {
      const error = await ask(script, change).then(
        (response) => expect.fail(`answered ${JSON.stringify(response).slice(0, 200)}`),
        (thrown: unknown) => thrown as ProviderError,
      );
      expect(error.name, error.message).to.equal("ProviderError");
      expect(error.message).to.not.include(KEY);
      expect(Buffer.byteLength(error.message)).to.be.at.most(1_024);
      return error;
    };
    const says =
      (reply: Parameters<Shape["events"]>[0]): Script =>
      (_, response) =>
        sendEvents(response, shape.events(reply));
    const sendsText =
      (body: string | Buffer, headers: Record<string, string> = {}): Script =>
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream", ...headers });
        response.end(body);
      };
    const asked = (): ModelRequest => server!.requests.at(-1)!;

    it("streams an answer: the pieces together are the text", async () => {
      const pieces: string[] = [];
      const response = await ask(says({ text: ["Hel", "lo ", "🍵"], model: "real-1" }), {}, { onText: (text) => pieces.push(text) });
      expect(response).to.deep.equal({
        text: "Hello 🍵",
        toolCalls: [],
        usage: { inputTokens: 11, outputTokens: 7 },
        stopReason: "end",
        model: "real-1",
      });
      expect(pieces.join("")).to.equal("Hello 🍵");
      expect(pieces.length).to.be.greaterThan(1);
    });

    it("says what was cached as a part of the input", async () => {
      const response = await ask(says({ text: ["x"], usage: { input: 20, output: 3, cached: 8 } }));
      expect(response.usage).to.deep.equal({ inputTokens: 20, outputTokens: 3, cachedInputTokens: 8 });
    });

    it("makes a round trip with tools", async () => {
      const tool = {
        name: "delegate",
        description: "Asks another.",
        inputSchema: { type: "object", properties: { role: { type: "string" } } },
      };
      const first = await ask(
        says({
          text: ["Well."],
          toolCalls: [
            { id: "toolu_1", name: "delegate", args: '{"role":"writer"}' },
            { id: "toolu_2", name: "delegate", args: "{}" },
          ],
        }),
        { tools: [tool] },
      );
      expect(first).to.deep.include({ text: "Well.", stopReason: "tool" });
      expect(first.toolCalls.map(({ name, args }) => ({ name, args }))).to.deep.equal([
        { name: "delegate", args: { role: "writer" } },
        { name: "delegate", args: {} },
      ]);
      const [one, two] = first.toolCalls;
      expect(one?.id).to.not.equal(two?.id);
      expect(JSON.stringify(asked().body)).to.include("Asks another.");
      await server?.close();
      const messages: Message[] = [
        { role: "user", content: "Say hello." },
        { role: "assistant", content: first.text, toolCalls: first.toolCalls },
        { role: "tool", toolCallId: one!.id, name: "delegate", content: "A poem." },
        { role: "tool", toolCallId: two!.id, name: "delegate", content: "no such role", isError: true },
      ];
      const second = await ask(says({ text: ["Done."] }), { tools: [tool], messages });
      expect(second).to.deep.include({ text: "Done.", stopReason: "end" });
      const sent = JSON.stringify(asked().body);
      for (const part of ["A poem.", "no such role", "writer", "Well."]) expect(sent).to.include(part);
    });

    it("passes the limits on, and sends the key in a header only", async () => {
      await ask(says({ text: ["x"] }), { temperature: 0.5 });
      const { headers, path, body } = asked();
      expect(JSON.stringify(headers)).to.include(KEY);
      expect(path + JSON.stringify(body)).to.not.include(KEY);
      expect(JSON.stringify(body))
        .to.match(/"(max_tokens|maxOutputTokens)":100/)
        .and.to.match(/"temperature":0.5/);
    });

    it("asks for JSON that fits the schema, and without it when the endpoint knows none; the next turn knows", async () => {
      const responseSchema = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };
      const script: Script = ({ body }, response) => {
        if (/"(json_schema|json_object|responseJsonSchema)"/.test(JSON.stringify(body))) {
          return sendJson(response, 400, shape.error(400, "response_format: json_schema is not supported by this model (schema)"));
        }
        return sendEvents(response, shape.events({ text: ["{}"] }));
      };
      expect((await ask(script, { responseSchema })).text).to.equal("{}");
      const tries = server!.requests.length;
      expect(tries).to.be.within(2, 3);
      const provider = await providerOf(shape, server!.url);
      for (let i = 0; i < 2; i++) await provider.complete(aRequest({ responseSchema }), { signal: new AbortController().signal });
      expect(server!.requests.length).to.equal(tries + tries + 1);
    });

    it("asks without temperature where none is taken", async () => {
      const script: Script = ({ body }, response) =>
        JSON.stringify(body).includes('"temperature"') && shape.name !== "gemini"
          ? sendJson(response, 400, shape.error(400, "`temperature` is deprecated for this model"))
          : sendEvents(response, shape.events({ text: ["x"] }));
      expect((await ask(script, { temperature: 0.2 })).text).to.equal("x");
    });

    describe("refusals (B72)", () => {
      const cases: Record<string, { status: number; headers?: Record<string, string>; want: Record<string, unknown> }> = {
        "400 is permanent": { status: 400, want: { kind: "permanent" } },
        "401 is permanent": { status: 401, want: { kind: "permanent" } },
        "404 is permanent": { status: 404, want: { kind: "permanent" } },
        "408 is transient": { status: 408, want: { kind: "transient" } },
        "409 is transient": { status: 409, want: { kind: "transient" } },
        "422 is permanent": { status: 422, want: { kind: "permanent" } },
        "429 is throttled": { status: 429, want: { kind: "throttled", retryAfterMs: undefined } },
        "429 with seconds": { status: 429, headers: { "retry-after": "7" }, want: { kind: "throttled", retryAfterMs: 7_000 } },
        "429 with milliseconds": { status: 429, headers: { "retry-after-ms": "250", "retry-after": "7" }, want: { retryAfterMs: 250 } },
        "429 with a date that has passed": {
          status: 429,
          headers: { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" },
          want: { retryAfterMs: 0 },
        },
        "429 with nonsense": { status: 429, headers: { "retry-after": "soon" }, want: { retryAfterMs: undefined } },
        "500 is transient": { status: 500, want: { kind: "transient" } },
        "529 is throttled": { status: 529, want: { kind: "throttled" } },
      };
      for (const [sentence, { status, headers, want }] of Object.entries(cases)) {
        it(sentence, async () => {
          const error = await refusedBy((_, response) =>
            sendJson(response, status, shape.error(status, `nothing for ${KEY}\u0007 here`), headers),
          );
          expect(error).to.deep.include(want);
          expect(error.message).to.match(new RegExp(`^${shape.name} answered ${status}: nothing for \\[redacted\\] here`));
          expect(server!.requests.length, "it never retries").to.equal(1);
        });
      }

      it("names the variable with the key when the key is refused", async () => {
        const error = await refusedBy((_, response) => sendJson(response, 401, shape.error(401, "no")));
        expect(error.message).to.equal(`${shape.name} answered 401: no; check ${shape.name.toUpperCase()}_API_KEY`);
      });

      it("an endless refusal is cut", async () => {
        const error = await refusedBy((_, response) => {
          response.writeHead(500, { "content-type": "text/plain" });
          const more = (): void => {
            while (response.write("x".repeat(65_536)));
            response.once("drain", more);
          };
          more();
        });
        expect(error.kind).to.equal("transient");
        await server!.idle();
      });

      it("a redirect is not followed: the key would go with it", async () => {
        let elsewhere = 0;
        const other = await startModelServer((_, response) => {
          elsewhere++;
          response.end();
        });
        const error = await refusedBy((_, response) => {
          response.writeHead(307, { location: `${other.url}/v1?key=${KEY}` });
          response.end();
        });
        await other.close();
        expect(elsewhere).to.equal(0);
        expect(error).to.deep.include({ kind: "permanent" });
        expect(error.message).to.include(`answered 307, a redirect to ${other.url}/v1, which is not followed`);
      });

      it("nobody there is transient, and says where", async () => {
        const gone = await startModelServer(() => undefined);
        await gone.close();
        const provider = await providerOf(shape, gone.url);
        const error = await provider
          .complete(aRequest(), { signal: new AbortController().signal })
          .catch((thrown: unknown) => thrown as ProviderError);
        expect(error).to.deep.include({ name: "ProviderError", kind: "transient" });
        expect((error as ProviderError).message).to.match(
          /^cannot reach \w+ at http:\/\/127\.0\.0\.1:\d+\S* \(connection refused\); check [A-Z]+_BASE_URL$/,
        );
      });

      it("an address that is none is permanent, and says which variable", async () => {
        const provider = await providerOf(shape, "localhost:11434");
        const error = await provider
          .complete(aRequest(), { signal: new AbortController().signal })
          .catch((thrown: unknown) => thrown as ProviderError);
        expect(error).to.deep.include({ name: "ProviderError", kind: "permanent" });
        expect((error as ProviderError).message).to.include("BASE_URL");
      });
    });

    describe("stopping", () => {
      it("aborted before, it asks nobody", async () => {
        const error = await ask(says({}), {}, { signal: AbortSignal.abort(new Error("stop")) }).catch((thrown: Error) => thrown.message);
        expect(error).to.equal("stop");
        expect(server!.requests.length).to.equal(0);
      });

      for (const [moment, events] of Object.entries({ "before the answer": 0, "in the middle of it": 2 })) {
        it(`aborted ${moment}, it rejects with the reason and hangs up`, async () => {
          const stop = new AbortController();
          const script: Script = (_, response) => {
            if (events > 0) response.writeHead(200, { "content-type": "text/event-stream" });
            for (const text of shape.events({ text: ["one", "two"] }).slice(0, events)) response.write(text);
            setTimeout(() => stop.abort(new Error("enough")), 20);
          };
          const error = await ask(script, {}, { signal: stop.signal }).catch((thrown: Error) => thrown.message);
          expect(error).to.equal("enough");
          await server!.idle();
        });
      }

      it("a connection is used again", async () => {
        server = await startModelServer(says({ text: ["x"] }));
        const provider = await providerOf(shape, server.url);
        for (let i = 0; i < 3; i++) {
          await provider.complete(aRequest(), { signal: new AbortController().signal });
          await new Promise((resolve) => setImmediate(resolve)); // a connection is free one turn of the loop after its answer
        }
        expect(server.openSockets()).to.equal(1);
      });
    });

    describe("hostile traffic", () => {
      const stops: Record<string, { reply: Parameters<Shape["events"]>[0]; want: Partial<LlmResponse> }> = {
        "cut at maxTokens": { reply: { text: ["half"], stop: "length" }, want: { text: "half", stopReason: "length" } },
        "a refusal": { reply: { text: ["no"], stop: "refusal" }, want: { stopReason: "refusal" } },
        "a reason that nobody knows": { reply: { text: ["x"], stop: "tired" }, want: { text: "x", stopReason: "end" } },
        "tool as a reason without a call": { reply: { text: ["x"], stop: "tool" }, want: { toolCalls: [], stopReason: "end" } },
        "a call that calls itself an end": {
          reply: { toolCalls: [{ id: "a", name: "t", args: "{}" }], stop: "end" },
          want: { stopReason: "tool" },
        },
        "no text at all": { reply: {}, want: { text: "", stopReason: "end" } },
        "usage that is missing": {
          reply: { text: ["12345"], usage: null },
          want: { usage: { inputTokens: 5, outputTokens: 2, estimated: true } },
        },
        "usage that is negative": {
          reply: { text: ["12345"], usage: { input: -1, output: 7 } },
          want: { usage: { inputTokens: 5, outputTokens: 7, estimated: true } },
        },
        "usage that cannot be": {
          reply: { text: ["12345"], usage: { input: 11, output: 1e18 } },
          want: { usage: { inputTokens: 11, outputTokens: 2, estimated: true } },
        },
        "usage that is no number": {
          reply: { text: ["12345"], usage: { input: "many", output: null } },
          want: { usage: { inputTokens: 5, outputTokens: 2, estimated: true } },
        },
        "control characters, as they are": { reply: { text: ["a\u0000b\u001b[31m\u202e"] }, want: { text: "a\u0000b\u001b[31m\u202e" } },
        "halves of characters": { reply: { text: ["a\ud83c", "\udf75b", "\ud800c", "\udf75"] }, want: { text: "a🍵b\ufffdc\ufffd" } },
        "half a character at the end": { reply: { text: ["a\ud83c"] }, want: { text: "a\ufffd" } },
      };
      for (const [sentence, { reply, want }] of Object.entries(stops)) {
        it(sentence, async () => {
          const pieces: string[] = [];
          const response = await ask(says(reply), {}, { onText: (text) => pieces.push(text) });
          expect(response).to.deep.include(want);
          expect(pieces.join("")).to.equal(response.text);
        });
      }

      const deep = `${'{"a":'.repeat(500)}1${"}".repeat(500)}`;
      const calls: Record<string, { args: string; want: unknown }> = {
        "arguments that are no JSON": { args: '{"role": ', want: '{"role": ' },
        "arguments that are nothing": { args: "", want: {} },
        "arguments that are a list": { args: "[1]", want: [1] },
        "arguments that are deep": { args: deep, want: deep },
      };
      for (const [sentence, { args, want }] of Object.entries(calls)) {
        if (shape.name === "gemini" && args === "") continue; // cannot be said there
        it(sentence, async () => {
          const response = await ask(says({ toolCalls: [{ id: "a", name: "no such tool", args }] }));
          expect(response.toolCalls).to.have.length(1);
          expect(response.toolCalls[0]).to.deep.include({ name: "no such tool", args: want });
        });
      }

      it("arguments of a megabyte", async () => {
        const text = "x".repeat(1_048_576);
        const response = await ask(says({ toolCalls: [{ id: "a", name: "t", args: JSON.stringify({ text }) }] }));
        expect(response.toolCalls[0]?.args).to.deep.equal({ text });
      });

      it("arguments without end stop the answer", async () => {
        const args = "x".repeat(3_000_000);
        const response = await ask(
          says({
            toolCalls: [
              { id: "a", name: "t", args },
              { id: "b", name: "t", args },
            ],
          }),
        );
        expect(response.stopReason).to.equal("length");
      });

      it("a thousand calls, and the same one fifty times", async () => {
        const toolCalls = Array.from({ length: 1_000 }, (_, i) => ({ id: i < 50 ? "same" : `c${i}`, name: "t", args: "{}" }));
        const response = await ask(says({ toolCalls }));
        expect(response.toolCalls.length).to.equal(1_000);
        expect(new Set(response.toolCalls.map(({ id }) => id)).size).to.equal(1_000);
      });

      it("text beyond a megabyte is cut, and the connection ends", async () => {
        const piece = "ä".repeat(50_000);
        const response = await ask(says({ text: Array.from({ length: 40 }, () => piece) }));
        expect(response.stopReason).to.equal("length");
        expect(Buffer.byteLength(response.text)).to.equal(1_048_576);
      });

      it("a hundred megabytes without a line's end", async () => {
        const error = await refusedBy((_, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write("data: ");
          const piece = "x".repeat(1_000_000);
          let left = 100;
          const more = (): void => {
            while (left-- > 0) if (!response.write(piece)) return void response.once("drain", more);
            response.end();
          };
          more();
        });
        expect(error).to.deep.include({ kind: "permanent" });
        await server!.idle();
      });

      it("a bomb of gzip", async () => {
        const bomb = gzipSync(Buffer.alloc(200_000_000, "a"));
        const error = await refusedBy(sendsText(bomb, { "content-encoding": "gzip" }));
        expect(error).to.deep.include({ kind: "permanent" });
      });

      const broken: Record<string, { script: Script; kind: string; says?: RegExp }> = {
        "a web page": {
          script: sendsText("<!doctype html><h1>Hi</h1>", { "content-type": "text/html" }),
          kind: "permanent",
          says: /with text\/html, not with an event stream; check \w+_BASE_URL/,
        },
        "a web page as a refusal": {
          script: (_, response) => {
            response.writeHead(502, { "content-type": "text/html" });
            response.end("<html><body>Bad gateway</body></html>");
          },
          kind: "transient",
          says: /answered 502: a web page/,
        },
        "an event that is no JSON": { script: sendsText("event: message_start\ndata: {nope\n\n"), kind: "transient" },
        nothing: { script: sendsText(""), kind: "transient" },
        "nothing but comments": { script: sendsText(": hello\n\n: still here\n\n"), kind: "transient" },
        "an object of something else": { script: sendsText('data: {"hello":"world"}\n\n'), kind: "transient" },
        "a list": { script: sendsText("data: [1,2,3]\n\n"), kind: "transient" },
        null: { script: sendsText("data: null\n\n"), kind: "transient" },
        "a stream that is closed in its middle": {
          script: (_, response) => sendEvents(response, shape.events({ text: ["one", "two"] }).slice(0, 2)),
          kind: "transient",
          says: /in the middle of its answer/,
        },
        "a connection that dies in the middle": {
          script: (_, response) => {
            response.writeHead(200, { "content-type": "text/event-stream" });
            response.write(shape.events({ text: ["one"] })[0]);
            setTimeout(() => response.destroy(), 20);
          },
          kind: "transient",
          says: /^cannot reach/,
        },
        "an error inside the stream": {
          script: (_, response) => sendEvents(response, [`event: error\ndata: ${JSON.stringify(shape.error(500, "out of memory"))}\n\n`]),
          kind: shape.name === "gemini" ? "transient" : "permanent",
          says: /out of memory/,
        },
        "a rate limit inside the stream": {
          script: (_, response) => sendEvents(response, [`event: error\ndata: ${JSON.stringify(shape.error(429, "slow down"))}\n\n`]),
          kind: "throttled",
        },
      };
      for (const [sentence, { script, kind, says: words }] of Object.entries(broken)) {
        it(`${sentence} is ${kind}`, async () => {
          const error = await refusedBy(script);
          expect(error.kind, error.message).to.equal(kind);
          if (words) expect(error.message).to.match(words);
        });
      }

      it("events may end their lines as they like, and come in any pieces", async () => {
        const bytes = Buffer.from(
          shape
            .events({ text: ["Grüße ", "🍵"] })
            .join("")
            .replaceAll("\n", "\r\n"),
        );
        const response = await ask(async (_, out) => {
          out.writeHead(200, { "content-type": "text/event-stream" });
          for (const byte of bytes) {
            out.write(Buffer.from([byte]));
            await new Promise((resolve) => setImmediate(resolve));
          }
          out.end();
        });
        expect(response.text).to.equal("Grüße 🍵");
      });
    });
  });
}
