// `agent.json`: everything an agent process needs to know about itself. The controller writes it into a ConfigMap, `ark run` makes it
// in memory; the runtime cannot tell the difference. No secret is ever in it: a value from a Secret is the path of a file.
import type { CanonicalCapability, CanonicalLimits } from "./canonical.ts";

/** Where the kubelet mounts the keys of Secrets: `<SECRET_ROOT>/<secret>/<key>`. Locally the same paths are looked up among the given Secrets. */
export const SECRET_ROOT = "/var/run/ark/secrets";

/** A header, its value written out or in a file. */
export interface HeaderConfig {
  readonly name: string;
  readonly value?: string;
  readonly file?: string;
  /** Put before the file's content: `Bearer `. */
  readonly prefix?: string;
}

/** One HTTP tool. `inputSchema` is JSON Schema as text, already known to be one. */
export interface HttpToolConfig {
  readonly name: string;
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly description: string;
  readonly inputSchema?: string;
  readonly headers: readonly HeaderConfig[];
}

/** One MCP server. `mtls` names the files of a client certificate. */
export interface McpServerConfig {
  readonly name: string;
  readonly url?: string;
  readonly command?: string;
  readonly args: readonly string[];
  readonly headers: readonly HeaderConfig[];
  readonly mtls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  readonly guidance?: string;
}

/** Where an agent remembers. `backend` is `in-context`, `redis`, `vector-store` or a plugin's name. */
export interface MemoryConfig {
  readonly backend: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Secret files by option path: `{ "url": "/var/run/ark/secrets/redis/REDIS_URL" }`. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What `agent.json` holds (version 1). */
export interface AgentConfig {
  readonly v: 1;
  readonly namespace: string;
  readonly agent: string;
  readonly model: string;
  readonly provider?: string;
  /** Exactly one: the text, or the file it stands in. */
  readonly prompt: { readonly inline?: string; readonly file?: string };
  /** Fragments put before and after the prompt, in order. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** 0–2. */
  readonly temperature?: number;
  readonly outputFormat?: "structured-json" | "markdown" | "plain";
  readonly limits: CanonicalLimits;
  readonly tools: readonly HttpToolConfig[];
  readonly mcpServers: readonly McpServerConfig[];
  /** Hosts that tools and MCP servers may reach at most (B18); absent: all that are written in the object. */
  readonly mcpAllowlist?: readonly string[];
  readonly memory?: MemoryConfig;
  readonly capabilities: readonly CanonicalCapability[];
  readonly probe: { readonly type: "ping" | "semantic"; readonly intervalSeconds: number; readonly validatorPrompt?: string };
  readonly queues: readonly { readonly name: string; readonly team: string; readonly role: string }[];
}
