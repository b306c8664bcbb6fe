// What every model provider keeps to (B120). The world plays the vendor: it is told in neutral words what the vendor does next, and
// says it in the vendor's own. Nothing here knows a vendor, so a provider that nobody here has heard of passes the same clauses.
import assert from "node:assert/strict";
import {
  kindOfStatus,
  type LlmProvider,
  type LlmRequest,
  type ProviderError,
  type ProviderErrorKind,
  type StopReason,
  type ToolCall,
} from "../index.ts";
import { type Clause, inTime, rejectionOf } from "./clause.ts";

/** What the vendor does with one call. */
export type VendorMove =
  /** It answers. A text of two characters or more is sent in at least two pieces where the vendor streams. */
  | {
      readonly is: "answer";
      readonly text: string;
      readonly toolCalls?: readonly ToolCall[];
      readonly stopReason: StopReason;
      readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
    }
  /** It refuses with an HTTP status (a provider without HTTP: with what stands for it). */
  | { readonly is: "status"; readonly status: number; readonly retryAfterMs?: number; readonly body?: string }
  /** It begins an answer and says no more until the call is aborted. */
  | { readonly is: "hang" }
  /** It cuts the connection in the middle of an answer. */
  | { readonly is: "cut" }
  /** It answers with something that is none of its formats, and a good status. */
  | { readonly is: "garbage" };

/** A provider whose vendor makes the moves given, one for each call. */
export interface OpenLlm {
  readonly provider: LlmProvider;
  /** A model of this provider. */
  readonly model: string;
  /** Calls that have reached the vendor. */
  calls(): number;
  /** Calls that the vendor still holds open. */
  openCalls(): number;
  close(): Promise<void>;
}

/** Where a provider is tried out. A move that it cannot make (a provider without connections cannot be cut off) stands in `cannot`, with the reason. */
export interface LlmWorld {
  open(moves: readonly VendorMove[]): Promise<OpenLlm>;
  /** The key that its providers are given: it may be seen by nobody. */
  readonly secret: string;
  readonly cannot?: Readonly<Partial<Record<VendorMove["is"] | "tools", string>>>;
}

const USAGE = { inputTokens: 12, outputTokens: 7 };

/** A small request; `change` says what it is about. */
function aRequest(model: string, change: Partial<LlmRequest> = {}): LlmRequest {
  return { model, system: "Be brief.", messages: [{ role: "user", content: "Hello" }], tools: [], maxTokens: 64, ...change };
}

/** A clause about a world that makes `moves`; passes over what the world cannot do. */
function clause(name: string, moves: readonly VendorMove[], check: (llm: OpenLlm) => Promise<void>): Clause<LlmWorld> {
  return {
    name,
    async check(world) {
      if (moves.some((move) => world.cannot?.[move.is] !== undefined)) return;
      if (moves.some((move) => move.is === "answer" && move.toolCalls !== undefined) && world.cannot?.tools !== undefined) return;
      const llm = await world.open(moves);
      try {
        await check(llm);
      } finally {
        await llm.provider.close?.();
        await llm.close();
      }
    },
  };
}

async function failureOf(llm: OpenLlm): Promise<ProviderError> {
  const error = await rejectionOf(
    inTime(llm.provider.complete(aRequest(llm.model), { signal: new AbortController().signal }), "a refusal"),
  );
  assert.ok(error instanceof Error, "what is thrown is an Error");
  assert.equal(error.name, "ProviderError", `a vendor's fault is a ProviderError, not ${error.name}: ${error.message}`);
  return error as ProviderError;
}

