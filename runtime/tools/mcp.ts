// The MCP servers of an agent (B73, P21): each is connected to in the background and again when it is lost; one that is down takes
// nothing from the others. A task sees the tools as they were when it began (S70).

import type { AgentConfig, JsonObject, McpServerConfig } from "../../crds/index.ts";
import type { AgentReport } from "../../plugins/sdk/index.ts";
import { abortReason, orAborted } from "../../plugins/sdk/index.ts";
import type { AgentParts } from "../agentParts.ts";
import { backOffMs } from "../timings.ts";
import { messageOf } from "../verdict.ts";
import type { EgressPolicy } from "./egress.ts";
import { idempotencyKeyOf } from "./http.ts";
import { connectMcp, type McpConnection } from "./mcpConnection.ts";
import { answerTextOf, NO_TOOLS, type ServerTool, type ServerTools, serverToolsOf } from "./mcpTools.ts";
import { type Tool, type ToolAnswer, type ToolContext, toolError } from "./tool.ts";

/** What servers are reached with. `resolve` is for tests of the guard. */
export type McpParts = Pick<AgentParts, "readFile" | "egress" | "mcp" | "timings" | "clock" | "random" | "log"> &
  Pick<EgressPolicy, "resolve">;

/** All servers of one agent. */
export class McpServers {
  private readonly servers: readonly McpServer[];

  constructor(config: Pick<AgentConfig, "mcpServers" | "mcpAllowlist">, parts: McpParts) {
    const policy = {
      allowLoopback: parts.egress.allowLoopback,
      literalHosts: config.mcpServers.flatMap(({ url }) => (url !== undefined && URL.canParse(url) ? [new URL(url).host] : [])),
      allowlist: config.mcpAllowlist,
      connectTimeoutMs: parts.timings.connectTimeoutMs,
      resolve: parts.resolve,
    };
    this.servers = config.mcpServers.map((server) => new McpServer(server, policy, parts));
    for (const server of this.servers) server.start();
  }

  /** The tools of all servers that are up. Waits for the first try of each, and for lists that have changed. */
  async tools(signal: AbortSignal): Promise<Tool[]> {
    const lists = await Promise.all(this.servers.map((server) => orAborted(server.current(), signal)));
    return lists.flat();
  }

  status(): AgentReport["mcp"] {
    return this.servers.map((server) => server.status());
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
  }
}

class McpServer {
  private readonly config: McpServerConfig;
  private readonly policy: Omit<EgressPolicy, "tls">;
  private readonly parts: McpParts;
  private readonly closing = new AbortController();
  private connection: McpConnection | undefined;
  private known: ServerTools = NO_TOOLS;
  private message = "not connected yet";
  private stale = false;
  private lost: (() => void) | undefined;
  private firstTry: Promise<void> = Promise.resolve();
  private loop: Promise<void> = Promise.resolve();
  /** The connection under way, to its very end: a process that was begun is ended. */
  private opening: Promise<void> = Promise.resolve();

  constructor(config: McpServerConfig, policy: Omit<EgressPolicy, "tls">, parts: McpParts) {
    this.config = config;
    this.policy = policy;
    this.parts = parts;
  }

  start(): void {
    let tried: () => void = () => {};
    this.firstTry = new Promise((resolve) => (tried = resolve));
    this.loop = this.supervise(tried).catch(() => undefined); // the only way out is `close`
  }

  async current(): Promise<Tool[]> {
    await this.firstTry;
    if (this.stale && this.connection !== undefined) await this.refresh(this.connection);
    if (this.connection === undefined) return [];
    return this.known.tools.map((tool) => this.toolOf(tool));
  }

  status(): AgentReport["mcp"][number] {
    return { name: this.config.name, healthy: this.connection !== undefined, message: this.message };
  }

