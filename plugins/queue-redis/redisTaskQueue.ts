// The agents' end of the queue (RELIABILITY §1.5). Every transition is one script; what a script cannot know (signatures, shapes) is checked
// here before anything is executed.
import { randomBytes } from "node:crypto";
import {
  type Claim,
  type ClaimRequest,
  type Clock,
  cutUtf8,
  type Log,
  type QueueDepth,
  type QueueLimits,
  type QueueName,
  type ReleaseCause,
  type Settled,
  type Spent,
  type Task,
  type TaskFailure,
  type TaskQueue,
  type TaskResult,
  utf8Bytes,
  type Waiting,
} from "../sdk/index.ts";
import { type LuaScript, SCRIPTS } from "./generated/scripts.ts";
import { type Keys, namespaceOf } from "./keys.ts";
import type { RedisArg, RedisLink } from "./redisLink.ts";
import type { Signatures } from "./signature.ts";
import { envelopeProblem, headerOf, spentOf, UNKNOWN_VERSION } from "./wire.ts";

/** What the queue works with. */
export interface QueueParts {
  readonly link: RedisLink;
  readonly keys: Keys;
  readonly limits: QueueLimits;
  readonly signatures: Signatures;
  readonly clock: Clock;
  readonly log: Log;
}

const UNKNOWN_VERSION_DELAY_MS = 30_000;
const EACH_TASK = 8;
/** Two of the three heartbeats of a lease. */
const HEARTBEATS_OF_LEASE = 2 / 3;

/** The keys that include/queue.lua names. */
export function queueKeys(keys: Keys, queue: QueueName): string[] {
  const namespace = namespaceOf(queue);
  return [
    keys.stream(queue),
    keys.records(queue),
    keys.delayed(queue),
    keys.leases(queue),
    keys.letters(queue),
    keys.events(namespace),
    keys.letterQueues(namespace),
    keys.letterCounter(namespace),
    keys.inbox(namespace, ""),
    keys.run(namespace, ""),
  ];
}