const answers: readonly Clause<LlmWorld>[] = [
  clause(
    "an answer has its text, its usage and why it ended",
    [{ is: "answer", text: "Hello you", stopReason: "end", usage: USAGE }],
    async (llm) => {
      const response = await llm.provider.complete(aRequest(llm.model), { signal: new AbortController().signal });
      assert.equal(response.text, "Hello you");
      assert.equal(response.stopReason, "end");
      assert.deepEqual(response.toolCalls, []);
      assert.equal(response.usage.inputTokens, USAGE.inputTokens);
      assert.equal(response.usage.outputTokens, USAGE.outputTokens);
    },
  ),
  clause("usage is whole numbers, none below zero", [{ is: "answer", text: "Hello", stopReason: "end", usage: USAGE }], async (llm) => {
    const { usage } = await llm.provider.complete(aRequest(llm.model), { signal: new AbortController().signal });
    for (const [name, count] of Object.entries(usage)) {
      if (count !== undefined) assert.ok(Number.isSafeInteger(count) && Number(count) >= 0, `${name} is ${String(count)}`);
    }
  }),
  clause(
    "the pieces given to onText, put together, are the text",
    [{ is: "answer", text: "One two three, Grüße, 你好, 👩‍👩‍👧.", stopReason: "end", usage: USAGE }],
    async (llm) => {
      const pieces: string[] = [];
      const options = { signal: new AbortController().signal, onText: (piece: string) => void pieces.push(piece) };
      const response = await llm.provider.complete(aRequest(llm.model), options);
      assert.equal(response.text, "One two three, Grüße, 你好, 👩‍👩‍👧.");
      assert.equal(pieces.join(""), response.text);
    },
  ),
  clause("nobody has to listen to the pieces", [{ is: "answer", text: "quiet", stopReason: "end", usage: USAGE }], async (llm) => {
    assert.equal((await llm.provider.complete(aRequest(llm.model), { signal: new AbortController().signal })).text, "quiet");
  }),
  clause("an answer cut at the limit says so", [{ is: "answer", text: "and then", stopReason: "length", usage: USAGE }], async (llm) => {
    assert.equal((await llm.provider.complete(aRequest(llm.model), { signal: new AbortController().signal })).stopReason, "length");
  }),
  clause(
    "tool calls come with their ids, names and arguments, in order",
    [
      {
        is: "answer",
        text: "",
        toolCalls: [
          { id: "c1", name: "look_up", args: { city: "Köln", days: 3, deep: { list: [1, "two", null] } } },
          { id: "c2", name: "look_up", args: {} },
        ],
        stopReason: "tool",
        usage: USAGE,
      },
    ],
    async (llm) => {
      const tool = { name: "look_up", description: "Looks something up.", inputSchema: { type: "object" } };
      const response = await llm.provider.complete(aRequest(llm.model, { tools: [tool] }), { signal: new AbortController().signal });
      assert.equal(response.stopReason, "tool");
      assert.deepEqual(
        response.toolCalls.map(({ name, args }) => ({ name, args })),
        [
          { name: "look_up", args: { city: "Köln", days: 3, deep: { list: [1, "two", null] } } },
          { name: "look_up", args: {} },
        ],
      );
      const ids = response.toolCalls.map((call) => call.id);
      assert.ok(
        ids.every((id) => typeof id === "string" && id !== ""),
        "each call has an id",
      );
      assert.equal(new Set(ids).size, 2, "and no two the same");
    },
  ),
  clause(
    "a whole conversation with tool results can be told",
    [{ is: "answer", text: "12 °C", stopReason: "end", usage: USAGE }],
    async (llm) => {
      const tools = [{ name: "look_up", description: "Looks something up.", inputSchema: { type: "object" } }];
      const messages: LlmRequest["messages"] = [
        { role: "user", content: "How warm is it?" },
        { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "look_up", args: { city: "Köln" } }] },
        { role: "tool", toolCallId: "c1", name: "look_up", content: "12 °C" },
        { role: "assistant", content: "", toolCalls: [{ id: "c2", name: "look_up", args: {} }] },
        { role: "tool", toolCallId: "c2", name: "look_up", content: "city is missing", isError: true },
      ];
      const response = await llm.provider.complete(aRequest(llm.model, { messages, tools }), { signal: new AbortController().signal });
      assert.equal(response.text, "12 °C");
    },
  ),
  clause(
    "two calls at once do not mix",
    [
      { is: "answer", text: "same words", stopReason: "end", usage: USAGE },
      { is: "answer", text: "same words", stopReason: "end", usage: USAGE },
    ],
    async (llm) => {
      const call = async (): Promise<string> => {
        let text = "";
        const onText = (piece: string): void => void (text += piece);
        await llm.provider.complete(aRequest(llm.model), { signal: new AbortController().signal, onText });
        return text;
      };
      assert.deepEqual(await Promise.all([call(), call()]), ["same words", "same words"]);
    },
  ),
];

