// Our request as the body of `generateContent`.
import { argumentsObject, type JsonObject, type JsonValue, type LlmRequest, type Message, wireToolName } from "../sdk/index.ts";
import { signatureOf } from "./callId.ts";

/** The body. Gemini takes no answer schema beside tools; `withSchema` is false for models that take none at all. */
export function generateRequest(request: LlmRequest, withSchema: boolean): JsonObject {
  const schema = withSchema && request.tools.length === 0 ? request.responseSchema : undefined;
  return {
    contents: contentsOf(request),
    ...(request.system === "" ? {} : { systemInstruction: { parts: [{ text: request.system }] } }),
    ...(request.tools.length === 0 ? {} : { tools: [{ functionDeclarations: request.tools.map(declarationOf) }] }),
    generationConfig: {
      maxOutputTokens: request.maxTokens,
      ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
      ...(schema === undefined ? {} : { responseMimeType: "application/json", responseJsonSchema: schema }),
    },
  };
}

/** Neighbours of one role become one content: the answers of the calls of one turn have to come together. */
function contentsOf(request: LlmRequest): JsonValue[] {
  const contents: { role: "user" | "model"; parts: JsonValue[] }[] = [];
  for (const message of request.messages) {
    const role = message.role === "assistant" ? "model" : "user";
    const parts = partsOf(message, request.model);
    const last = contents.at(-1);
    if (parts.length === 0) continue;
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts });
  }
  return contents;
}

function partsOf(message: Message, model: string): JsonValue[] {
  if (message.role === "tool") {
    const response = message.isError === true ? { error: message.content } : { output: message.content };
    return [{ functionResponse: { name: wireToolName(message.name), response } }];
  }
  const parts: JsonValue[] = message.content === "" ? [] : [{ text: message.content }];
  for (const { id, name, args } of message.role === "assistant" ? (message.toolCalls ?? []) : []) {
    const signature = signatureOf(id, model);
    parts.push({
      functionCall: { name: wireToolName(name), args: argumentsObject(args) },
      ...(signature === undefined ? {} : { thoughtSignature: signature }),
    });
  }
  return parts;
}

function declarationOf(tool: LlmRequest["tools"][number]): JsonObject {
  const takesNothing = Object.keys(tool.inputSchema).length === 0;
  return { name: tool.name, description: tool.description, ...(takesNothing ? {} : { parametersJsonSchema: tool.inputSchema }) };
}