/** {@link TaskQueue} on Redis Streams. */
export class RedisTaskQueue implements TaskQueue {
  readonly #parts: QueueParts;
  readonly #closing = new AbortController();
  #turn = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Aborted once the queue is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async enqueue(task: Task, delayMs = 0): Promise<"added" | "known" | "full"> {
    const { limits, signatures } = this.#parts;
    if (namespaceOf(task.queue) !== task.ns)
      throw new RangeError(`task ${task.key}: queue "${task.queue}" is not of namespace "${task.ns}"`);
    const env = JSON.stringify(task);
    const bytes = utf8Bytes(env);
    if (bytes > limits.maxEnvelopeBytes) {
      throw new RangeError(
        `task ${task.key}: ${bytes} bytes do not fit into an envelope of ${limits.maxEnvelopeBytes}; shorten the prompt`,
      );
    }
    const prompt = cutUtf8(task.prompt, limits.maxLetterPromptBytes);
    const answer = await this.#run(SCRIPTS.enqueue, task.queue, [
      task.key,
      env,
      signatures.sign(task.queue, env),
      task.run,
      task.runUID,
      task.retries,
      task.deadlineMs,
      delayMs,
      limits.maxDepth,
      task.parent === undefined ? "" : JSON.stringify(headerOf(task)),
      task.inbox ?? "",
      prompt === task.prompt ? "" : JSON.stringify({ ...task, prompt }),
    ]);
    return answer as "added" | "known" | "full";
  }

  async claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]> {
    signal.throwIfAborted();
    if (request.max < 1) throw new RangeError(`claim: max is ${request.max}; ask for at least one task`);
    const { clock, link } = this.#parts;
    const endsMs = clock.monotonic() + request.waitMs;
    let ends: AbortSignal | undefined;
    for (;;) {
      const { claims, streams, dueMs } = await this.#take(request);
      if (signal.aborted) {
        await Promise.all(claims.map((claim) => this.release(claim, "surplus", 0)));
        throw signal.reason;
      }
      const leftMs = endsMs - clock.monotonic();
      if (claims.length > 0 || leftMs <= 0) return claims;
      ends ??= AbortSignal.any([signal, this.#closing.signal]);
      await link.wait(streams, Math.min(leftMs, dueMs, link.timings.lookMs), ends);
    }
  }

  async extend(claim: Claim, leaseMs: number, waiting?: Waiting): Promise<"ok" | "fenced" | "cancel" | "stop"> {
    const { limits, keys } = this.#parts;
    const { key, queue } = claim.task;
    const told = waiting && {
      ...waiting,
      ...(waiting.message === undefined ? {} : { message: cutUtf8(waiting.message, limits.maxMessageBytes) }),
    };
    const answer = await this.#run(
      SCRIPTS.extend,
      queue,
      [
        key,
        claim.token,
        leaseMs,
        told ? JSON.stringify(told) : "",
        told ? `${told.reason ?? ""}\n${told.message ?? ""}` : "",
        limits.waitingEveryMs,
      ],
      [keys.stop(namespaceOf(queue))],
    );
    return answer as "ok" | "fenced" | "cancel" | "stop";
  }

  async complete(claim: Claim, result: TaskResult): Promise<Settled> {
    const { key, queue } = claim.task;
    const json = JSON.stringify(result);
    const mac = this.#parts.signatures.sign(queue, json);
    return (await this.#run(SCRIPTS.complete, queue, [key, claim.token, json, mac, callId()])) as Settled;
  }

  async fail(claim: Claim, failure: TaskFailure, delayMs: number): Promise<Settled> {
    const { limits, signatures } = this.#parts;
    const { key, queue } = claim.task;
    const message = cutUtf8(failure.message, limits.maxMessageBytes);
    const json = JSON.stringify({ ...failure, message });
    const spent: Spent = { usage: failure.usage, ...(failure.costUSD === undefined ? {} : { costUSD: failure.costUSD }) };
    // The script puts the cause there, and the end of the object.
    const cancelled = `${JSON.stringify({ ...spent, reason: "Cancelled", permanent: true }).slice(0, -1)},"message":`;
    return (await this.#run(SCRIPTS.fail, queue, [
      key,
      claim.token,
      json,
      signatures.sign(queue, json),
      delayMs,
      failure.permanent ? "1" : "",
      JSON.stringify(spent),
      cutUtf8(`${failure.reason}: ${message}`, limits.maxMessageBytes),
      limits.maxDeadLetters,
      cancelled,
      callId(),
    ])) as Settled;
  }

  async release(claim: Claim, cause: ReleaseCause, delayMs: number, spent?: Spent): Promise<Settled> {
    const { key, queue } = claim.task;
    const args = [key, claim.token, delayMs, cause === "throttled" ? "1" : "", spent ? JSON.stringify(spent) : "", callId()];
    return (await this.#run(SCRIPTS.release, queue, args)) as Settled;
  }

  async depth(queue: QueueName): Promise<QueueDepth> {
    const { link, keys } = this.#parts;
    const answers = await link.pipeline([
      ["XLEN", keys.stream(queue)],
      ["ZCARD", keys.leases(queue)],
      ["ZCARD", keys.delayed(queue)],
    ]);
    const [entries = 0, pending = 0, delayed = 0] = answers.map(Number);
    return { undelivered: entries - pending, pending, delayed };
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the queue is closed"));
    await this.#parts.link.close();
  }

  /** What there is now, a queue at a time, each time beginning with another: none of a shared agent's queues starves. */
  async #take({ queues, consumer, max, leaseMs }: ClaimRequest): Promise<Taken> {
    const { keys, limits } = this.#parts;
    const claims: Claim[] = [];
    const streams: { key: string; after: string }[] = [];
    let dueMs = Number.POSITIVE_INFINITY;
    const start = this.#turn++;
    // A server that was away is not the death of everybody: for two heartbeats after a reconnect others may extend their leases first.
    const mayTakeLapsed = (): string => (this.#parts.link.sinceReconnectMs() >= leaseMs * HEARTBEATS_OF_LEASE ? "1" : "");
    for (let i = 0; i < queues.length && claims.length < max; i++) {
      const queue = queues[(start + i) % queues.length] ?? "";
      const tokens = Array.from({ length: max - claims.length }, randomToken);
      const args = (): RedisArg[] => [consumer, leaseMs, limits.maxCrashes, limits.maxDeadLetters, mayTakeLapsed(), ...tokens];
      const answer = (await this.#run(SCRIPTS.claim, queue, args)) as string[];
      const [after = "0-0", due = "-1", ...tasks] = answer;
      if (Number(due) >= 0) dueMs = Math.min(dueMs, Number(due));
      streams.push({ key: keys.stream(queue), after });
      for (let at = 0; at < tasks.length; at += EACH_TASK) {
        const claim = await this.#accept(queue, consumer, tasks.slice(at, at + EACH_TASK));
        if (claim) claims.push(claim);
      }
    }
    return { claims, streams, dueMs };
  }

  /** The claim of a task, when its envelope is to be believed; else it is settled, or given back, here. */
  async #accept(queue: QueueName, consumer: string, fields: readonly string[]): Promise<Claim | undefined> {
    const { signatures, limits, log } = this.#parts;
    const [key = "", env = "", mac = "", token = "", crashes, errors, throttled, spent = ""] = fields;
    const task = signatures.isGenuine(queue, env, mac) ? jsonOf(env) : undefined;
    const problem = task === undefined ? "the envelope has no signature of its queue, or is no JSON" : envelopeProblem(task, queue, key);
    const counters = { crashes: Number(crashes), errors: Number(errors), throttled: Number(throttled) };
    if (problem === undefined) return { task: task as Task, token, consumer, counters, spent: spentOf(spent).usage };
    const claim = { task: { key, queue } as Task, token, consumer, counters, spent: spentOf(spent).usage };
    log.warn("a task is not executed", { queue, task: key, problem });
    if (problem === UNKNOWN_VERSION) await this.release(claim, "version", UNKNOWN_VERSION_DELAY_MS);
    else await this.#run(SCRIPTS.refuse, queue, [key, token, problem, limits.maxDeadLetters]);
    return undefined;
  }

  #run(
    script: LuaScript,
    queue: QueueName,
    args: readonly RedisArg[] | (() => readonly RedisArg[]),
    moreKeys: readonly string[] = [],
  ): Promise<unknown> {
    const keys = queueKeys(this.#parts.keys, queue);
    return this.#parts.link.script(script, moreKeys.length > 0 ? [...keys, ...moreKeys] : keys, args);
  }
}

interface Taken {
  readonly claims: Claim[];
  /** Where to wait for more. */
  readonly streams: readonly { readonly key: string; readonly after: string }[];
  /** Until a lease ends or a delayed task is due. */
  readonly dueMs: number;
}

const TOKEN_BYTES = 16;
/** Random bytes of many tokens at once: asking for each alone takes longer than the rest of a claim. */
const RANDOM_BYTES = 256 * TOKEN_BYTES;
let random = Buffer.alloc(0);

/** 128 random bits. */
function randomToken(): string {
  if (random.length < TOKEN_BYTES) random = randomBytes(RANDOM_BYTES);
  const token = random.toString("hex", 0, TOKEN_BYTES);
  random = random.subarray(TOKEN_BYTES);
  return token;
}

/** Tells one call from the next, so that one that is sent again is known. */
export function callId(): string {
  return randomToken();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