  async close(): Promise<void> {
    this.closing.abort(new Error("the agent ends"));
    await this.loop;
    await this.opening;
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  /** Connects, watches, and connects again: after 1 s, 2 s … 30 s while it fails (P21). */
  private async supervise(tried: () => void): Promise<void> {
    const { clock, timings, random, log } = this.parts;
    const signal = this.closing.signal;
    for (let failures = 0; ; ) {
      try {
        await this.connect();
        failures = 0;
      } catch (error) {
        if (signal.aborted) tried();
        signal.throwIfAborted();
        failures++;
        this.message = messageOf(error);
        log.warn("MCP server is not available; trying again", { server: this.config.name, error: this.message });
      }
      tried();
      if (this.connection !== undefined) await this.untilLost();
      else await clock.sleep(backOffMs(failures, { minMs: 1_000, maxMs: timings.mcpRetryMs }, random), signal);
    }
  }

  private async connect(): Promise<void> {
    const { timings, clock, mcp, readFile, log } = this.parts;
    // A process may have to be installed first; a server that is called answers or does not.
    const limitMs = this.config.command === undefined ? timings.connectTimeoutMs : timings.toolTimeoutMs;
    const late = new AbortController();
    const cancel = clock.after(limitMs, () => late.abort(new Error(`it did not answer within ${limitMs / 1_000} s`)));
    const signal = AbortSignal.any([this.closing.signal, late.signal]);
    let connection: McpConnection | undefined;
    const connecting = connectMcp(
      this.config,
      {
        policy: this.policy,
        stdio: mcp.stdio,
        readFile,
        timings,
        clock,
        log: log.with({ server: this.config.name }),
        changed: () => (this.stale = true),
        closed: () => {
          if (this.connection === connection) this.lose("it ended the connection");
        },
      },
      signal,
    );
    this.opening = connecting.then(
      () => undefined,
      () => undefined,
    );
    try {
      connection = await orAborted(connecting, signal);
      this.known = await this.listOf(connection, signal);
      this.connection = connection;
      this.stale = false;
      this.message = `${this.known.tools.length} tools by ${connection.transport}`;
    } catch (error) {
      // One that comes up after all is not left behind.
      void connecting.then((opened) => opened.close()).catch(() => undefined);
      throw signal.aborted ? abortReason(signal) : error;
    } finally {
      cancel();
    }
  }

  private async listOf(connection: McpConnection, signal: AbortSignal): Promise<ServerTools> {
    const listed = await serverToolsOf(this.config.name, await orAborted(connection.list(signal), signal));
    if (listed.hash === this.known.hash) return listed;
    const { log } = this.parts;
    const server = this.config.name;
    for (const { name, reason } of listed.dropped) log.warn("a tool of an MCP server is not offered", { server, tool: name, reason });
    if (this.known.hash !== "")
      log.warn("the tools of an MCP server have changed", { server, before: this.known.hash, after: listed.hash });
    return listed;
  }

  /** A list that has changed is read before the next task; one that cannot be read leaves the old one. */
  private async refresh(connection: McpConnection): Promise<void> {
    this.stale = false;
    const late = new AbortController();
    const cancel = this.parts.clock.after(this.parts.timings.connectTimeoutMs, () => late.abort(new Error("it did not answer in time")));
    try {
      this.known = await this.listOf(connection, late.signal);
      this.message = `${this.known.tools.length} tools by ${connection.transport}`;
    } catch (error) {
      this.stale = true;
      this.parts.log.warn("the changed tools of an MCP server cannot be read", { server: this.config.name, error: messageOf(error) });
    } finally {
      cancel();
    }
  }

  /** Returns when the connection is gone: it said so, a call found out, or it does not answer a check each 30 s. */
  private async untilLost(): Promise<void> {
    const { clock, timings } = this.parts;
    const closing = this.closing.signal;
    const gone = new AbortController();
    this.lost = () => gone.abort(new Error("lost"));
    const signal = AbortSignal.any([closing, gone.signal]);
    try {
      for (;;) {
        await clock.sleep(timings.mcpRetryMs, signal);
        await this.checkOnce(signal);
      }
    } catch {
      closing.throwIfAborted();
    } finally {
      this.lost = undefined;
    }
  }

  private async checkOnce(signal: AbortSignal): Promise<void> {
    const { connection } = this;
    if (connection === undefined) return;
    const late = new AbortController();
    const cancel = this.parts.clock.after(this.parts.timings.connectTimeoutMs, () => late.abort(new Error("it did not answer in time")));
    try {
      await connection.check(AbortSignal.any([signal, late.signal]));
    } catch (error) {
      // A server need not know the question: an answer that says so is an answer.
      if (!signal.aborted && !/MCP error -32601/.test(messageOf(error))) this.lose(messageOf(error));
    } finally {
      cancel();
    }
  }

  private lose(why: string): void {
    const { connection } = this;
    if (connection === undefined) return;
    this.connection = undefined;
    this.message = why;
    this.parts.log.warn("MCP server is lost; connecting again", { server: this.config.name, error: why });
    void connection.close().catch(() => undefined);
    this.lost?.();
  }

  private toolOf(tool: ServerTool): Tool {
    const { name, description, inputSchema } = tool;
    return { name, description, inputSchema, source: "mcp", call: (args, context) => this.call(tool, args, context) };
  }

  private async call(tool: ServerTool, args: JsonObject, context: ToolContext): Promise<ToolAnswer> {
    const { connection } = this;
    if (connection === undefined)
      return toolError(`MCP server ${this.config.name} is not available just now; go on without it, or try again later`);
    const { timings, clock } = this.parts;
    const late = new AbortController();
    const seconds = timings.toolTimeoutMs / 1_000;
    const cancel = clock.after(timings.toolTimeoutMs, () => late.abort(new Error(`it did not answer within ${seconds} s`)));
    const signal = AbortSignal.any([context.signal, late.signal]);
    try {
      const raw = await orAborted(connection.call(tool.own, args, idempotencyKeyOf(context, tool.name, args), signal), signal);
      return { ...answerTextOf(raw), from: `tool ${tool.name}` };
    } catch (error) {
      if (context.signal.aborted) throw abortReason(context.signal);
      // Whether the server or only this call is at fault is for a check to say, at once.
      void this.checkOnce(this.closing.signal);
      return { text: `${tool.name} failed: ${messageOf(error)}`, isError: true, from: `tool ${tool.name}` };
    } finally {
      cancel();
    }
  }
}
