// The agents' end of the queue (RELIABILITY §1.5). Every transition is one script; what a script cannot know (signatures, shapes) is checked
// here before anything is executed.
import { randomBytes } from "node:crypto";
import {
  type Claim,
  type ClaimRequest,
  type Clock,
  cutUtf8,
  type LinkedAbort,
  type Log,
  linkedAbort,
  orAborted,
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
import { Gatherer } from "./gatherer.ts";
import { type LuaScript, SCRIPTS } from "./generated/scripts.ts";
import { type Keys, namespaceOf } from "./keys.ts";
import { RedisUnavailable } from "./redisErrors.ts";
import type { RedisArg, RedisLink, ScriptCall, StreamPlace } from "./redisLink.ts";
import type { Signatures } from "./signature.ts";
import { StallWatch } from "./stallWatch.ts";
import { envelopeProblem, headerOf, resultText, spentOf, UNKNOWN_VERSION } from "./wire.ts";

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
/** What claim.lua says of one task, and where its token stands in that. */
const EACH_TASK = 8;
const TOKEN_AT = 3;
/** Of one lease. */
const HEARTBEATS = 3;
/** Two of the three heartbeats of a lease. */
const HEARTBEATS_OF_LEASE = 2 / HEARTBEATS;

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
  /** What is asked for several tasks at once: of one queue, and of one consumer where it claims. */
  readonly #enqueues: Gatherer<readonly [QueueName], ScriptArgs, string>;
  readonly #extends: Gatherer<readonly [QueueName, leaseMs: number], ScriptArgs, string>;
  readonly #completes: Gatherer<readonly [QueueName], ScriptArgs, string>;
  readonly #claims: Gatherer<readonly [QueueName, consumer: string, leaseMs: number], readonly string[], Found>;
  /** Tokens of claims that nobody answered, by queue. */
  readonly #unanswered = new Map<QueueName, readonly string[]>();
  /** Tasks that were taken for somebody who does not want them any more. */
  readonly #givingBack = new Set<Promise<unknown>>();
  readonly #stalls: StallWatch;
  #turn = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#stalls = new StallWatch(parts.clock);
    const { limits, keys } = parts;
    const answers = (script: LuaScript, queue: QueueName, args: ScriptArgs, moreKeys?: readonly string[]): Promise<string[]> =>
      this.#run(script, queue, args, moreKeys) as Promise<string[]>;
    this.#enqueues = new Gatherer(([queue], tasks) => answers(SCRIPTS.enqueue, queue, [limits.maxDepth, ...tasks.flat()]), bytesOf);
    this.#completes = new Gatherer(([queue], results) => answers(SCRIPTS.complete, queue, results.flat()), bytesOf);
    this.#extends = new Gatherer(
      ([queue, leaseMs], claims) =>
        answers(SCRIPTS.extend, queue, [leaseMs, limits.waitingEveryMs, ...claims.flat()], [keys.stop(namespaceOf(queue))]),
      bytesOf,
    );
    this.#claims = new Gatherer(
      ([queue, consumer, leaseMs], tokens) => this.#found(queue, consumer, leaseMs, tokens),
      (tokens) => tokens.length * TOKEN_BYTES * 2,
    );
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
    const answer = await this.#enqueues.ask(
      [task.queue],
      [
        task.key,
        env,
        signatures.sign(task.queue, env),
        task.run,
        task.runUID,
        task.retries,
        task.deadlineMs,
        delayMs,
        task.parent === undefined ? "" : JSON.stringify(headerOf(task)),
        task.inbox ?? "",
        prompt === task.prompt ? "" : JSON.stringify({ ...task, prompt }),
      ],
    );
    return answer as "added" | "known" | "full";
  }

  async claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]> {
    signal.throwIfAborted();
    if (request.max < 1) throw new RangeError(`claim: max is ${request.max}; ask for at least one task`);
    const { clock, link } = this.#parts;
    const endsMs = clock.monotonic() + request.waitMs;
    let taking = this.#take(request);
    let ends: LinkedAbort | undefined;
    try {
      for (;;) {
        const { claims, streams, dueMs } = await (ends ? this.#unlessAborted(taking, ends.signal) : taking);
        if (signal.aborted) {
          await this.#giveBack(claims);
          throw signal.reason;
        }
        const leftMs = endsMs - clock.monotonic();
        if (claims.length > request.max) await this.#giveBack(claims.slice(request.max)); // what was asked for before, under other circumstances
        if (claims.length > 0 || leftMs <= 0) return claims.slice(0, request.max);
        ends ??= linkedAbort(signal, this.#closing.signal);
        taking = this.#takeNext(request, streams, Math.min(leftMs, dueMs, link.timings.lookMs), ends.signal);
      }
    } finally {
      ends?.release();
    }
  }

  async extend(claim: Claim, leaseMs: number, waiting?: Waiting): Promise<"ok" | "fenced" | "cancel" | "stop"> {
    const { limits } = this.#parts;
    const { key, queue } = claim.task;
    const told = waiting && {
      ...waiting,
      ...(waiting.message === undefined ? {} : { message: cutUtf8(waiting.message, limits.maxMessageBytes) }),
    };
    const answer = await this.#extends.ask(
      [queue, leaseMs],
      [key, claim.token, told ? JSON.stringify(told) : "", told ? `${told.reason ?? ""}\n${told.message ?? ""}` : ""],
    );
    return answer as "ok" | "fenced" | "cancel" | "stop";
  }

  async complete(claim: Claim, result: TaskResult): Promise<Settled> {
    const { key, queue } = claim.task;
    const json = resultText(result);
    const mac = this.#parts.signatures.sign(queue, json);
    return (await this.#completes.ask([queue], [key, claim.token, json, mac, callId()])) as Settled;
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
    this.#stalls.stop();
    await Promise.all(this.#givingBack);
    await this.#parts.link.close();
  }

  /** What there is now, a queue at a time, each time beginning with another: none of a shared agent's queues starves. */
  async #take({ queues, consumer, max, leaseMs }: ClaimRequest): Promise<Taken> {
    const { keys } = this.#parts;
    const claims: Claim[] = [];
    const streams: StreamPlace[] = [];
    let dueMs = Number.POSITIVE_INFINITY;
    const start = this.#turn++;
    for (let i = 0; i < queues.length && claims.length < max; i++) {
      const queue = queues[(start + i) % queues.length] ?? "";
      const unanswered = this.#unanswered.get(queue);
      const found = unanswered
        ? await this.#foundAgain(queue, consumer, leaseMs, unanswered)
        : await this.#claims.ask([queue, consumer, leaseMs], newTokens(max - claims.length));
      if (found.dueMs >= 0) dueMs = Math.min(dueMs, found.dueMs);
      streams.push({ key: keys.stream(queue), after: found.after });
      claims.push(...(await this.#accepted(queue, consumer, leaseMs, found.tasks)));
    }
    return { claims, streams, dueMs };
  }

  /** What there is once something has come, or the time is over. Of one queue it is taken in the round trip that says so. */
  async #takeNext(request: ClaimRequest, streams: readonly StreamPlace[], waitMs: number, ends: AbortSignal): Promise<Taken> {
    const { link } = this.#parts;
    const [queue = "", ...others] = request.queues;
    const [stream] = streams;
    if (others.length > 0 || !stream) {
      await link.wait(streams, waitMs, ends);
      return this.#take(request);
    }
    const { consumer, leaseMs, max } = request;
    const tokens = newTokens(max);
    const waited = link.waitThen(stream, waitMs, ends, this.#claimCall(queue, consumer, leaseMs, tokens));
    const found = await waited.then(
      (said) => (said === undefined ? undefined : foundIn(said as string[])),
      (error: unknown) => {
        if (ends.aborted) throw error;
        return this.#foundAgain(queue, consumer, leaseMs, tokens);
      },
    );
    if (!found) return this.#take(request);
    const { after, dueMs, tasks } = found;
    const claims = await this.#accepted(queue, consumer, leaseMs, tasks);
    return { claims, streams: [{ key: stream.key, after }], dueMs: dueMs >= 0 ? dueMs : Number.POSITIVE_INFINITY };
  }

  /** What is taken, or the signal's reason as soon as it is aborted; then what is taken all the same is given back. */
  async #unlessAborted(taking: Promise<Taken>, signal: AbortSignal): Promise<Taken> {
    try {
      return await orAborted(taking, signal);
    } catch (error) {
      if (signal.aborted) {
        const giving = taking.then(({ claims }) => this.#giveBack(claims)).catch(() => undefined);
        this.#givingBack.add(giving);
        void giving.then(() => this.#givingBack.delete(giving));
      }
      throw error;
    }
  }

  async #giveBack(claims: readonly Claim[]): Promise<void> {
    await Promise.all(claims.map((claim) => this.release(claim, "surplus", 0)));
  }

  /** Tasks of a queue for several who ask, to each under its own tokens. */
  async #found(queue: QueueName, consumer: string, leaseMs: number, asked: readonly (readonly string[])[]): Promise<Found[]> {
    const { after, dueMs, tasks } = await this.#foundOnce(queue, consumer, leaseMs, asked.flat(), false);
    const byToken = new Map(tasks.map((task) => [task[TOKEN_AT], task]));
    return asked.map((own) => ({ after, dueMs, tasks: own.map((token) => byToken.get(token)).filter((task) => task !== undefined) }));
  }

  /**
   * What was handed out under tokens that may have been sent before, and its answer lost; when that was nothing, what there is now. Until the
   * server answers it is asked again with every claim: a task is not left to its lease because of a bad connection.
   */
  async #foundAgain(queue: QueueName, consumer: string, leaseMs: number, tokens: readonly string[]): Promise<Found> {
    this.#unanswered.delete(queue);
    return this.#foundOnce(queue, consumer, leaseMs, tokens, true);
  }

  async #foundOnce(queue: QueueName, consumer: string, leaseMs: number, tokens: readonly string[], isResent: boolean): Promise<Found> {
    const { script, keys, args } = this.#claimCall(queue, consumer, leaseMs, tokens);
    try {
      return foundIn((await this.#parts.link.script(script, keys, args, isResent)) as string[]);
    } catch (error) {
      if (error instanceof RedisUnavailable) this.#unanswered.set(queue, [...(this.#unanswered.get(queue) ?? []), ...tokens]);
      throw error;
    }
  }

  #claimCall(queue: QueueName, consumer: string, leaseMs: number, tokens: readonly string[]): ScriptCall {
    const { limits, link, keys } = this.#parts;
    // A server that was away is not the death of everybody: for two heartbeats after a reconnect others may extend their leases first.
    const mayTakeLapsed = (): string => (link.sinceReconnectMs() >= leaseMs * HEARTBEATS_OF_LEASE ? "1" : "");
    const args = (): ScriptArgs => [consumer, leaseMs, limits.maxCrashes, limits.maxDeadLetters, mayTakeLapsed(), ...tokens];
    return { script: SCRIPTS.claim, keys: queueKeys(keys, queue), args };
  }

  async #accepted(queue: QueueName, consumer: string, leaseMs: number, tasks: Found["tasks"]): Promise<Claim[]> {
    const mayBeOld = this.#stalls.stoodStill(leaseMs / HEARTBEATS);
    const takenAtMs = this.#parts.clock.monotonic(); // what may be old is extended after this
    const claims = await Promise.all(tasks.map((fields) => this.#accept(queue, consumer, fields)));
    const good = claims.flatMap((claim) => (claim ? [{ ...claim, takenAtMs }] : []));
    if (!mayBeOld) return good;
    const said = await Promise.allSettled(good.map((claim) => this.extend(claim, leaseMs)));
    return good.filter((_, i) => said[i]?.status !== "fulfilled" || said[i].value !== "fenced");
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

  #run(script: LuaScript, queue: QueueName, args: ScriptArgs, moreKeys: readonly string[] = []): Promise<unknown> {
    const keys = queueKeys(this.#parts.keys, queue);
    return this.#parts.link.script(script, moreKeys.length > 0 ? [...keys, ...moreKeys] : keys, args);
  }
}

type ScriptArgs = readonly RedisArg[];

/** What claim.lua found for one who asked. */
interface Found {
  /** The id of the queue's last entry; empty when everybody has what they wanted. */
  readonly after: string;
  /** Until something is due, or -1. */
  readonly dueMs: number;
  readonly tasks: readonly (readonly string[])[];
}

/** The answer of claim.lua. */
function foundIn([after = "0-0", due = "-1", ...fields]: readonly string[]): Found {
  const tasks: string[][] = [];
  for (let at = 0; at < fields.length; at += EACH_TASK) tasks.push(fields.slice(at, at + EACH_TASK));
  return { after, dueMs: Number(due), tasks };
}

/** About how much there is to send. */
function bytesOf(args: ScriptArgs): number {
  let bytes = 0;
  for (const arg of args) bytes += typeof arg === "string" ? arg.length : 8;
  return bytes;
}

interface Taken {
  readonly claims: Claim[];
  /** Where to wait for more. */
  readonly streams: readonly StreamPlace[];
  /** Until a lease ends or a delayed task is due. */
  readonly dueMs: number;
}

const TOKEN_BYTES = 16;
/** Random bytes of many tokens at once: asking for each alone takes longer than the rest of a claim. */
const RANDOM_BYTES = 256 * TOKEN_BYTES;
let random = Buffer.alloc(0);

const newTokens = (count: number): string[] => Array.from({ length: count }, randomToken);

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
