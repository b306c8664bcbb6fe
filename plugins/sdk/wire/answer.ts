// An answer as it comes in, piece by piece and bounded. Vendors report what they like: text is made well-formed, ids distinct, counts
// plausible; what is missing is estimated and says so.
import { cutUtf8, utf8Bytes } from "../host/utf8.ts";
import type { LlmRequest, LlmResponse, StopReason, ToolCall } from "../llm.ts";
import { MAX_ANSWER_BYTES, MAX_ARGUMENTS, MAX_TOOL_CALLS } from "./limits.ts";
import { parseArguments } from "./toolArguments.ts";

/** Counts as a vendor reported them: anything at all. `input` includes what was cached. */
export interface ReportedUsage {
  readonly input?: unknown;
  readonly output?: unknown;
  readonly cached?: unknown;
}

/** A piece of a tool call: the first id and name count, `args` is appended to what came before. */
export interface ToolCallPiece {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly args?: unknown;
}

interface OpenCall {
  id: string | undefined;
  name: string;
  args: string;
}

const BYTES_PER_TOKEN = 4; // of English, roughly; only where a vendor does not count
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const MAX_ID = 8_192; // an id may carry what its vendor wants back

/** Collects one answer. Once `isFull` nothing more is taken in, and the answer stops with `length`. */
export class Answer {
  readonly #request: LlmRequest;
  readonly #onText: ((text: string) => void) | undefined;
  readonly #calls = new Map<string | number, OpenCall>();
  #text = "";
  #bytes = 0;
  #halfCharacter = "";
  #argumentLength = 0;
  #full = false;
  #stop: StopReason | undefined;
  #model: string | undefined;
  #usage: ReportedUsage = {};

  constructor(request: LlmRequest, onText?: (text: string) => void) {
    this.#request = request;
    this.#onText = onText;
  }

  get isFull(): boolean {
    return this.#full;
  }

  /** Whether the vendor has said why it stopped. */
  get hasStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Adds text; anything that is no string is nothing. A character split between two pieces is put together. */
  addText(piece: unknown): void {
    if (typeof piece !== "string" || piece === "" || this.#full) return;
    let text = this.#halfCharacter + piece;
    this.#halfCharacter = /[\ud800-\udbff]$/.test(text) ? text.slice(-1) : "";
    if (this.#halfCharacter !== "") text = text.slice(0, -1);
    this.#say(text.replace(LONE_SURROGATE, "\ufffd"));
  }

  /** Adds to the call `key`, which begins when it is new. */
  addToolCall(key: string | number, piece: ToolCallPiece): void {
    if (this.#full) return;
    let call = this.#calls.get(key);
    if (!call) {
      if (this.#calls.size >= MAX_TOOL_CALLS) {
        this.#full = true;
        return;
      }
      call = { id: undefined, name: "", args: "" };
      this.#calls.set(key, call);
    }
    if (typeof piece.id === "string" && piece.id !== "") call.id ??= wellFormed(piece.id.slice(0, MAX_ID));
    if (typeof piece.name === "string" && call.name === "") call.name = wellFormed(piece.name.slice(0, 256));
    if (typeof piece.args !== "string") return;
    const room = MAX_ARGUMENTS - this.#argumentLength;
    call.args += piece.args.slice(0, room);
    this.#argumentLength += piece.args.length;
    this.#full = piece.args.length > room;
  }

  /** The id of a call that has begun. */
  idOf(key: string | number): string | undefined {
    return this.#calls.get(key)?.id;
  }

  stop(reason: StopReason): void {
    this.#stop = reason;
  }

  answeredBy(model: unknown): void {
    if (typeof model === "string" && model !== "") this.#model = model.slice(0, 256);
  }

  /** Later reports complete or replace earlier ones. */
  report(usage: ReportedUsage): void {
    this.#usage = { ...this.#usage, ...Object.fromEntries(Object.entries(usage).filter(([, value]) => typeof value === "number")) };
  }

  /** The answer as it stands. */
  build(): LlmResponse {
    if (this.#halfCharacter !== "") this.#say("\ufffd");
    this.#halfCharacter = "";
    const toolCalls = this.#toolCalls();
    return {
      text: this.#text,
      toolCalls,
      usage: this.#countedUsage(toolCalls),
      stopReason: this.#stopReason(toolCalls.length > 0),
      ...(this.#model === undefined ? {} : { model: this.#model }),
    };
  }

  #say(text: string): void {
    const room = MAX_ANSWER_BYTES - this.#bytes;
    const bytes = utf8Bytes(text);
    const said = bytes > room ? cutUtf8(text, room) : text;
    this.#full ||= bytes > room;
    this.#bytes += Math.min(bytes, room);
    if (said === "") return;
    this.#text += said;
    this.#onText?.(said);
  }

  #stopReason(calls: boolean): StopReason {
    if (this.#full) return "length";
    if (this.#stop === undefined || this.#stop === "end" || this.#stop === "tool") return calls ? "tool" : "end";
    return this.#stop;
  }

  /** Ids are made where there are none, and made different where they are not: answers find their calls by them. */
  #toolCalls(): ToolCall[] {
    const before = this.#request.messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
    const taken = new Set(before.map(({ id }) => id));
    return Array.from(this.#calls.values(), (call, i) => {
      const wanted = call.id ?? `call_${before.length + i + 1}`;
      let id = wanted;
      for (let n = 2; taken.has(id); n++) id = `${wanted}_${n}`;
      taken.add(id);
      return { id, name: call.name, args: parseArguments(call.args) };
    });
  }

  #countedUsage(toolCalls: readonly ToolCall[]): LlmResponse["usage"] {
    const input = plausible(this.#usage.input);
    const output = plausible(this.#usage.output);
    const cached = plausible(this.#usage.cached);
    const inputTokens = input ?? estimateInputTokens(this.#request);
    return {
      inputTokens,
      outputTokens: output ?? tokensOf(this.#text + (toolCalls.length > 0 ? JSON.stringify(toolCalls) : "")),
      ...(cached === undefined || cached === 0 ? {} : { cachedInputTokens: Math.min(cached, inputTokens) }),
      ...(input === undefined || output === undefined ? { estimated: true } : {}),
    };
  }
}

/** About how many tokens a request takes: a quarter of its bytes, at least 1. */
export function estimateInputTokens(request: LlmRequest): number {
  const messages = request.messages.map((message) =>
    message.role === "assistant" && message.toolCalls?.length ? message.content + JSON.stringify(message.toolCalls) : message.content,
  );
  return tokensOf([request.system, ...messages, request.tools.length > 0 ? JSON.stringify(request.tools) : ""].join(""));
}

function tokensOf(text: string): number {
  return Math.max(1, Math.ceil(utf8Bytes(text) / BYTES_PER_TOKEN));
}

const MAX_TOKENS = 100_000_000; // of one turn: a hundred times the largest context window

/** A count that can be one: whole and from 0 to {@link MAX_TOKENS}. */
function plausible(count: unknown): number | undefined {
  return typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= MAX_TOKENS ? count : undefined;
}

function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, "\ufffd");
}
