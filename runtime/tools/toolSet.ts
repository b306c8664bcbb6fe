// The tools of one task: looked up in one order (built-in, HTTP, MCP), so that nobody can shadow a built-in (B75); arguments checked;
// answers cut and named untrusted. A tool's error is an answer like any other: it never ends a task.
import type { JsonObject, JsonValue } from "../../crds/index.ts";
import { type LlmTool, utf8Bytes } from "../../plugins/sdk/index.ts";
import { TaskEnded } from "../ending.ts";
import { MAX_TOOL_ARGS, MAX_TOOL_TEXT } from "../limits.ts";
import { cutWithNote, wellFormed } from "../text.ts";
import { untrusted } from "../untrusted.ts";
import { messageOf } from "../verdict.ts";
import { argumentFaults } from "./arguments.ts";
import { TOOL_SOURCES, type Tool, type ToolAnswer, type ToolContext, toolError } from "./tool.ts";

/** The tools of a task, fixed for its length (S70). */
export class ToolSet {
  private readonly byName = new Map<string, Tool>();
  /** Tools that are not offered, and why. */
  readonly dropped: readonly { readonly name: string; readonly reason: string }[];

  constructor(tools: readonly Tool[]) {
    const dropped: { name: string; reason: string }[] = [];
    for (const source of TOOL_SOURCES) {
      for (const tool of tools) {
        if (tool.source !== source) continue;
        const first = this.byName.get(tool.name);
        if (first === undefined) this.byName.set(tool.name, tool);
        else dropped.push({ name: tool.name, reason: `a ${first.source} tool has that name already` });
      }
    }
    this.dropped = dropped;
  }

  /** As the model sees them. */
  offered(): LlmTool[] {
    return [...this.byName.values()].map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  }

  /** Makes a call and always answers; rejects only when the task is over. The text is ready for the model. */
  async call(name: string, args: JsonValue, context: ToolContext): Promise<{ content: string; isError: boolean }> {
    const answer = await this.answerTo(name, args, context);
    context.signal.throwIfAborted();
    const text = cutWithNote(wellFormed(answer.text), MAX_TOOL_TEXT, "\n… (cut: the answer is longer than 256 KiB)");
    return { content: answer.from === undefined ? text : untrusted(answer.from, text), isError: answer.isError };
  }

  private async answerTo(name: string, args: JsonValue, context: ToolContext): Promise<ToolAnswer> {
    const tool = this.byName.get(name);
    if (tool === undefined) return toolError(this.unknown(name));
    if (!isObject(args)) return toolError(`the arguments of ${name} have to be a JSON object; call it again with one`);
    if (utf8Bytes(JSON.stringify(args)) > MAX_TOOL_ARGS)
      return toolError(`the arguments of ${name} are longer than 1 MiB; call it with less`);
    try {
      const faults = tool.check === undefined ? await argumentFaults(tool.inputSchema, args) : tool.check(args);
      if (faults !== undefined) return toolError(`the arguments of ${name} do not fit: ${faults}; nothing was called`);
      return await tool.call(args, context);
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof TaskEnded) throw error;
      return toolError(`${name} failed: ${messageOf(error)}`);
    }
  }

  private unknown(name: string): string {
    const names = [...this.byName.keys()];
    const shown = name.slice(0, 100);
    return names.length === 0
      ? `there is no tool "${shown}", nor any other; answer without tools`
      : `there is no tool "${shown}"; there are: ${names.slice(0, 200).join(", ")}`;
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
