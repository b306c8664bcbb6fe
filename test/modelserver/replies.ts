// Answers in the shapes of the vendors, piece by piece.
import type { ServerResponse } from "node:http";

/** One call of a tool, its arguments as the text that the model wrote. */
export interface ToolCallReply {
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

/** What a model says, before a vendor puts it into words. */
export interface Reply {
  readonly text?: readonly string[];
  readonly toolCalls?: readonly ToolCallReply[];
  /** In our words: `end`, `tool`, `length`, `refusal`; anything else goes out as it is. */
  readonly stop?: string;
  /** null: the vendor counts nothing. */
  readonly usage?: { readonly input: unknown; readonly output: unknown; readonly cached?: unknown } | null;
  readonly model?: string;
}

/** How one vendor says it: the events of its stream, and the errors of its API. */
export interface Shape {
  readonly name: "openai" | "anthropic" | "gemini";
  events(reply: Reply): string[];
  error(status: number, message: string): unknown;
}

const event = (data: unknown, name?: string): string => `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
const stopOf = (reply: Reply, words: Readonly<Record<string, string>>): string => {
  const stop = reply.stop ?? (reply.toolCalls?.length ? "tool" : "end");
  return words[stop] ?? stop;
};
const USAGE: { readonly input: unknown; readonly output: unknown; readonly cached?: unknown } = { input: 11, output: 7 };

/** OpenAI's chat completions. Arguments come in two halves, as they really do. */
export const openaiShape: Shape = {
  name: "openai",
  events(reply) {
    const model = reply.model ?? "gpt-test";
    const chunk = (delta: unknown, finish: string | null = null): string =>
      event({ id: "c1", object: "chat.completion.chunk", model, choices: [{ index: 0, delta, finish_reason: finish }], usage: null });
    const usage = reply.usage === undefined ? USAGE : reply.usage;
    return [
      chunk({ role: "assistant", content: "" }),
      ...(reply.text ?? []).map((content) => chunk({ content })),
      ...(reply.toolCalls ?? []).flatMap(({ id, name, args }, index) => [
        chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
        ...halves(args).map((half) => chunk({ tool_calls: [{ index, function: { arguments: half } }] })),
      ]),
      chunk({}, stopOf(reply, { end: "stop", tool: "tool_calls", length: "length", refusal: "content_filter" })),
      ...(usage === null
        ? []
        : [
            event({
              id: "c1",
              model,
              choices: [],
              usage: {
                prompt_tokens: usage.input,
                completion_tokens: usage.output,
                ...(usage.cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: usage.cached } }),
              },
            }),
          ]),
      "data: [DONE]\n\n",
    ];
  },
  error: (status, message) => ({ error: { message, type: status === 429 ? "rate_limit_error" : "invalid_request_error", code: null } }),
};

/** Anthropic's messages. What was read from a cache is not among its input tokens. */
export const anthropicShape: Shape = {
  name: "anthropic",
  events(reply) {
    const usage = reply.usage === undefined ? USAGE : reply.usage;
    const cached = usage?.cached;
    const input = typeof usage?.input === "number" && typeof cached === "number" ? usage.input - cached : usage?.input;
    const started =
      usage === null ? {} : { usage: { input_tokens: input, ...(cached === undefined ? {} : { cache_read_input_tokens: cached }) } };
    let index = 0;
    const block = (start: unknown, deltas: readonly unknown[]): string[] => {
      const at = index++;
      return [
        event({ type: "content_block_start", index: at, content_block: start }, "content_block_start"),
        ...deltas.map((delta) => event({ type: "content_block_delta", index: at, delta }, "content_block_delta")),
        event({ type: "content_block_stop", index: at }, "content_block_stop"),
      ];
    };
    const stop = stopOf(reply, { end: "end_turn", tool: "tool_use", length: "max_tokens", refusal: "refusal" });
    return [
      event(
        { type: "message_start", message: { id: "m1", role: "assistant", content: [], model: reply.model ?? "claude-test", ...started } },
        "message_start",
      ),
      event({ type: "ping" }, "ping"),
      ...(reply.text
        ? block(
            { type: "text", text: "" },
            reply.text.map((text) => ({ type: "text_delta", text })),
          )
        : []),
      ...(reply.toolCalls ?? []).flatMap(({ id, name, args }) =>
        block(
          { type: "tool_use", id, name, input: {} },
          halves(args).map((partial_json) => ({ type: "input_json_delta", partial_json })),
        ),
      ),
      event(
        { type: "message_delta", delta: { stop_reason: stop }, ...(usage === null ? {} : { usage: { output_tokens: usage.output } }) },
        "message_delta",
      ),
      event({ type: "message_stop" }, "message_stop"),
    ];
  },
  error: (status, message) => ({ type: "error", error: { type: status === 429 ? "rate_limit_error" : "invalid_request_error", message } }),
};

/** Gemini's `streamGenerateContent?alt=sse`. Its arguments are JSON, not text: what is none goes out as a string. */
export const geminiShape: Shape = {
  name: "gemini",
  events(reply) {
    const usage = reply.usage === undefined ? USAGE : reply.usage;
    const modelVersion = reply.model ?? "gemini-test";
    const chunk = (parts: readonly unknown[], finishReason?: string): string =>
      event({
        candidates: [{ content: { role: "model", parts }, ...(finishReason === undefined ? {} : { finishReason }), index: 0 }],
        modelVersion,
        ...(usage === null
          ? {}
          : {
              usageMetadata: {
                promptTokenCount: usage.input,
                candidatesTokenCount: usage.output,
                ...(usage.cached === undefined ? {} : { cachedContentTokenCount: usage.cached }),
              },
            }),
      });
    return [
      ...(reply.text ?? []).map((text) => chunk([{ text }])),
      ...(reply.toolCalls ?? []).map(({ id, name, args }) => chunk([{ functionCall: { id, name, args: parsed(args) } }])),
      chunk([], stopOf(reply, { end: "STOP", tool: "STOP", length: "MAX_TOKENS", refusal: "SAFETY" })),
    ];
  },
  error: (status, message) => ({ error: { code: status, message, status: status === 429 ? "RESOURCE_EXHAUSTED" : "INVALID_ARGUMENT" } }),
};

/** All three. */
export const SHAPES: readonly Shape[] = [openaiShape, anthropicShape, geminiShape];

/** Sends the events of a stream, each in a write of its own, and ends it. */
export function sendEvents(response: ServerResponse, events: readonly string[]): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  for (const text of events) response.write(text);
  response.end();
}

/** Sends JSON with a status. */
export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function halves(text: string): string[] {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
