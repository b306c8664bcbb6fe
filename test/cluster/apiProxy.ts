// An HTTPS server between a client and the API server, for what the API server does only on bad days: 429, 503, answers that break off,
// silence. Clients show a token: a certificate would end here.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as httpsRequest } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Authority } from "./certificates.ts";
import { HOST } from "./planeFlags.ts";

/** Answers a request itself, or passes it on with `forward`. `n` counts requests from 1. */
export type ProxyScript = (exchange: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly n: number;
  /** Sends the request on and the answer back; `onChunk` may change, drop (undefined) or cut (throw) what comes back. */
  readonly forward: (onChunk?: (chunk: Buffer) => Buffer | undefined) => void;
}) => void;

/** A running proxy. */
export interface ApiProxy {
  readonly url: string;
  /** `GET /api/v1/pods?limit=1`, in the order in which they came. */
  readonly requests: readonly string[];
  /** What the proxy does from now on. */
  script(script: ProxyScript): void;
  openSockets(): number;
  /** Ends every connection at once, without a word. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy to the API server at `target`, with a certificate from its authority. It passes everything on until told otherwise. */
export async function startApiProxy(target: string, authority: Authority): Promise<ApiProxy> {
  const { certificate, key } = authority.issue({ commonName: "proxy", hosts: [HOST] });
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const agent = new Agent({ ca: authority.certificate, keepAlive: true });
  let current: ProxyScript = ({ forward }) => forward();
  const server = createServer({ cert: certificate, key }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    current({ request, response, n: requests.length, forward: (onChunk = (chunk) => chunk) => pass(request, response, onChunk) });
  });
  const pass = (request: IncomingMessage, response: ServerResponse, onChunk: (chunk: Buffer) => Buffer | undefined): void => {
    const { method, headers } = request;
    const onward = httpsRequest(new URL(request.url ?? "/", target), { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on("data", (chunk: Buffer) => {
        try {
          const changed = onChunk(chunk);
          if (changed) response.write(changed);
        } catch {
          response.destroy();
        }
      });
      answer.on("end", () => response.end());
      answer.on("error", () => response.destroy());
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  };
  server.on("secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // a client that hangs up is what tests are about
    socket.once("end", () => socket.destroy()); // Node's server would keep its half open while it has something to say
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, HOST);
  await once(server, "listening");
  return {
    url: `https://${HOST}:${(server.address() as AddressInfo).port}`,
    requests,
    script(script) {
      requests.length = 0;
      current = script;
    },
    openSockets: () => sockets.size,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      if (server.listening) await once(server, "close");
    },
  };
}
