// Real MCP servers as child processes, and the pieces that the tests of them share.
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import type { JsonObject, McpServerConfig } from "../../crds/index.ts";
import { type Log, silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { DEFAULT_TIMINGS, type Timings } from "../../runtime/index.ts";
import { type McpParts, McpServers } from "../../runtime/tools/mcp.ts";
import type { Tool, ToolAnswer } from "../../runtime/tools/tool.ts";
import { aTask } from "../builders/agentWorld.ts";

const MODULES = join(import.meta.dirname, "../../node_modules/@modelcontextprotocol");

/** The script of one of the reference servers. */
export const scriptOf = (server: "everything" | "filesystem" | "memory"): string => join(MODULES, `server-${server}`, "dist/index.js");

/** A port that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/** Starts the everything server over HTTP and waits until it says that it listens. */
export async function startEverything(mode: "streamableHttp" | "sse", port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [scriptOf("everything"), mode], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (/listening|running on/i.test(said)) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", () => reject(new Error(`the server did not start: ${said}`)));
  });
  return child;
}

/** Ends a process and waits for it. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** A server as an agent's configuration has it. */
export function aServer(change: Partial<McpServerConfig> & Pick<McpServerConfig, "name">): McpServerConfig {
  return { args: [], headers: [], ...change };
}

/** Servers under test, and what was logged. */
export interface McpWorld {
  readonly servers: McpServers;
  readonly warnings: string[];
  readonly tools: () => Promise<Tool[]>;
  readonly names: () => Promise<string[]>;
  readonly call: (name: string, args?: JsonObject, signal?: AbortSignal) => Promise<ToolAnswer>;
}

/** Connects to servers with the machine's clock. */
export function connect(configs: readonly McpServerConfig[], change: Partial<McpParts> = {}, timings: Partial<Timings> = {}): McpWorld {
  const warnings: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`),
    with: () => log,
  };
  const servers = new McpServers(
    { mcpServers: configs },
    {
      readFile: (path) => Promise.reject(new Error(`no file ${path}`)),
      egress: { allowLoopback: true },
      mcp: { enabled: true, stdio: true },
      timings: { ...DEFAULT_TIMINGS, ...timings },
      clock: systemClock,
      random: () => 0.5,
      log,
      ...change,
    },
  );
  const never = new AbortController().signal;
  const tools = (): Promise<Tool[]> => servers.tools(never);
  return {
    servers,
    warnings,
    tools,
    names: async () => (await tools()).map((tool) => tool.name),
    call: async (name, args = {}, signal = never) => {
      const tool = (await tools()).find((candidate) => candidate.name === name);
      if (tool === undefined) throw new Error(`no tool ${name}; there are ${(await tools()).map((each) => each.name).join(", ")}`);
      return tool.call(args, { task: aTask(), signal, span: "0", n: 1, idle: (wait) => wait() });
    },
  };
}

/** Asks until the answer is wanted, for at most the test's own timeout. */
export async function eventually<T>(ask: () => T | Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await systemClock.sleep(20);
  }
}
