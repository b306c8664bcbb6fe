// The HTTPS server. Admission is dispatched here, before anything else: it is what everybody waits for. Everything else goes to `rest`
// (health, metrics), which is loaded when it is first asked for.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { parseGoDuration } from "../crds/index.ts";
import { type Clock, errorText, type Log } from "../plugins/sdk/index.ts";
import { type AdmissionParts, kindLabel, stamp, validate } from "./admission.ts";
import { HttpError, readBody } from "./body.ts";
import { Deadline } from "./deadline.ts";
import { type Answer, answerText, type Review, readReview } from "./review.ts";
import { Turnstile } from "./turnstile.ts";

/** A certificate with its chain, and its key, PEM. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What is told of each review, for metrics. */
export interface ReviewOutcome {
  readonly path: AdmissionPath;
  /** A kind of ours, or `other`. */
  readonly kind: string;
  readonly outcome: "allowed" | "denied" | "refused" | "failed";
  readonly seconds: number;
}

/** Limits of the server, for tests to change. Times in ms. */
export interface ServerLimits {
  readonly maxBodyBytes: number;
  /** What a request without `?timeout=` may take, and what any may take at most. */
  readonly deadlineMs: number;
  /** A connection on which nothing happens is closed after this. */
  readonly idleMs: number;
}

/** RELIABILITY §5. A deadline beyond the API server's own 5 s leaves room for what others configure. */
export const SERVER_LIMITS: ServerLimits = { maxBodyBytes: 7 * 1024 * 1024, deadlineMs: 10_000, idleMs: 120_000 };

/** What the server takes. */
export interface ServerParts extends AdmissionParts {
  readonly certificate: ServingCertificate;
  readonly clock: Clock;
  readonly log: Log;
  /** Everything that is not admission. */
  rest(): Promise<RequestListener>;
  onReview?(outcome: ReviewOutcome): void;
  readonly limits?: Partial<ServerLimits>;
}

/** A server that listens. */
export interface WebhookServer {
  readonly port: number;
  /** Connections from now on get this one; those that are open keep theirs. */
  use(certificate: ServingCertificate): void;
  /** From now on every answer ends its connection: clients come back by a new one, which a Service takes elsewhere. Nothing is refused. */
  leave(): void;
  /** Takes no new connection, answers what has been asked, ends idle connections; after `graceMs` ends the others. Twice is once. */
  drain(graceMs: number): Promise<void>;
}

/** The paths of the webhook configurations. */
export const ADMISSION_PATHS = {
  "/admission/validate": validate,
  "/admission/stamp": async (review: Review, parts: AdmissionParts) => stamp(review, parts),
} as const;
/** One of {@link ADMISSION_PATHS}. */
export type AdmissionPath = keyof typeof ADMISSION_PATHS;

/** 64 MiB of bodies at once, in pieces of 64 KiB; a body of unknown length counts as the longest. */
const PIECE_BYTES = 64 * 1024;
const MAX_PIECES = 1_024;
const MAX_WAITING = 2_000;
/** Requests past their deadline are looked for so often. */
const SWEEP_MS = 250;
const HANDSHAKE_MS = 5_000;
const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};
/** No client's certificate is asked for. Left out, Node reads 150 authorities of the web, which takes as long as the rest of the start. */
const NO_CLIENTS: string[] = [];

/** Listens on `host:port`; port 0 is any. Rejects when the address is taken. */
export async function startServer(address: { readonly host?: string; readonly port: number }, parts: ServerParts): Promise<WebhookServer> {
  const server = new AdmissionServer(parts);
  await server.listen(address);
  return server;
}

class AdmissionServer implements WebhookServer {
  readonly #parts: ServerParts;
  readonly #limits: ServerLimits;
  readonly #server: Server;
  readonly #turnstile = new Turnstile(MAX_PIECES, MAX_WAITING);
  readonly #open = new Set<Deadline>();
  readonly #sockets = new Set<Socket>();
  #rest: Promise<RequestListener> | undefined;
  #cancelSweep: (() => void) | undefined;
  #isLeaving = false;
  #draining: Promise<void> | undefined;
  #lastQuery: string | undefined;
  #lastDeadlineMs = 0;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#limits = { ...SERVER_LIMITS, ...parts.limits };
    const { cert, key } = parts.certificate;
    this.#server = createServer(
      {
        cert,
        key,
        ca: NO_CLIENTS,
        minVersion: "TLSv1.2", // S10
        handshakeTimeout: HANDSHAKE_MS,
        keepAliveTimeout: this.#limits.idleMs,
        headersTimeout: this.#limits.deadlineMs,
        requestTimeout: 0, // the sweep is the one deadline
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.timeout = this.#limits.idleMs;
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const status = CLIENT_ERRORS[error.code ?? ""] ?? "400 Bad Request";
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      else socket.destroy();
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen({ host, port }: { readonly host?: string; readonly port: number }): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#sweep();
  }

  use({ cert, key }: ServingCertificate): void {
    this.#server.setSecureContext({ cert, key, ca: NO_CLIENTS, minVersion: "TLSv1.2" });
  }

