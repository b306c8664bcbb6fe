// Requests to one API server over undici's pool: who we are, what to do about 401, 429 and 503, and one kind of error for all that fails.
// JSON goes in and out as it is. There is no limiter: the API server has one (priority and fairness) and says when to come again.
import { buildConnector, Client, type Dispatcher, Pool } from "undici";
import { type Clock, throttleDelayMs } from "../../../plugins/sdk/index.ts";
import type { ClusterAccess, Credentials } from "./access.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { errorOfAnswer, type KubeError } from "./kubeError.ts";
import { noAnswerError, truncatedError } from "./noAnswer.ts";
import { warningsOf } from "./warnings.ts";

/** Methods that the API server has. */
export type KubeMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request. */
export interface KubeRequest {
  readonly method: KubeMethod;
  /** As `pathOf` makes it, below the server's own prefix. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; `application/json` unless told. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
  /** For each try, to its last byte: 30 s unless told. `none` is for streams that are to go on. */
  readonly timeoutMs?: number | "none";
  /** Held open for long, as a watch is: it gets a connection of its own, which ends with it. */
  readonly isStream?: boolean;
  /** Whether a second time does no harm: true for all but POST, and PATCH unless told. Only such a request is tried again when the API server asks for it. */
  readonly isRepeatable?: boolean;
}

/** An answer that is a success, read whole. */
export interface KubeAnswer {
  readonly code: number;
  readonly text: string;
}

/** An answer that is a success, as it comes. Read it or cancel it: until then its connection and its time limit are held. */
export interface KubeStream {
  readonly code: number;
  /** Rejects with a KubeError when it breaks off, with the caller's reason when aborted. Leaving the loop ends the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

/** What carries requests. Everything that is no success rejects with a KubeError; an aborted request with `signal.reason`. */
export interface KubeTransport {
  send(request: KubeRequest): Promise<KubeAnswer>;
  open(request: KubeRequest): Promise<KubeStream>;
  /** Ends all connections; what is under way rejects. */
  close(): Promise<void>;
}

/** What a transport takes. */
export interface TransportParts {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** `kubectl-ark/0.1.0`. */
  readonly userAgent: string;
  /** Gets what the API server wants the user to know of a request that it carried out. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Shorter than the API server's 90 s (of an idle connection), so that it is us who close what is idle, and no request meets a connection that just ended. */
const KEEP_ALIVE_MS = 30_000;
/** Below the minute after which load balancers forget a silent connection. */
const TCP_PROBE_AFTER_MS = 30_000;
const MAX_TRIES = 5;
/** Who has to wait longer is told so at once. */
const MAX_WAIT_MS = 30_000;

/** A transport to the cluster of `access`. Opens nothing before the first request. */
export function createTransport(access: ClusterAccess, parts: TransportParts): KubeTransport {
  return new PoolTransport(access, parts);
}

class PoolTransport implements KubeTransport {
  readonly #access: ClusterAccess;
  readonly #parts: TransportParts;
  readonly #prefix: string;
  readonly #origin: string;
  /** The door for one client certificate; an older one stays open while its requests end. */
  #door: Door | undefined;
  readonly #streams = new Set<Client>();
  #isClosed = false;

  constructor(access: ClusterAccess, parts: TransportParts) {
    const url = new URL(access.server);
    this.#access = access;
    this.#parts = parts;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, "");
  }

  async send(request: KubeRequest): Promise<KubeAnswer> {
    const { code, body } = await this.open(request);
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
    return { code, text: text + decoder.decode() };
  }

