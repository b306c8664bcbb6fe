// An endpoint for models on the loopback, scripted by a function: what it answers is the test's business, and so is what it breaks.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What the endpoint was asked. `body` is undefined when it is no JSON. */
export interface ModelRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers one request; `n` counts them from 1. */
export type Script = (request: ModelRequest, response: ServerResponse, n: number) => void | Promise<void>;

/** A running endpoint. */
export interface ModelServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  /** Connections that are open at this moment. */
  openSockets(): number;
  /** Resolves once no answer is going out any more: ended, or its connection closed. A pool may keep connections without any. */
  idle(ms?: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts an endpoint at a free port. Whoever starts it closes it. */
export async function startModelServer(script: Script): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const sockets = new Set<Socket>();
  const answering = new Set<ServerResponse>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    answering.add(response);
    response.once("close", () => answering.delete(response));
    void readAll(incoming).then(async (text) => {
      const request: ModelRequest = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: jsonOf(text),
      };
      requests.push(request);
      await script(request, response, requests.length);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // a client that hangs up is what many tests are about
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    openSockets: () => sockets.size,
    async idle(ms = 5_000) {
      const signal = AbortSignal.timeout(ms);
      for (const response of answering) {
        await new Promise<void>((resolve, reject) => {
          if (response.closed) resolve();
          response.once("close", () => resolve());
          signal.addEventListener("abort", () => reject(new Error(`an answer is still going out after ${ms} ms`)), { once: true });
        });
      }
    },
    async close() {
      server.closeAllConnections();
      server.close();
      if (server.listening) await once(server, "close");
    },
  };
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
