// Between a client and a Redis: a network that loses what a test tells it to lose. It reads the protocol, so that a loss hits what it is meant for.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from "node:net";
import type { RedisServer } from "./startRedis.ts";

/** What the way to the server does. */
export interface RedisProxy {
  /** The server's URL by this way. */
  readonly url: string;
  /**
   * Which scripts, by their SHA-1, arrive twice, the second time as one that is sent again, and which of the two replies is passed on.
   * "once" for what is left alone.
   */
  twice: (sha1: string) => "once" | "first" | "second";
  /** How many scripts have been sent twice, by their SHA-1. */
  readonly sentTwice: ReadonlyMap<string, number>;
  /** The next replies of the server are lost, each together with its connection. */
  loseReplies(count: number): void;
  /** Nothing passes on the connections of this moment any more, either way, and nobody is told. New ones pass. */
  freeze(): void;
  /** Every connection ends (FIN). */
  cut(): void;
  /** Nobody gets through any more, until told otherwise. */
  isRefusing: boolean;
  /** Who comes from now on gets to another server. */
  moveTo(server: RedisServer): void;
  /**
   * Resolves when a script, by its SHA-1, is asked for, or answered. Neither that question nor that answer passes, nor anything after it on the same
   * connection: whoever asked may be ended just there.
   */
  stopAt(sha1: string, moment: "asked" | "answered"): Promise<void>;
  close(): Promise<void>;
}

/** Opens a way to `server`; `user` is who comes by it, `name:password`. */
export async function startRedisProxy(server: RedisServer, user = ""): Promise<RedisProxy> {
  const proxy = new Proxy(server.port);
  await proxy.listen();
  return Object.assign(proxy, { url: `redis://${user === "" ? "" : `${user}@`}127.0.0.1:${proxy.port}` });
}

class Proxy {
  twice: RedisProxy["twice"] = () => "once";
  isRefusing = false;
  readonly sentTwice = new Map<string, number>();
  #target: number;
  #stop: { readonly sha1: string; readonly moment: "asked" | "answered"; readonly reached: () => void } | undefined;
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly client: Socket; readonly upstream: Socket; isFrozen: boolean }>();
  #lost = 0;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  loseReplies(count: number): void {
    this.#lost = count;
  }

  freeze(): void {
    for (const pair of this.#pairs) pair.isFrozen = true;
  }

  moveTo(server: RedisServer): void {
    this.#target = server.port;
  }

  stopAt(sha1: string, moment: "asked" | "answered"): Promise<void> {
    return new Promise((resolve) => {
      this.#stop = { sha1, moment, reached: resolve };
    });
  }

  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
  }

  #join(client: Socket): void {
    if (this.isRefusing) {
      client.destroy();
      return;
    }
    const upstream = tcpConnect(this.#target, "127.0.0.1");
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const pair = { client, upstream, isFrozen: false };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", () => undefined).on("close", end);
    // Whether the reply is passed on, and of which script it is, in the order of the requests.
    const awaited: { readonly passes: boolean; readonly sha1: string | undefined }[] = [];
    const stopsAt = (sha1: string | undefined, moment: "asked" | "answered"): boolean => {
      if (pair.isFrozen) return true;
      if (sha1 === undefined || this.#stop?.sha1 !== sha1 || this.#stop.moment !== moment) return false;
      pair.isFrozen = true;
      this.#stop.reached();
      this.#stop = undefined;
      return true;
    };
    const requests = frames((request) => {
      const again = sentAgain(request);
      if (stopsAt(again?.sha1, "asked")) return;
      const passedOn = again ? this.twice(again.sha1) : "once";
      upstream.write(request);
      awaited.push({ passes: passedOn !== "second", sha1: again?.sha1 });
      if (!again || passedOn === "once") return;
      this.sentTwice.set(again.sha1, (this.sentTwice.get(again.sha1) ?? 0) + 1);
      upstream.write(again.request);
      awaited.push({ passes: passedOn === "second", sha1: again.sha1 });
    });
    const replies = frames((reply) => {
      if (this.#lost > 0) {
        this.#lost--;
        end();
        return;
      }
      const { passes = true, sha1 } = awaited.shift() ?? {};
      if (!stopsAt(sha1, "answered") && passes) client.write(reply);
    });
    client.on("data", (chunk) => {
      if (!pair.isFrozen) requests(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!pair.isFrozen) replies(chunk);
    });
  }
}

/** A script's request as the link sends it again: its last argument says so. Undefined for what is no script of ours. */
function sentAgain(request: Buffer): { readonly request: Buffer; readonly sha1: string } | undefined {
  const END = "\r\n$1\r\n0\r\n";
  const match = /^\*\d+\r\n\$7\r\nevalsha\r\n\$40\r\n([0-9a-f]{40})\r\n/i.exec(request.toString("latin1", 0, 80));
  if (!match || request.toString("latin1", request.length - END.length) !== END) return undefined;
  const again = Buffer.from(request);
  again.write("1", again.length - 3, "latin1");
  return { request: again, sha1: match[1] ?? "" };
}

/** Cuts a stream of the protocol into whole requests or replies. */
function frames(each: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = frameEnd(rest, 0);
      if (end === undefined) return;
      each(rest.subarray(0, end));
      rest = rest.subarray(end);
      if (rest.length === 0) return;
    }
  };
}

/** Where the value that begins at `at` ends; undefined when it is not whole. */
function frameEnd(bytes: Buffer, at: number): number | undefined {
  const line = bytes.indexOf("\r\n", at);
  if (line < 0) return undefined;
  const count = Number(bytes.toString("latin1", at + 1, line));
  const next = line + 2;
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case "$":
    case "=":
    case "!":
      if (count < 0) return next;
      return next + count + 2 <= bytes.length ? next + count + 2 : undefined;
    case "*":
    case "~":
    case ">":
      return valuesEnd(bytes, next, Math.max(0, count));
    case "%":
      return valuesEnd(bytes, next, count * 2);
    default:
      return next;
  }
}

function valuesEnd(bytes: Buffer, at: number, count: number): number | undefined {
  let end: number | undefined = at;
  for (let i = 0; i < count && end !== undefined; i++) end = frameEnd(bytes, end);
  return end;
}
