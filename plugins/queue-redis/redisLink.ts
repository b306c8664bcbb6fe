// The way to the server: one connection for commands, others for whoever waits (RELIABILITY §1.7). Scripts are safe to send twice, so a
// lost reply is answered by sending again.
import { Redis, type RedisOptions } from "ioredis";
import { type Clock, type Log, orAborted } from "../sdk/index.ts";
import type { LuaScript } from "./generated/scripts.ts";
import { RedisRefused, RedisUnavailable, redisError } from "./redisErrors.ts";

/** Arguments of scripts and commands. */
export type RedisArg = string | number | Buffer;

/** One command. */
export type RedisCall = readonly [name: string, ...args: RedisArg[]];

/** How long things may take, ms (RELIABILITY §5). */
export interface RedisTimings {
  /** One blocked read. */
  readonly blockMs: number;
  /** A command without an answer, or without a connection, has failed. */
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** A blocked read that has not ended so long after its time has lost its connection. */
  readonly watchdogMs: number;
  /** A moved-away lease or a delayed task is looked for at least so often while somebody waits. */
  readonly lookMs: number;
}

/** The usual times. */
export const REDIS_TIMINGS: RedisTimings = {
  blockMs: 2_000,
  commandTimeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  watchdogMs: 3_000,
  lookMs: 1_000,
};

/** What a link takes. */
export interface LinkParts {
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly timings?: Partial<RedisTimings> | undefined;
  /** Added to the server's time in every script: for tests that move time. */
  readonly clockOffsetMs?: (() => number) | undefined;
}

/** A stream, and the id behind which something new would stand. */
export interface StreamPlace {
  readonly key: string;
  readonly after: string;
}

/** A script, and what it is called with. */
export interface ScriptCall {
  readonly script: LuaScript;
  readonly keys: readonly string[];
  /** They may depend on the moment in which they are sent. */
  readonly args: readonly RedisArg[] | (() => readonly RedisArg[]);
}

