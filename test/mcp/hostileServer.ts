// An MCP server of our own that misbehaves as it is told: over Streamable HTTP with plain JSON answers, or in the plain REST shape.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as JSON-RPC has it. */
export interface Rpc {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly cursor?: string; readonly name?: string; readonly arguments?: Record<string, unknown> };
}

/** How the server behaves. Absent parts behave well. */
export interface Manners {
  /** Before anything else; true: it has answered. */
  intercept?(request: IncomingMessage, response: ServerResponse, rpc: Rpc | undefined): boolean;
  list?(cursor: string | undefined): object;
  call?(name: string, args: Record<string, unknown>, response: ServerResponse, rpc: Rpc): object | undefined;
}

/** A running one. */
export interface HostileServer {
  readonly url: string;
  readonly seen: { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[];
  manners: Manners;
  /** Sends a notification on every open stream. */
  notify(method: string): void;
  close(): Promise<void>;
}

/** Tools by name, each taking anything. */
export const toolsNamed = (...names: string[]): object => ({
  tools: names.map((name) => ({ name, description: name, inputSchema: { type: "object" } })),
});

/** Starts one on loopback. `shape` rest: no JSON-RPC at all, everything else is 404. */
export async function aHostileServer(manners: Manners = {}, shape: "mcp" | "rest" = "mcp"): Promise<HostileServer> {
  const streams = new Set<ServerResponse>();
  const seen: HostileServer["seen"] = [];
  const json = (response: ServerResponse, body: object, status = 200): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const list = (cursor: string | undefined): object => host.manners.list?.(cursor) ?? toolsNamed("fine");
  const call = (name: string, args: Record<string, unknown>, response: ServerResponse, rpc: Rpc): object | undefined =>
    host.manners.call === undefined ? { content: [{ type: "text", text: `did ${name}` }] } : host.manners.call(name, args, response, rpc);

  const speakRest = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const parsed = body === "" ? {} : (JSON.parse(body) as { name?: string; arguments?: Record<string, unknown> });
    if (request.method === "POST" && request.url?.endsWith("/tools/list") === true) return json(response, list(undefined));
    if (request.method === "POST" && request.url?.endsWith("/tools/call") === true) {
      const answer = call(parsed.name ?? "", parsed.arguments ?? {}, response, { method: "tools/call" });
      return answer === undefined ? undefined : json(response, answer);
    }
    return json(response, { error: "no such path" }, 404);
  };
  const speakMcp = (request: IncomingMessage, response: ServerResponse, rpc: Rpc | undefined): void => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      streams.add(response);
      response.on("close", () => streams.delete(response));
      return;
    }
    if (rpc === undefined) return json(response, {}, 400);
    const answer = (result: object): void => json(response, { jsonrpc: "2.0", id: rpc.id, result });
    switch (rpc.method) {
      case "initialize":
        return answer({
          protocolVersion: "2025-03-26",
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: "h", version: "1" },
        });
      case "tools/list":
        return answer(list(rpc.params?.cursor));
      case "tools/call": {
        const result = call(rpc.params?.name ?? "", rpc.params?.arguments ?? {}, response, rpc);
        return result === undefined ? undefined : answer(result);
      }
      case "ping":
        return answer({});
      default:
        response.writeHead(202).end();
    }
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      const rpc = shape === "mcp" && body !== "" ? (JSON.parse(body) as Rpc) : undefined;
      if (host.manners.intercept?.(request, response, rpc) === true) return;
      if (shape === "rest") speakRest(request, response, body);
      else speakMcp(request, response, rpc);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host: HostileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    manners,
    notify(method) {
      for (const stream of streams) stream.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", method })}\n\n`);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return host;
}