  leave(): void {
    this.#isLeaving = true;
  }

  drain(graceMs: number): Promise<void> {
    this.leave();
    this.#draining ??= this.#drain(graceMs);
    return this.#draining;
  }

  async #drain(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cancel = this.#parts.clock.after(graceMs, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    await closed;
    cancel();
    this.#cancelSweep?.();
  }

  /** One timer for all deadlines: a timer for each request would cost more than the request. */
  #sweep(): void {
    this.#cancelSweep = this.#parts.clock.after(SWEEP_MS, () => {
      const nowMs = this.#parts.clock.monotonic();
      for (const deadline of this.#open) if (deadline.endsMs <= nowMs) deadline.end(new HttpError(408, "the request took too long"));
      this.#sweep();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isLeaving) response.setHeader("connection", "close");
    const [path, query] = splitUrl(request.url ?? "/");
    if (!isAdmissionPath(path)) return this.#passOn(request, response);
    const startedMs = this.#parts.clock.monotonic();
    const deadline = new Deadline(startedMs + this.#deadlineMs(query));
    this.#open.add(deadline);
    let kind = "other";
    let outcome: ReviewOutcome["outcome"] = "refused";
    try {
      if (request.method !== "POST") throw new HttpError(405, "reviews are POSTed");
      const review = await this.#admitted(request, deadline);
      kind = kindLabel(review);
      const answer = await this.#decide(path, review, deadline);
      outcome = answer.refusal === undefined ? "allowed" : answer.refusal.code >= 500 ? "failed" : "denied";
      send(response, 200, "application/json", answerText(review, answer));
    } catch (error) {
      this.#refuse(request, response, error);
    } finally {
      this.#open.delete(deadline);
      this.#parts.onReview?.({ path, kind, outcome, seconds: (this.#parts.clock.monotonic() - startedMs) / 1_000 });
    }
  }

  /** The review of a request, once there is room for its body. */
  async #admitted(request: IncomingMessage, deadline: Deadline): Promise<Review> {
    const length = request.headers["content-length"];
    const weight = Math.ceil((length === undefined ? this.#limits.maxBodyBytes : Number(length)) / PIECE_BYTES) || 1;
    const turn = this.#turnstile.enter(weight, deadline);
    if (turn === undefined) throw new HttpError(503, "too many reviews at once; ask again");
    if (turn !== true) await turn;
    try {
      const review = readReview(await readBody(request, this.#limits.maxBodyBytes, deadline));
      if ("message" in review) throw new HttpError(400, review.message);
      return review;
    } finally {
      this.#turnstile.leave(weight);
    }
  }

  /** Never rejects for what is in a review: an error of ours is a refusal that says so (never "allowed"). */
  async #decide(path: AdmissionPath, review: Review, deadline: Deadline): Promise<Answer> {
    try {
      return await ADMISSION_PATHS[path](review, this.#parts, deadline);
    } catch (error) {
      const { namespace, name, uid } = review;
      this.#parts.log.error("a review failed", { path, kind: review.kind.kind, namespace, name, uid, error: plainText(error) });
      const message = `kubectl-ark could not decide on this request (uid ${uid}); its server's log says why. Try again`;
      return { refusal: { code: 500, reason: "InternalError", message, causes: [] } };
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) return;
    const known = error instanceof HttpError ? error : new HttpError(500, "the request could not be answered");
    if (known !== error) this.#parts.log.error("a request failed", { error: plainText(error) });
    // What is still on its way of the body is nobody's business: the connection ends with the answer.
    if (!request.complete) response.setHeader("connection", "close");
    if (known.code === 503) response.setHeader("retry-after", "1");
    send(response, known.code, "text/plain; charset=utf-8", `${known.message}\n`);
    if (!request.complete) response.once("finish", () => request.socket.destroySoon());
  }

  async #passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#rest ??= this.#parts.rest();
      (await this.#rest)(request, response);
    } catch (error) {
      this.#rest = undefined;
      this.#refuse(request, response, error);
    }
  }

  /** B20: what the API server waits for, which it says as `?timeout=5s`. */
  #deadlineMs(query: string): number {
    if (query === this.#lastQuery) return this.#lastDeadlineMs; // an API server says the same each time
    this.#lastQuery = query;
    this.#lastDeadlineMs = this.#readDeadlineMs(query);
    return this.#lastDeadlineMs;
  }

  #readDeadlineMs(query: string): number {
    const said = /(?:^|&)timeout=([0-9a-zµ.]{1,32})(?:&|$)/.exec(query)?.[1];
    const parsed = said === undefined ? undefined : parseGoDuration(said);
    return typeof parsed === "number" && parsed > 0 ? Math.min(parsed, this.#limits.deadlineMs) : this.#limits.deadlineMs;
  }
}

function isAdmissionPath(path: string): path is AdmissionPath {
  return Object.hasOwn(ADMISSION_PATHS, path);
}

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf("?");
  return mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

/** Log fields pass the log's own redactor. */
const plainText = (error: unknown): string => errorText(error, { redact: (text) => text });

function send(response: ServerResponse, code: number, type: string, text: string): void {
  response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