/** A server, as everything in this plugin uses it. Everything rejects with RedisUnavailable or RedisRefused. */
export interface RedisLink {
  /** `host:port`, for messages. */
  readonly server: string;
  readonly timings: RedisTimings;
  /** One atomic script. Sent again when its reply is lost; `isResent` when it may have been sent before. */
  script(script: LuaScript, keys: readonly string[], args: ScriptCall["args"], isResent?: boolean): Promise<unknown>;
  command(name: string, ...args: readonly RedisArg[]): Promise<unknown>;
  /** Several commands in one round trip; rejects with the first refusal. */
  pipeline(calls: readonly RedisCall[]): Promise<readonly unknown[]>;
  /**
   * Waits until one of the streams holds something after its id, at most `waitMs`, perhaps less. Takes nothing: who wakes has to look.
   * True when one does. Aborted, it rejects with `signal.reason` at once.
   */
  wait(streams: readonly StreamPlace[], waitMs: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Waits for one stream as `wait` does, and calls a script as soon as that is over, in the same round trip. Undefined, and nothing called, when somebody
   * waits for the same already: then it has waited with them. Aborted, it ends as soon as it is known whether the script was called: with its answer, or
   * rejecting.
   */
  waitThen(stream: StreamPlace, waitMs: number, signal: AbortSignal, call: ScriptCall): Promise<unknown>;
  /** Whether commands can be sent now. */
  readonly isConnected: boolean;
  /** How long ago the connection came back after it was lost, ms; Infinity when it never was. */
  sinceReconnectMs(): number;
  close(): Promise<void>;
}

type ConnectionOptions = Omit<RedisOptions, "replyMapping">;

const RECONNECT = { firstMs: 100, maxMs: 3_000 };
const RESEND_PAUSE_MS = 50;

/** Connects in the background; the first command waits for it. @throws TypeError for a URL that is none */
export function openRedis(parts: LinkParts): RedisLink {
  return new IoRedisLink(parts);
}

class IoRedisLink implements RedisLink {
  readonly server: string;
  readonly timings: RedisTimings;
  readonly #parts: LinkParts;
  readonly #options: ConnectionOptions;
  readonly #main: Redis;
  /** Connections that wait for nobody now. */
  readonly #idle: Redis[] = [];
  readonly #waiting = new Set<Redis>();
  /** Blocked reads by what they wait for: whoever waits for the same joins. */
  readonly #reads = new Map<string, Promise<Read>>();
  /** Who waits for an answer, by connection. */
  readonly #open = new Map<Redis, Set<(error: Error) => void>>();
  #isClosed = false;
  #cameBackMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LinkParts) {
    const url = new URL(parts.url);
    if (url.protocol !== "redis:" && url.protocol !== "rediss:")
      throw new TypeError(`REDIS_URL begins with redis:// or rediss://, not ${url.protocol}//`);
    this.server = `${url.hostname}:${url.port || "6379"}`;
    this.timings = { ...REDIS_TIMINGS, ...parts.timings };
    this.#parts = parts;
    this.#options = {
      connectTimeout: this.timings.connectTimeoutMs,
      keepAlive: 10_000,
      noDelay: true,
      enableOfflineQueue: false,
      enableReadyCheck: false, // it needs INFO, which agents may not call
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      disableClientInfo: true,
      retryStrategy: (times) => Math.min(RECONNECT.maxMs, RECONNECT.firstMs * 2 ** Math.min(times, 10)) * (0.5 + parts.random() / 2),
    };
    const limitMs = this.timings.commandTimeoutMs;
    // The socket's limit ends a connection that is dead without having been closed; the next command goes by another.
    this.#main = this.#connect({ commandTimeout: limitMs, socketTimeout: limitMs });
    let isLost = false;
    this.#main.on("close", () => {
      isLost = true;
    });
    this.#main.on("ready", () => {
      if (isLost) this.#cameBackMs = parts.clock.monotonic();
    });
  }

  get isConnected(): boolean {
    return this.#main.status === "ready";
  }

  sinceReconnectMs(): number {
    return this.#parts.clock.monotonic() - this.#cameBackMs;
  }

  async script(script: LuaScript, keys: readonly string[], args: ScriptCall["args"], isResent = false): Promise<unknown> {
    let wasSent = isResent;
    return this.#sent(async () => {
      const rest = this.#restOf(keys, args, wasSent);
      wasSent = true;
      try {
        return await this.#main.evalsha(script.sha1, ...rest);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return this.#main.call("EVAL", [script.lua, ...rest]);
      }
    });
  }

  command(name: string, ...args: readonly RedisArg[]): Promise<unknown> {
    return this.#sent(() => this.#main.call(name, ...args));
  }

  async pipeline(calls: readonly RedisCall[]): Promise<readonly unknown[]> {
    if (calls.length === 0) return [];
    return this.#sent(async () => {
      const batch = this.#main.pipeline();
      for (const [name, ...args] of calls) batch.call(name, args);
      const answers = (await batch.exec()) ?? [];
      return answers.map(([error, value]) => {
        if (error) throw error;
        return value;
      });
    });
  }

  async wait(streams: readonly StreamPlace[], waitMs: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const blockMs = this.#blockMs(waitMs);
    // Aborted or too late for one who has joined, a read ends by itself within its time, takes nothing, and its connection is used again.
    const reads = bySlot(streams).map((group) => this.#joined(group, blockMs));
    let cancel = (): void => undefined;
    const late = new Promise<Read>((resolve) => {
      cancel = this.#parts.clock.after(blockMs, () => resolve({ isNew: false }));
    });
    try {
      return (await orAborted(Promise.race([...reads, late]), signal)).isNew;
    } finally {
      cancel();
    }
  }

  async waitThen(stream: StreamPlace, waitMs: number, signal: AbortSignal, call: ScriptCall): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#reads.has(nameOf([stream]))) {
      await this.wait([stream], waitMs, signal);
      return undefined;
    }
    const { answer } = await this.#joined([stream], this.#blockMs(waitMs), { call, signal });
    return answer;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of [this.#main, ...this.#idle, ...this.#waiting]) connection.disconnect();
  }

  #blockMs(waitMs: number): number {
    return Math.max(1, Math.floor(Math.min(waitMs, this.timings.blockMs)));
  }

  /** The blocked read of these streams that is under way, or a new one. */
  #joined(streams: readonly StreamPlace[], blockMs: number, then?: Then): Promise<Read> {
    const name = nameOf(streams);
    const known = this.#reads.get(name);
    if (known) return known;
    const read = this.#block(streams, blockMs, then).finally(() => this.#reads.delete(name));
    read.catch(() => undefined); // told to whoever still waits
    this.#reads.set(name, read);
    return read;
  }

  async #block(streams: readonly StreamPlace[], blockMs: number, then?: Then): Promise<Read> {
    const connection = this.#idle.pop() ?? this.#connect({});
    this.#waiting.add(connection);
    // A blocked client that goes takes what it has sent behind with it: the script is called, and answered, before this closes, or not at all.
    const leave = (): void => connection.disconnect();
    const cancelWatchdog = this.#parts.clock.after(blockMs + this.timings.watchdogMs, () => connection.disconnect(true));
    try {
      await this.#ready(connection);
      then?.signal.throwIfAborted();
      then?.signal.addEventListener("abort", leave, { once: true });
      const places = [...streams.map(({ key }) => key), ...streams.map(({ after }) => after)];
      const read = this.#whileOpen(connection, () =>
        connection.call("XREAD", ["COUNT", "1", "BLOCK", String(blockMs), "STREAMS", ...places]),
      );
      if (!then) return { isNew: (await read) !== null };
      const { script, keys, args } = then.call;
      const answer = this.#whileOpen(connection, () => connection.evalsha(script.sha1, ...this.#restOf(keys, args, false)));
      answer.catch(() => undefined); // told to whoever asked for it
      return { isNew: (await read) !== null, answer };
    } catch (error) {
      throw redisError(error, this.server);
    } finally {
      cancelWatchdog();
      then?.signal.removeEventListener("abort", leave);
      this.#waiting.delete(connection);
      if (this.#isClosed) connection.disconnect();
      else if (then?.signal.aborted !== true) this.#idle.push(connection);
    }
  }

  /** What follows the script's hash or text in EVALSHA and EVAL. */
  #restOf(keys: readonly string[], args: ScriptCall["args"], isResent: boolean): [number, ...RedisArg[]] {
    const offsetMs = this.#parts.clockOffsetMs?.() ?? 0;
    return [keys.length, ...keys, ...(typeof args === "function" ? args() : args), offsetMs, isResent ? 1 : 0];
  }

  /** Does it, and again while it is the connection that fails and there is time. */
  async #sent<T>(send: () => Promise<T>): Promise<T> {
    const { clock } = this.#parts;
    const endsMs = clock.monotonic() + this.timings.commandTimeoutMs;
    for (;;) {
      try {
        await this.#ready(this.#main);
        return await this.#whileOpen(this.#main, send);
      } catch (error) {
        const told = redisError(error, this.server);
        const isPassing = told instanceof RedisUnavailable || (told instanceof RedisRefused && told.code === "loading");
        if (!isPassing || this.#isClosed || clock.monotonic() + RESEND_PAUSE_MS >= endsMs) throw told;
        await clock.sleep(RESEND_PAUSE_MS);
      }
    }
  }

  /** Until a connection takes commands; in vain after the time of a command. */
  async #ready(connection: Redis): Promise<void> {
    if (connection.status === "ready") return;
    if (this.#isClosed) throw new RedisUnavailable("the queue is closed");
    let lastError: unknown;
    await new Promise<void>((resolve, reject) => {
      const onReady = (): void => finish(resolve);
      const onError = (error: unknown): void => {
        lastError = error;
        // A password that is wrong stays wrong.
        if (redisError(error, this.server) instanceof RedisRefused) finish(() => reject(error as Error));
      };
      const onEnd = (): void => finish(() => reject(new RedisUnavailable("the queue is closed")));
      const finish = (then: () => void): void => {
        cancel();
        connection.off("ready", onReady).off("error", onError).off("end", onEnd);
        then();
      };
      const cancel = this.#parts.clock.after(this.timings.commandTimeoutMs, () =>
        finish(() => reject(lastError instanceof Error ? lastError : new Error("no connection in time"))),
      );
      connection.on("ready", onReady).on("error", onError).on("end", onEnd);
    });
  }

  /** What is asked of a connection; rejects when that closes, which the client library tells nobody who waits for an answer. */
  #whileOpen<T>(connection: Redis, ask: () => Promise<T>): Promise<T> {
    const open = this.#open.get(connection) ?? new Set();
    return new Promise<T>((resolve, reject) => {
      open.add(reject);
      ask()
        .then(resolve, reject)
        .finally(() => open.delete(reject));
    });
  }

  #connect(more: ConnectionOptions): Redis {
    let isLeaving = false;
    // Once for each connection, however many commands it refuses.
    const reconnectOnError = ({ message }: Error): boolean => !isLeaving && (isLeaving = /^(READONLY|LOADING|MASTERDOWN)/.test(message));
    const connection = new Redis(this.#parts.url, { ...this.#options, ...more, reconnectOnError });
    connection.setMaxListeners(0); // everybody who asks before it is ready waits for that
    const open = new Set<(error: Error) => void>();
    this.#open.set(connection, open);
    connection.on("close", () => {
      for (const reject of open) reject(new Error("the connection was lost"));
      open.clear();
    });
    let isDown = false;
    connection.on("error", (error: unknown) => {
      if (isDown || this.#isClosed) return;
      isDown = true;
      this.#parts.log.warn("the connection to Redis is lost; trying again", { error: redisError(error, this.server) });
    });
    connection.on("ready", () => {
      isLeaving = false;
      if (isDown) this.#parts.log.info("connected to Redis again", { server: this.server });
      isDown = false;
    });
    return connection;
  }
}

/** How a blocked read ended. */
interface Read {
  readonly isNew: boolean;
  /** What the script behind it said: the same reply brings it. */
  readonly answer?: Promise<unknown>;
}

interface Then {
  readonly call: ScriptCall;
  readonly signal: AbortSignal;
}

const nameOf = (streams: readonly StreamPlace[]): string => streams.map(({ key, after }) => `${key} ${after}`).join("\n");

/** Streams that one command may name: in a cluster those of one hash tag, elsewhere all. */
function bySlot(streams: readonly StreamPlace[]): StreamPlace[][] {
  const groups = new Map<string, StreamPlace[]>();
  for (const stream of streams) {
    const tag = /^\{[^}]*\}/.exec(stream.key)?.[0] ?? "";
    const group = groups.get(tag);
    if (group) group.push(stream);
    else groups.set(tag, [stream]);
  }
  return [...groups.values()];
}
