// What the model is told to be. The same parts always give the same text (P13).
import { UNTRUSTED_NOTE, untrusted } from "./untrusted.ts";

/** Everything that a system prompt is made of, in the order in which it appears. */
export interface SystemPromptParts {
  readonly before: readonly string[];
  readonly prompt: string;
  readonly after: readonly string[];
  /** Hints of the author about MCP servers, under the server's name. */
  readonly guidance: readonly { readonly server: string; readonly text: string }[];
  readonly outputFormat?: "structured-json" | "markdown" | "plain" | undefined;
  /** Whether tools are offered, whose answers come from outside. */
  readonly hasTools: boolean;
  /** Recalled memory, already as text; "" for none. */
  readonly memory: string;
}

const FORMAT_INSTRUCTIONS = {
  "structured-json": "Answer with one JSON value and nothing else: no prose, no code fence.",
  markdown: "Answer in Markdown.",
  plain: "Answer in plain text without any markup.",
} as const;

/** Fragments before, the prompt, fragments after, guidance, format (B76), then what concerns text from outside (S71). */
export function systemPromptOf(parts: SystemPromptParts): string {
  const blocks = [
    ...parts.before,
    parts.prompt,
    ...parts.after,
    ...parts.guidance.map(({ server, text }) => `## ${server}\n${text}`),
    ...(parts.outputFormat === undefined ? [] : [FORMAT_INSTRUCTIONS[parts.outputFormat]]),
    ...(parts.hasTools || parts.memory !== "" ? [UNTRUSTED_NOTE] : []),
    ...(parts.memory === "" ? [] : [`What you remember of earlier tasks:\n${untrusted("memory", parts.memory)}`]),
  ];
  return blocks.filter((block) => block.trim() !== "").join("\n\n");
}

/** The user's message: the prompt, and why the last answer was rejected when it was (B43, B44). */
export function userPromptOf(prompt: string, feedback: string | undefined): string {
  if (feedback === undefined || feedback === "") return prompt;
  return `${prompt}\n\nYour last answer was rejected:\n${feedback}\n\nAnswer again and put that right.`;
}
