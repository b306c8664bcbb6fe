// The few requests that starting a cluster takes, as its administrator. Not the product's client: that one is tested with this cluster.
import { request as httpRequest, type IncomingMessage } from "node:http";
import { type AgentOptions, request } from "node:https";

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Who asks, and whom it trusts. */
export type Credentials = Required<Pick<AgentOptions, "ca" | "cert" | "key">>;

const TIMEOUT_MS = 10_000;

/** Sends one request and reads the answer. Rejects when there is none. */
export function ask(url: string, credentials: Credentials, method = "GET", body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const sent = request(url, { ...credentials, method, headers, agent: false, timeout: TIMEOUT_MS }, collect(resolve, reject));
    sent.on("timeout", () => sent.destroy(new Error(`${method} ${url}: no answer in ${TIMEOUT_MS} ms`)));
    sent.on("error", reject);
    sent.end(text);
  });
}

/** The same for a socket file, without TLS. */
export function askSocket(socketPath: string, path: string, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ socketPath, path, method: "POST", timeout: TIMEOUT_MS }, collect(resolve, reject));
    sent.on("timeout", () => sent.destroy(new Error(`POST ${path}: no answer in ${TIMEOUT_MS} ms`)));
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}

function collect(resolve: (answer: Answer) => void, reject: (error: Error) => void) {
  return (response: IncomingMessage): void => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
  };
}