  async open(request: KubeRequest): Promise<KubeStream> {
    const { clock, random } = this.#parts;
    let hasRenewed = false;
    for (let n = 1; ; n++) {
      request.signal?.throwIfAborted();
      const credentials = await this.#access.credentials.current(request.signal);
      const outcome = await this.#try(request, credentials);
      if ("stream" in outcome) return outcome.stream;
      const { error, isLost } = outcome;
      if (error.code === 401 && !hasRenewed && this.#access.credentials.renew(credentials)) {
        hasRenewed = true;
        continue;
      }
      const isLast = n >= MAX_TRIES || !isRepeatable(request);
      if (isLost && n === 1 && request.method === "GET") continue; // a kept connection that had just ended
      const waitMs = error.code === 429 || error.code === 503 ? error.retryAfterMs : undefined;
      if (isLast || waitMs === undefined || waitMs > MAX_WAIT_MS) throw error;
      await clock.sleep(throttleDelayMs(n, waitMs, random), request.signal);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#door?.pool.destroy(), ...[...this.#streams].map((stream) => stream.destroy())]);
  }

  /** One exchange: a stream, or why there is none. `isLost`: the connection ended before an answer came. */
  async #try(request: KubeRequest, credentials: Credentials): Promise<{ stream: KubeStream } | { error: KubeError; isLost: boolean }> {
    const { clock, onWarning } = this.#parts;
    const name = `${request.method} ${request.path}`;
    const deadline = startDeadline(clock, request.timeoutMs === "none" ? undefined : (request.timeoutMs ?? TIMEOUT_MS), request.signal);
    let isHandedOn = false;
    let end = (): void => deadline.release();
    try {
      const door = this.#doorFor(credentials);
      const stream = request.isStream ? this.#newStream(door) : undefined;
      if (stream)
        end = () => {
          deadline.release();
          this.#streams.delete(stream);
          void stream.destroy();
        };
      const response = await (stream ?? door.pool).request(this.#options(request, credentials, deadline.signal));
      response.body.on("error", () => undefined); // told to whoever reads it
      if (response.statusCode < 400) {
        for (const text of warningsOf(response.headers["warning"])) onWarning?.(text);
        isHandedOn = true;
        return { stream: streamOf(response, { deadline, end, request, name, server: this.#access.server }) };
      }
      const retryAfterMs = retryAfterOf(response.headers["retry-after"], clock.now());
      const failed = { code: response.statusCode, body: await response.body.text(), retryAfterMs, request: name };
      return { error: errorOfAnswer(failed), isLost: false };
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      return {
        error: noAnswerError(error, { request: name, server: this.#access.server, isOver: deadline.isOver() }),
        isLost: isLost(error),
      };
    } finally {
      if (!isHandedOn) end();
    }
  }

  #options(request: KubeRequest, credentials: Credentials, signal: AbortSignal): Dispatcher.RequestOptions {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers: Record<string, string | string[]> = {
      accept: request.accept ?? "application/json",
      "user-agent": this.#parts.userAgent,
    };
    for (const [name, value] of Object.entries(this.#access.headers)) headers[name] = typeof value === "string" ? value : [...value];
    if (body !== undefined) headers["content-type"] = request.contentType ?? "application/json";
    if (credentials.authorization !== undefined) headers["authorization"] = credentials.authorization;
    const path = this.#prefix + request.path + queryOf(request.query);
    // The deadline is the only clock: undici's own would end a watch that is merely quiet.
    return { method: request.method, path, headers, body: body ?? null, signal, headersTimeout: 0, bodyTimeout: 0 };
  }

  #doorFor({ certificate }: Credentials): Door {
    if (this.#isClosed) throw new Error("this client is closed");
    if (this.#door && this.#door.cert === certificate?.cert) return this.#door;
    void this.#door?.pool.close(); // once what it carries has ended
    const { ca, tlsServerName, insecureSkipTlsVerify } = this.#access;
    const connect = buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_PROBE_AFTER_MS,
      rejectUnauthorized: insecureSkipTlsVerify !== true,
      ...(ca !== undefined && { ca }),
      ...(tlsServerName !== undefined && { servername: tlsServerName }),
      ...(certificate && { cert: certificate.cert, key: certificate.key }),
    });
    this.#door = { connect, cert: certificate?.cert, pool: new Pool(this.#origin, { keepAliveTimeout: KEEP_ALIVE_MS, connect }) };
    return this.#door;
  }

  /** Not of the pool: undici puts an aborted request's place in the line up again, and so opens a connection that nobody needs. */
  #newStream({ connect }: Door): Client {
    const stream = new Client(this.#origin, { connect });
    this.#streams.add(stream);
    return stream;
  }
}

interface Door {
  readonly pool: Pool;
  /** Shared by pool and streams: it keeps TLS sessions, so that a new connection costs little. */
  readonly connect: ReturnType<typeof buildConnector>;
  readonly cert: string | undefined;
}

function isRepeatable({ method, isRepeatable: told }: KubeRequest): boolean {
  return told ?? (method !== "POST" && method !== "PATCH");
}

function queryOf(query: KubeRequest["query"]): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? "" : `?${given.toString()}`;
}

/** Seconds or a date (RFC 9110 §10.2.3), as milliseconds from now. */
function retryAfterOf(header: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== "string") return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** Whether a connection ended under a request, in which case nothing may have come of it. */
function isLost(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

interface StreamContext {
  readonly deadline: Deadline;
  /** Lets go of everything that the exchange holds. */
  readonly end: () => void;
  readonly request: KubeRequest;
  readonly name: string;
  readonly server: string;
}

function streamOf(response: Dispatcher.ResponseData, { deadline, end, request, name, server }: StreamContext): KubeStream {
  const cancel = (): void => {
    response.body.destroy();
    end();
  };
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response.body) yield chunk as Uint8Array;
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      if (deadline.isOver()) throw noAnswerError(error, { request: name, server, isOver: true });
      throw truncatedError(name, error);
    } finally {
      cancel();
    }
  }
  return { code: response.statusCode, body: read(), cancel };
}
