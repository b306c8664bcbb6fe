// A task's conversation as a state machine: the model is asked, the tools that it calls are called, until it answers or may not go on.
// `next` decides and does nothing; `attempt.ts` carries its effects out. Every way to end is one of `finish` and `fail`.
import type { Message, ToolCall } from "../plugins/sdk/index.ts";
import type { Answer } from "./answer.ts";
import { MAX_CALLS_PER_TURN, MAX_EQUAL_CALLS } from "./limits.ts";

/** Where a conversation stands. Plain data. */
export interface LoopState {
  readonly messages: readonly Message[];
  readonly rounds: number;
  /** How often each call, by `callKeyOf`, was asked for. */
  readonly asked: Readonly<Record<string, number>>;
  readonly maxRounds: number;
  /** The answer has to fit a schema: half of one is none. */
  readonly underSchema: boolean;
}

/** What happened. `results` are in the order of the calls. */
export type LoopEvent =
  | { readonly is: "answered"; readonly answer: Answer }
  | { readonly is: "called"; readonly results: readonly CallResult[] };

/** A call as it was answered. */
export interface CallResult {
  readonly call: ToolCall;
  readonly content: string;
  readonly isError: boolean;
}

/** A call as the loop judges it: `refused` says why it is not made; `n` counts equal calls of this task, from 1. */
export interface PlannedCall {
  readonly call: ToolCall;
  readonly n: number;
  readonly refused?: string;
}

/** What to do next. */
export type LoopEffect =
  | { readonly do: "ask" }
  | { readonly do: "call"; readonly calls: readonly PlannedCall[] }
  | { readonly do: "finish"; readonly text: string; readonly stopReason: "end" | "length" }
  | {
      readonly do: "fail";
      readonly reason: "ToolRoundsExceeded" | "AnswerCutOff" | "Refused";
      readonly message: string;
      readonly permanent: boolean;
    };

/** A state and what follows from it. */
export interface LoopStep {
  readonly state: LoopState;
  readonly effect: LoopEffect;
}

/** A conversation that begins with a prompt. */
export function begin(prompt: string, options: { readonly maxRounds: number; readonly underSchema: boolean }): LoopStep {
  const state = { messages: [{ role: "user" as const, content: prompt }], rounds: 0, asked: {}, ...options };
  return { state, effect: { do: "ask" } };
}

/** What an event makes of a conversation. Pure: same state and event, same step. */
export function next(state: LoopState, event: LoopEvent): LoopStep {
  switch (event.is) {
    case "answered":
      return afterAnswer(state, event.answer);
    case "called":
      return { state: { ...state, messages: [...state.messages, ...event.results.map(messageOf)] }, effect: { do: "ask" } };
  }
}

function afterAnswer(state: LoopState, answer: Answer): LoopStep {
  if (answer.stopReason === "refusal") {
    const said = answer.text.trim() === "" ? "" : `: ${answer.text.trim().slice(0, 300)}`;
    return fail(state, "Refused", `the model refused to answer${said}; change the prompt`, true);
  }
  if (answer.toolCalls.length > 0) return callTools(state, answer);
  if (answer.stopReason === "length" && state.underSchema) {
    return fail(
      state,
      "AnswerCutOff",
      "the answer was cut off at its limit of tokens, so it cannot fit the schema; raise limits.maxTokensPerCall",
      false,
    );
  }
  return { state, effect: { do: "finish", text: answer.text, stopReason: answer.stopReason === "length" ? "length" : "end" } };
}

function callTools(state: LoopState, answer: Answer): LoopStep {
  if (state.rounds >= state.maxRounds) {
    const message = `the model asked for tools again after ${state.maxRounds} rounds of them; make the task smaller or the prompt clearer`;
    return fail(state, "ToolRoundsExceeded", message, false);
  }
  const asked: Record<string, number> = { ...state.asked };
  const calls = answer.toolCalls.map((call, i): PlannedCall => {
    const key = callKeyOf(call);
    const n = (asked[key] ?? 0) + 1;
    asked[key] = n;
    if (answer.stopReason === "length")
      return { call, n, refused: "the turn was cut off at its limit of tokens, so the call was not made" };
    if (i >= MAX_CALLS_PER_TURN)
      return { call, n, refused: `at most ${MAX_CALLS_PER_TURN} calls can be made in one turn; this one was not` };
    if (n > MAX_EQUAL_CALLS) {
      return { call, n, refused: `the same call was made ${MAX_EQUAL_CALLS} times already; use what it answered, or call something else` };
    }
    return { call, n };
  });
  const said: Message = { role: "assistant", content: answer.text, toolCalls: answer.toolCalls };
  return {
    state: { ...state, messages: [...state.messages, said], rounds: state.rounds + 1, asked },
    effect: { do: "call", calls },
  };
}

function fail(state: LoopState, reason: Extract<LoopEffect, { do: "fail" }>["reason"], message: string, permanent: boolean): LoopStep {
  return { state, effect: { do: "fail", reason, message, permanent } };
}

function messageOf({ call, content, isError }: CallResult): Message {
  return { role: "tool", toolCallId: call.id, name: call.name, content, ...(isError ? { isError } : {}) };
}

/** The same for calls that ask for the same: name and arguments, whatever the order of keys. The colon cannot occur in JSON's first place. */
export function callKeyOf(call: Pick<ToolCall, "name" | "args">): string {
  return `${call.name}:${canonicalJson(call.args)}`;
}

/** JSON with the keys of each object sorted. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
