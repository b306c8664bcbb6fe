// What a kubelet and Prometheus ask of an agent (B77): `/healthz`, `/readyz`, `/metrics`. Nothing that is asked here reaches a model (S68).
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What the paths tell. */
export interface HealthParts {
  /** Why no task should come here; empty when one should. */
  obstacles(): readonly string[];
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** A server that listens. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens. Rejects when the address is taken. */
export async function startHealthServer(
  address: { readonly host?: string; readonly port: number },
  parts: HealthParts,
): Promise<HealthServer> {
  const server: Server = createServer((request, response) => {
    const say = (code: number, type: string, text: string): void => {
      response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) });
      response.end(text);
    };
    if (request.method !== "GET") return say(405, "text/plain", "only GET is answered here\n");
    switch ((request.url ?? "").split("?", 1)[0] ?? "") {
      case "/healthz":
        return say(200, "text/plain", "ok\n");
      case "/readyz": {
        const obstacles = parts.obstacles();
        return say(
          obstacles.length === 0 ? 200 : 503,
          "application/json",
          `${JSON.stringify({ ready: obstacles.length === 0, obstacles })}\n`,
        );
      }
      case "/metrics":
        parts.metrics().then(
          ({ contentType, text }) => say(200, contentType, text),
          () => say(500, "text/plain", "the figures could not be read\n"),
        );
        return undefined;
    }
    return say(404, "text/plain", "there are /healthz, /readyz and /metrics\n");
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
