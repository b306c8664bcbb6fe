// `agent.json` as an agent process finds it: text in, configuration or every fault of it out. Whoever wrote it may be older or newer: fields
// nobody knows are passed over, fields that are needed are not.
import { checkAgainst } from "../structural/checkShape.ts";
import type { ShapeSchema } from "../structural/shapeSchema.ts";
import type { AgentConfig } from "./config.ts";

const text: ShapeSchema = { type: "string" };
const name: ShapeSchema = { type: "string", minLength: 1 };
const texts: ShapeSchema = { type: "array", items: text };
const least = (minimum: number): ShapeSchema => ({ type: "integer", minimum });
const list = (items: ShapeSchema): ShapeSchema => ({ type: "array", items });
const object = (properties: Record<string, ShapeSchema>, required: readonly string[]): ShapeSchema => ({
  type: "object",
  properties,
  required,
});

const headers = list(object({ name, value: text, file: text, prefix: text }, ["name"]));

/** The walk of the kinds' shapes reads it: compiling a JSON Schema would take half of an agent's start. */
const SHAPE = object(
  {
    v: { type: "integer" },
    namespace: name,
    agent: name,
    model: name,
    provider: text,
    prompt: object({ inline: text, file: text }, []),
    before: texts,
    after: texts,
    temperature: { type: "number", minimum: 0, maximum: 2 },
    outputFormat: { type: "string", enum: ["structured-json", "markdown", "plain"] },
    limits: object(
      {
        maxTokensPerCall: least(1),
        maxConcurrentTasks: least(1),
        timeoutSeconds: least(1),
        maxDailyTokens: least(0),
        retries: least(0),
      },
      ["maxTokensPerCall", "maxConcurrentTasks", "timeoutSeconds", "maxDailyTokens", "retries"],
    ),
    tools: list(
      object(
        {
          name,
          url: text,
          method: { type: "string", enum: ["GET", "POST", "PUT", "PATCH"] },
          description: text,
          inputSchema: text,
          headers,
        },
        ["name", "url", "method", "description", "headers"],
      ),
    ),
    mcpServers: list(object({ name, url: text, command: text, args: texts, headers, guidance: text }, ["name", "args", "headers"])),
    mcpAllowlist: texts,
    memory: object({ backend: text, options: { type: "object" }, secrets: { type: "object", values: text } }, [
      "backend",
      "options",
      "secrets",
    ]),
    capabilities: list({}),
    probe: object({ type: { type: "string", enum: ["ping", "semantic"] }, intervalSeconds: least(1), validatorPrompt: text }, [
      "type",
      "intervalSeconds",
    ]),
    queues: { ...list(object({ name, team: text, role: text }, ["name", "team", "role"])), minItems: 1 },
  },
  ["v", "namespace", "agent", "model", "prompt", "before", "after", "limits", "tools", "mcpServers", "capabilities", "probe", "queues"],
);

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
  const faults = checkAgainst(SHAPE, value).filter(({ code }) => code !== "unknownField");
  if (faults.length > 0) return { faults: faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)) };
  const config = value as AgentConfig;
  if ((config.prompt.inline === undefined) === (config.prompt.file === undefined))
    return { faults: ["prompt: give either inline or file"] };
  return { config };
}
