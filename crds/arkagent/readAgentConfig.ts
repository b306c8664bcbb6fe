// `agent.json` as an agent process finds it: text in, configuration or every fault of it out. Whoever wrote it may be older or newer: fields
// nobody knows are passed over, fields that are needed are not.
import { compileJsonSchema } from "../jsonSchema.ts";
import type { AgentConfig } from "./config.ts";

const text = { type: "string" } as const;
const texts = { type: "array", items: text } as const;
const whole = { type: "integer", minimum: 0 } as const;
const header = { type: "object", required: ["name"], properties: { name: text, value: text, file: text, prefix: text } } as const;

const SCHEMA = {
  type: "object",
  required: [
    "v",
    "namespace",
    "agent",
    "model",
    "prompt",
    "before",
    "after",
    "limits",
    "tools",
    "mcpServers",
    "capabilities",
    "probe",
    "queues",
  ],
  properties: {
    v: { const: 1 },
    namespace: { type: "string", minLength: 1 },
    agent: { type: "string", minLength: 1 },
    model: { type: "string", minLength: 1 },
    provider: text,
    prompt: { type: "object", properties: { inline: text, file: text }, oneOf: [{ required: ["inline"] }, { required: ["file"] }] },
    before: texts,
    after: texts,
    temperature: { type: "number", minimum: 0, maximum: 2 },
    outputFormat: { enum: ["structured-json", "markdown", "plain"] },
    limits: {
      type: "object",
      required: ["maxTokensPerCall", "maxConcurrentTasks", "timeoutSeconds", "maxDailyTokens", "retries"],
      properties: {
        maxTokensPerCall: { type: "integer", minimum: 1 },
        maxConcurrentTasks: { type: "integer", minimum: 1 },
        timeoutSeconds: { type: "integer", minimum: 1 },
        maxDailyTokens: whole,
        retries: whole,
      },
    },
    tools: {
      type: "array",
      items: {
        type: "object",
        required: ["name", "url", "method", "description", "headers"],
        properties: {
          name: text,
          url: text,
          method: { enum: ["GET", "POST", "PUT", "PATCH"] },
          description: text,
          inputSchema: text,
          headers: { type: "array", items: header },
        },
      },
    },
    mcpServers: {
      type: "array",
      items: {
        type: "object",
        required: ["name", "args", "headers"],
        properties: { name: text, url: text, command: text, args: texts, headers: { type: "array", items: header }, guidance: text },
      },
    },
    mcpAllowlist: texts,
    memory: {
      type: "object",
      required: ["backend", "options", "secrets"],
      properties: { backend: text, options: { type: "object" }, secrets: { type: "object", additionalProperties: text } },
    },
    capabilities: { type: "array" },
    probe: {
      type: "object",
      required: ["type", "intervalSeconds"],
      properties: { type: { enum: ["ping", "semantic"] }, intervalSeconds: { type: "integer", minimum: 1 }, validatorPrompt: text },
    },
    queues: {
      type: "array",
      minItems: 1,
      items: { type: "object", required: ["name", "team", "role"], properties: { name: text, team: text, role: text } },
    },
  },
} as const;

/** A configuration that can be used, or why there is none: one sentence for each fault. */
export type AgentConfigReading = { readonly config: AgentConfig } | { readonly faults: readonly string[] };

/** Reads `agent.json`. Never throws. */
export function readAgentConfig(json: string): AgentConfigReading {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { faults: [`it is no JSON: ${error instanceof Error ? error.message : String(error)}`] };
  }
  if (typeof value === "object" && value !== null && "v" in value && value.v !== 1) {
    return {
      faults: [
        `it is of version ${JSON.stringify(value.v)}, and this program knows version 1; use the ark-agent of the same release as the controller`,
      ],
    };
  }
  const faults = compileJsonSchema(SCHEMA).check(value);
  if (faults.length > 0) return { faults: faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)) };
  return { config: value as AgentConfig };
}