/** 400–422 cannot be helped by asking again; the rest passes (B72). */
const STATUSES = [400, 401, 403, 404, 422, 408, 409, 429, 500, 502, 503];

const refusals: readonly Clause<LlmWorld>[] = [
  ...STATUSES.map((status) => {
    const want: ProviderErrorKind = kindOfStatus(status);
    return clause(`status ${status} is a ProviderError of kind ${want}, asked once (B72)`, [{ is: "status", status }], async (llm) => {
      assert.equal((await failureOf(llm)).kind, want);
      assert.equal(llm.calls(), 1, "retries are the caller's");
    });
  }),
  clause("the vendor's wish when to ask again is passed on", [{ is: "status", status: 429, retryAfterMs: 7_000 }], async (llm) => {
    const { retryAfterMs } = await failureOf(llm);
    assert.ok(retryAfterMs !== undefined && retryAfterMs > 0 && retryAfterMs <= 7_000, `retryAfterMs is ${String(retryAfterMs)}`);
  }),
  clause("a connection cut in mid-answer is transient", [{ is: "cut" }], async (llm) => {
    assert.equal((await failureOf(llm)).kind, "transient");
    assert.equal(llm.calls(), 1, "retries are the caller's");
  }),
  clause("an answer that is no answer is a ProviderError", [{ is: "garbage" }], async (llm) => {
    await failureOf(llm);
  }),
  {
    name: "no message holds the key, not even when the vendor repeats it",
    async check(world) {
      if (world.cannot?.status !== undefined) return;
      const llm = await world.open([{ is: "status", status: 401, body: `bad key ${world.secret}` }]);
      try {
        const error = await failureOf(llm);
        assert.ok(!error.message.includes(world.secret), "the key is in the message");
      } finally {
        await llm.provider.close?.();
        await llm.close();
      }
    },
  },
];

const aborts: readonly Clause<LlmWorld>[] = [
  clause(
    "aborted before, it rejects with the signal's reason and asks nobody",
    [{ is: "answer", text: "no", stopReason: "end", usage: USAGE }],
    async (llm) => {
      const reason = new Error("stop before");
      const error = await rejectionOf(llm.provider.complete(aRequest(llm.model), { signal: AbortSignal.abort(reason) }));
      assert.equal(error, reason);
      assert.equal(llm.calls(), 0);
    },
  ),
  clause("aborted in mid-answer, it rejects with the signal's reason and leaves no call open", [{ is: "hang" }], async (llm) => {
    const reason = new Error("stop now");
    const abort = new AbortController();
    const call = rejectionOf(llm.provider.complete(aRequest(llm.model), { signal: abort.signal }));
    await eventually(() => llm.calls() === 1, "the call reaches the vendor");
    abort.abort(reason);
    assert.equal(await inTime(call, "an aborted call"), reason);
    await eventually(() => llm.openCalls() === 0, "the vendor sees the call end");
  }),
  clause(
    "after an aborted call the next one works",
    [{ is: "hang" }, { is: "answer", text: "again", stopReason: "end", usage: USAGE }],
    async (llm) => {
      const abort = new AbortController();
      const call = rejectionOf(llm.provider.complete(aRequest(llm.model), { signal: abort.signal }));
      await eventually(() => llm.calls() === 1, "the call reaches the vendor");
      abort.abort(new Error("stop"));
      await inTime(call, "an aborted call");
      assert.equal((await llm.provider.complete(aRequest(llm.model), { signal: new AbortController().signal })).text, "again");
    },
  ),
];

/** What every {@link LlmProvider} promises. Loop over it with any test runner: `for (const c of llmClauses) test(c.name, () => c.check(world))`. */
export const llmClauses: readonly Clause<LlmWorld>[] = [...answers, ...refusals, ...aborts];

/** Waits, with turns of the event loop and at most the clauses' patience, until something is true. */
async function eventually(isSo: () => boolean, what: string): Promise<void> {
  const untilMs = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > untilMs) assert.fail(`${what}: it never did`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
