// One model turn. The tool loop, retries, budgets and validation are the runtime's; a provider only translates (SPEC §18).
import type { JsonObject, JsonValue } from "../../crds/json.ts";

/** A model, somewhere. Proven by `llmClauses`. */
export interface LlmProvider {
  /**
   * One turn. `onText` gets text as it is produced, in order, and together equals `text` of the answer.
   * Aborted, it rejects with `signal.reason` and leaves no socket behind. It never retries: that is the caller's.
   * @throws ProviderError for whatever the vendor refused or could not do
   */
  complete(request: LlmRequest, options: CompleteOptions): Promise<LlmResponse>;
  /** One vector of equal length for each text, in order. Absent when the vendor has no embeddings. */
  embed?(texts: readonly string[], options: { signal: AbortSignal; model?: string }): Promise<number[][]>;
  close?(): Promise<void>;
}

/** How one turn is made. */
export interface CompleteOptions {
  readonly signal: AbortSignal;
  readonly onText?: ((text: string) => void) | undefined;
  /** Who asks: for scripted answers and for tracing. Nothing in it may change what a real model is told. */
  readonly caller?: LlmCaller | undefined;
}

/** Who asks the model, and for the how-manieth time. */
export interface LlmCaller {
  readonly run: string;
  readonly runUID: string;
  readonly step: string;
  /** The role, `<step>:judge` for a judge, `route` for a router, the agent's name for a probe. */
  readonly role: string;
  /** This is the n-th model call of that role in this run, from 1. */
  readonly call: number;
}

/** What the model is given. `maxTokens` bounds the answer. */
export interface LlmRequest {
  readonly model: string;
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly LlmTool[];
  readonly maxTokens: number;
  /** 0–2. */
  readonly temperature?: number | undefined;
  /** The answer has to be JSON that fits this schema; a provider that cannot enforce it may ignore it. */
  readonly responseSchema?: JsonObject | undefined;
}

/** A tool as the model sees it. */
export interface LlmTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** One message of the conversation. */
export type Message =
  | { readonly role: "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string; readonly toolCalls?: readonly ToolCall[] | undefined }
  | {
      readonly role: "tool";
      readonly toolCallId: string;
      readonly name: string;
      readonly content: string;
      readonly isError?: boolean | undefined;
    };

/** A call that the model wants made. `args` is whatever it wrote: the runtime checks it. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: JsonValue;
}

/** Why the model stopped. `length`: it was cut at `maxTokens`. */
export const STOP_REASONS = ["end", "tool", "length", "refusal"] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/**
 * What the model answered. Counts are tokens; `inputTokens` includes the cached ones. `estimated`: the vendor did not count, or not
 * plausibly, so the provider took a quarter of the bytes.
 */
export interface LlmResponse {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cachedInputTokens?: number | undefined;
    readonly estimated?: boolean | undefined;
  };
  readonly stopReason: StopReason;
  /** The model that really answered, when the vendor says so. */
  readonly model?: string | undefined;
}
