// Asks a server for reviews as fast as it answers: prepared requests over TLS connections that are kept, one at a time on each. No HTTP
// library: the client must not be what is measured.
import { connect, type TLSSocket } from "node:tls";

/** What came of it. Latencies in ms. */
export interface LoadResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** A review as an HTTP/1.1 request. */
export function requestOf(body: string): Buffer {
  return Buffer.from(
    `POST /admission/validate?timeout=5s HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Sends `requests` in turn over `connections`, for `forMs` or until `most` are sent. @throws Error for an answer that does not allow */
export async function load(
  port: number,
  requests: readonly Buffer[],
  { connections, forMs, most = Number.POSITIVE_INFINITY }: { readonly connections: number; readonly forMs: number; readonly most?: number },
): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const latencies: number[] = [];
  const startedMs = performance.now();
  let next = 0;
  await Promise.all(
    sockets.map(async (socket) => {
      while (performance.now() - startedMs < forMs && next < most) {
        const sentMs = performance.now();
        const answer = await exchange(socket, requests[next++ % requests.length] ?? Buffer.alloc(0));
        latencies.push(performance.now() - sentMs);
        if (!answer.includes('"allowed":true')) throw new Error(`not allowed: ${answer}`);
      }
    }),
  );
  const tookMs = performance.now() - startedMs;
  for (const socket of sockets) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { perSecond: (latencies.length / tookMs) * 1_000, p50: at(0.5), p99: at(0.99) };
}

function open(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // Without `ca`, this side would read 150 authorities of the web first, and that would be measured.
    const socket = connect({ host: "127.0.0.1", port, ca: [], rejectUnauthorized: false }, () => resolve(socket));
    socket.setNoDelay(true).once("error", reject);
  });
}

/** Sends one request and waits for its whole answer. */
export function exchange(socket: TLSSocket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      const head = text.indexOf("\r\n\r\n");
      if (head === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (text.length < head + 4 + length) return;
      socket.off("data", onData).off("close", onClose);
      resolve(text);
    };
    const onClose = (): void => reject(new Error("the server closed the connection"));
    socket.on("data", onData).once("close", onClose);
    socket.write(request);
  });
}
