// What a tool is to the runtime, wherever it comes from.
import type { JsonObject } from "../../crds/index.ts";
import type { Task } from "../../plugins/sdk/index.ts";

/** Where tools come from, in the order in which a name is looked up (B75). */
export const TOOL_SOURCES = ["built-in", "http", "mcp"] as const;
/** One of {@link TOOL_SOURCES}. */
export type ToolSource = (typeof TOOL_SOURCES)[number];

/** A tool. `call` answers, also with errors; what it throws is an error shown to the model too, unless the task itself is over. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly source: ToolSource;
  /** Checks arguments beyond being an object: faults as text, or undefined. Absent: against `inputSchema`. */
  readonly check?: (args: JsonObject) => string | undefined;
  call(args: JsonObject, context: ToolContext): Promise<ToolAnswer>;
}

/** What a call is made with. */
export interface ToolContext {
  readonly task: Task;
  readonly signal: AbortSignal;
  /** Of this call, for the journal. */
  readonly span: string;
  /** Equal calls of this task so far, this one included. */
  readonly n: number;
  /** Waits without holding one of the agent's slots; the task's clock stands still (B65). */
  idle<T>(wait: () => Promise<T>): Promise<T>;
}

/** What a tool answered. `from` names the outside source of a text that is not ours (S71); absent: we wrote it. */
export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
  readonly from?: string;
}

/** An error of a tool in our own words. */
export function toolError(text: string): ToolAnswer {
  return { text, isError: true };
}
