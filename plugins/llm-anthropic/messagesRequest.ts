// Our request as the body of a message of Anthropic's.
import type {
  ContentBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import { argumentsObject, type LlmRequest, type Message, wireToolName } from "../sdk/index.ts";
import { closedSchema } from "./closedSchema.ts";

/** What a model has turned out not to take. */
export interface Abilities {
  readonly temperature: boolean;
  readonly outputFormat: boolean;
}

/** The body, and `temperature`, which the SDK's types no longer have: models that still take one want it from 0 to 1. */
export function messagesRequest(request: LlmRequest, abilities: Abilities): MessageCreateParamsStreaming & { temperature?: number } {
  const schema = request.responseSchema && abilities.outputFormat ? closedSchema(request.responseSchema) : undefined;
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    stream: true,
    messages: messagesOf(request.messages),
    ...(request.system === "" ? {} : { system: request.system }),
    ...(request.temperature === undefined || !abilities.temperature ? {} : { temperature: Math.min(request.temperature, 1) }),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toolOf) }),
    ...(schema === undefined ? {} : { output_config: { format: { type: "json_schema", schema: { ...schema } } } }),
  };
}

/** Neighbours of one role become one message: results of calls have to stand together, and first, in the message after the call. */
function messagesOf(messages: readonly Message[]): MessageParam[] {
  const merged: { role: "user" | "assistant"; content: ContentBlockParam[] }[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const blocks = blocksOf(message);
    const last = merged.at(-1);
    if (blocks.length === 0) continue; // an empty text is refused
    if (last?.role === role) last.content.push(...blocks);
    else merged.push({ role, content: blocks });
  }
  return merged;
}

function blocksOf(message: Message): ContentBlockParam[] {
  const text: ContentBlockParam[] = message.content.trim() === "" ? [] : [{ type: "text", text: message.content }];
  switch (message.role) {
    case "user":
      return text;
    case "assistant":
      return [
        ...text,
        ...(message.toolCalls ?? []).map(
          ({ id, name, args }): ContentBlockParam => ({
            type: "tool_use",
            id: wireId(id),
            name: wireToolName(name),
            input: argumentsObject(args),
          }),
        ),
      ];
    case "tool": {
      const result: ToolResultBlockParam = { type: "tool_result", tool_use_id: wireId(message.toolCallId), content: message.content };
      return [message.isError === true ? { ...result, is_error: true } : result];
    }
  }
}

/** Ids have to be of `[A-Za-z0-9_-]`; those that Anthropic made are. */
function wireId(id: string): string {
  return id.replace(/[^\w-]/gu, "_");
}

function toolOf(tool: LlmRequest["tools"][number]): { name: string; description: string; input_schema: { type: "object" } } {
  return { name: tool.name, description: tool.description, input_schema: { ...tool.inputSchema, type: "object" } };
}
