// The tools that an agent brings along for every task: its HTTP endpoints and MCP servers. Each part is loaded on first use only, so
// that an agent without tools starts fast and stays small.
import type { AgentConfig } from "../crds/index.ts";
import type { AgentReport } from "../plugins/sdk/index.ts";
import type { AgentParts } from "./agentParts.ts";
import type { Tool } from "./tools/tool.ts";

/** HTTP and MCP tools of one agent. */
export interface AgentTools {
  /** The tools as they are now. Waits for the first try of every MCP server, which is bounded. */
  current(signal: AbortSignal): Promise<readonly Tool[]>;
  mcpStatus(): AgentReport["mcp"];
  close(): Promise<void>;
}

/** Makes the tools of an agent; servers are connected to in the background. @throws Error when a tool's URL template is none */
export async function agentTools(config: AgentConfig, parts: AgentParts): Promise<AgentTools> {
  const http = config.tools.length === 0 ? undefined : (await import("./tools/http.ts")).httpTools(config, parts);
  const wantsMcp = config.mcpServers.length > 0 && parts.mcp.enabled;
  const servers = wantsMcp ? new (await import("./tools/mcp.ts")).McpServers(config, parts) : undefined;
  return {
    current: async (signal) => [...(http?.tools ?? []), ...((await servers?.tools(signal)) ?? [])],
    mcpStatus: () => servers?.status() ?? [],
    close: async () => {
      await Promise.all([http?.close(), servers?.close()]);
    },
  };
}
