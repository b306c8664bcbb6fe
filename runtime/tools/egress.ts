// The one way out for tools and MCP servers (S21–S25): addresses are judged inside the socket's own lookup, so that there is no gap
// between check and connection; redirects are not followed; bodies and times are bounded. undici is loaded with the first call.
import { lookup as systemLookup } from "node:dns";
import { isIP } from "node:net";
import type { Agent as UndiciAgent, RequestInit as UndiciInit } from "undici";
import { isAllowedAddress } from "../../crds/index.ts";
import { MAX_TOOL_BODY } from "../limits.ts";
import { kindOfAddress } from "./address.ts";

/** A resolved address. */
export interface Address {
  readonly address: string;
  readonly family: number;
}

/** What may be reached. */
export interface EgressPolicy {
  readonly allowLoopback: boolean;
  /** `host[:port]` as URLs have it, of all that is written literally in the object: they may be private. */
  readonly literalHosts: readonly string[];
  /** B18: addresses that may be reached at most; absent: no narrowing. */
  readonly allowlist?: readonly string[] | undefined;
  readonly connectTimeoutMs: number;
  /** Client certificate and CA, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
  /** The resolver; the system's when absent. */
  readonly resolve?: ((host: string) => Promise<readonly Address[]>) | undefined;
}

/** A call that was not made, or not brought to an end. Its message may be shown to a model: no address, no internals (S27). */
export class EgressError extends Error {
  override readonly name = "EgressError";
  readonly code: "denied" | "unreachable" | "tooLong" | "late";

  constructor(code: EgressError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The guarded client. */
export interface Egress {
  /** Like `fetch`, without redirects; the body ends with an error after `MAX_TOOL_BODY` bytes (of an event stream: per event). */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

interface Loaded {
  readonly agent: UndiciAgent;
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
}

/** Bytes of one event stream that answers a POST, all events together: a call's progress is no download. */
const MAX_STREAM_BODY = 16 * MAX_TOOL_BODY;

/** A client that keeps to a policy. Costs nothing before its first call. */
export function createEgress(policy: EgressPolicy): Egress {
  let loaded: Promise<Loaded> | undefined;
  const load = async (): Promise<Loaded> => {
    const undici = await import("undici");
    const agent = new undici.Agent({
      connect: { timeout: policy.connectTimeoutMs, lookup: guardedLookup(policy), ...(policy.tls ?? {}) },
      maxHeaderSize: 64 * 1024,
      keepAliveTimeout: 10_000,
      headersTimeout: 0, // times are the caller's signal
      bodyTimeout: 0,
    });
    // undici's types of requests and responses are those of the platform, declared once more.
    const fetch = async (url: URL, init: RequestInit): Promise<Response> => {
      const own = { ...init, redirect: "manual", dispatcher: agent } as unknown as UndiciInit;
      return (await undici.fetch(url, own)) as unknown as Response;
    };
    return { fetch, agent };
  };
  return {
    async fetch(url, init = {}) {
      const target = new URL(url);
      const denied = deniedUrl(target, policy);
      if (denied !== undefined) throw new EgressError("denied", denied);
      loaded ??= load();
      const { fetch } = await loaded;
      try {
        return bounded(await fetch(target, init), init.method ?? "GET");
      } catch (error) {
        init.signal?.throwIfAborted();
        throw egressErrorOf(error, target.host);
      }
    },
    async close() {
      if (loaded !== undefined) await (await loaded).agent.destroy();
    },
  };
}

/** Why a URL may not be called, as far as it can be told without resolving; undefined when it may. */
export function deniedUrl(url: URL, policy: EgressPolicy): string | undefined {
  if (url.protocol !== "http:" && url.protocol !== "https:") return "only http and https addresses can be called";
  if (url.username !== "" || url.password !== "") return "an address with a user or password in it is not called";
  if (policy.allowlist !== undefined && !isAllowedAddress(url.href, policy.allowlist)) return `${url.host} is not in mcpAllowlist`;
  if (isMetadataName(url.hostname)) return `${url.host} may not be called`;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 || mayReach(host, url.host, policy) ? undefined : `${url.host} may not be called: its address is not public`;
}

function isMetadataName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, "");
  return name === "metadata" || name === "metadata.google.internal" || name === "instance-data";
}

function mayReach(address: string, host: string, policy: EgressPolicy): boolean {
  const isLiteral = policy.literalHosts.includes(host);
  switch (kindOfAddress(address)) {
    case "never":
      return false;
    case "loopback":
      return policy.allowLoopback && isLiteral;
    case "private":
      return isLiteral;
    case "public":
      return true;
  }
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | Address[], family?: number) => void;

/** A lookup for sockets: what it hands out is what is connected to, and all of it has been judged. */
function guardedLookup(policy: EgressPolicy) {
  // A lookup is told the name and not the port: a name counts as literal when it is written anywhere in the object.
  const literalNames = new Set(policy.literalHosts.map((host) => new URL(`http://${host}`).hostname));
  const resolve = policy.resolve ?? resolveBySystem;
  const judge = async (hostname: string): Promise<readonly Address[]> => {
    const judged: EgressPolicy = { ...policy, literalHosts: literalNames.has(hostname) ? [hostname] : [] };
    const addresses = await resolve(hostname);
    if (addresses.length === 0) throw new EgressError("unreachable", "the name has no address");
    if (addresses.every(({ address }) => mayReach(address, hostname, judged))) return addresses;
    throw new EgressError("denied", "its name leads to an address that may not be called");
  };
  const answer = async (hostname: string, isAll: boolean, callback: LookupCallback): Promise<void> => {
    let addresses: readonly Address[];
    try {
      addresses = await judge(hostname);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), "");
      return;
    }
    if (isAll) callback(null, [...addresses]);
    else callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
  };
  return (hostname: string, options: { all?: boolean | undefined }, callback: LookupCallback): void => {
    void answer(hostname, options.all === true, callback);
  };
}

function resolveBySystem(host: string): Promise<readonly Address[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });
}

/** The same response with a body that ends in an error when it grows too long. */
function bounded(response: Response, method: string): Response {
  if (response.body === null) return response;
  const isEvents = (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
  const maxTotal = isEvents ? (method === "GET" ? Number.POSITIVE_INFINITY : MAX_STREAM_BODY) : MAX_TOOL_BODY;
  let total = 0;
  let event = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      total += chunk.byteLength;
      if (isEvents) {
        const lineEnd = chunk.lastIndexOf(0x0a);
        event = lineEnd < 0 ? event + chunk.byteLength : chunk.byteLength - lineEnd - 1;
      }
      if (total > maxTotal || event > MAX_TOOL_BODY) controller.error(new EgressError("tooLong", "the answer is longer than 1 MiB"));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  const copy = new Response(response.body.pipeThrough(limit), { status: status < 200 ? 200 : status, statusText, headers });
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}

/** Network errors by their code alone. */
function egressErrorOf(error: unknown, host: string): EgressError {
  for (let cause: unknown = error, i = 0; cause instanceof Error && i < 5; cause = cause.cause, i++) {
    if (cause instanceof EgressError) return new EgressError(cause.code, `${host} was not called: ${cause.message}`, { cause: error });
    if ("code" in cause && typeof cause.code === "string") {
      return new EgressError("unreachable", `${host} cannot be reached (${cause.code})`, { cause: error });
    }
  }
  return new EgressError("unreachable", `${host} cannot be reached`, { cause: error });
}
