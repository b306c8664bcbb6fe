// Our request as the body of a chat completion.
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { argumentsObject, type LlmRequest, type Message, wireToolName } from "../sdk/index.ts";
import type { Dialect } from "./dialect.ts";
import { isStrict } from "./strictSchema.ts";

/** The body, in the endpoint's dialect. */
export function chatRequest(request: LlmRequest, dialect: Dialect): ChatCompletionCreateParamsStreaming {
  const system: ChatCompletionMessageParam[] = request.system === "" ? [] : [{ role: "system", content: request.system }];
  return {
    model: request.model,
    messages: [...system, ...request.messages.map(messageOf)],
    stream: true,
    ...(dialect.streamOptions ? { stream_options: { include_usage: true } } : {}),
    ...(dialect.tokenLimits[0] === undefined ? {} : { [dialect.tokenLimits[0]]: request.maxTokens }),
    ...(request.temperature === undefined || !dialect.temperature ? {} : { temperature: request.temperature }),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toolOf) }),
    ...responseFormatOf(request, dialect),
  };
}

function messageOf(message: Message): ChatCompletionMessageParam {
  switch (message.role) {
    case "user":
      return { role: "user", content: message.content };
    case "tool":
      return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
    case "assistant": {
      const calls = message.toolCalls ?? [];
      if (calls.length === 0) return { role: "assistant", content: message.content };
      return {
        role: "assistant",
        content: message.content === "" ? null : message.content,
        tool_calls: calls.map(({ id, name, args }) => ({
          id,
          type: "function",
          function: { name: wireToolName(name), arguments: JSON.stringify(argumentsObject(args)) }, // servers parse it: it has to be JSON
        })),
      };
    }
  }
}

function toolOf(tool: LlmRequest["tools"][number]): {
  type: "function";
  function: { name: string; description: string; parameters: Record<string, unknown> };
} {
  return { type: "function", function: { name: tool.name, description: tool.description, parameters: { ...tool.inputSchema } } };
}

function responseFormatOf({ responseSchema }: LlmRequest, dialect: Dialect): Pick<ChatCompletionCreateParamsStreaming, "response_format"> {
  if (!responseSchema || dialect.responseFormat === "none") return {};
  if (dialect.responseFormat === "json_object") return { response_format: { type: "json_object" } };
  const schema = { ...responseSchema };
  return { response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: isStrict(responseSchema) } } };
}
