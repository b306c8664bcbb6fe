// Claims outlive a busy event loop: plugins and parsers may hold the main thread for longer than a lease, and their task is not to be given to
// somebody else for it. Another thread keeps the claims meanwhile, up to a bound; beyond it the process hangs, and others take over.
import { Worker } from "node:worker_threads";
import type { Claim, Log, Settled, TaskQueue } from "../../plugins/sdk/index.ts";

/** What the thread starts with. */
export interface HeartbeatData {
  readonly url: string;
  readonly isCluster: boolean;
  readonly timings: HeartbeatTimings;
  /** One number, shared: when the main thread last ran, by {@link monotonicMs}. */
  readonly ticks: Float64Array;
}

/** What it is told. */
export type HeartbeatMessage =
  | {
      readonly keep: { readonly token: string; readonly consumer: string; readonly task: { readonly key: string; readonly queue: string } };
    }
  | { readonly drop: string };

/** Of the runtime's times, ms. */
export interface HeartbeatTimings {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
}

const TICKS_PER_HEARTBEAT = 4;

/** Milliseconds of a clock that all threads of the machine share and that never jumps. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** The queue, with every claim kept as long as it is held, even while this thread is busy. The other thread starts with the first claim. */
export function keptWhileBusy(
  tasks: TaskQueue,
  parts: { readonly url: string; readonly isCluster: boolean; readonly timings: HeartbeatTimings; readonly log: Log },
): TaskQueue {
  const { timings, log } = parts;
  const ticks = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  let worker: Worker | undefined;
  let ticking: NodeJS.Timeout | undefined;

  const tick = (): void => {
    const nowMs = monotonicMs();
    const stillMs = nowMs - (ticks[0] ?? nowMs);
    if (stillMs >= timings.heartbeatMs) log.warn("the event loop stood still; another thread kept the claims", { ms: Math.round(stillMs) });
    ticks[0] = nowMs;
  };
  const start = (): Worker => {
    ticks[0] = monotonicMs();
    ticking = setInterval(tick, timings.heartbeatMs / TICKS_PER_HEARTBEAT).unref();
    const data: HeartbeatData = { url: parts.url, isCluster: parts.isCluster, timings, ticks };
    const started = new Worker(new URL("ark-agent-heartbeat.js", import.meta.url), { workerData: data, name: "heartbeat" });
    started.unref();
    started.on("error", (error) => log.warn("the thread that keeps claims ended; a busy event loop may lose its tasks", { error }));
    return started;
  };
  const tell = (message: HeartbeatMessage): void => worker?.postMessage(message);
  const keep = ({ token, consumer, task: { key, queue } }: Claim): void => {
    worker ??= start();
    tell({ keep: { token, consumer, task: { key, queue } } });
  };
  const settled = async (claim: Claim, outcome: Promise<Settled>): Promise<Settled> => {
    const said = await outcome;
    tell({ drop: claim.token });
    return said;
  };
  return {
    enqueue: (task, delayMs) => tasks.enqueue(task, delayMs),
    async claim(request, signal) {
      const claims = await tasks.claim(request, signal);
      for (const claim of claims) keep(claim);
      return claims;
    },
    async extend(claim, leaseMs, waiting) {
      const said = await tasks.extend(claim, leaseMs, waiting);
      if (said === "fenced") tell({ drop: claim.token });
      return said;
    },
    complete: (claim, result) => settled(claim, tasks.complete(claim, result)),
    fail: (claim, failure, delayMs) => settled(claim, tasks.fail(claim, failure, delayMs)),
    release: (claim, cause, delayMs, spent) => settled(claim, tasks.release(claim, cause, delayMs, spent)),
    depth: (queue) => tasks.depth(queue),
    async close() {
      clearInterval(ticking);
      await Promise.all([worker?.terminate(), tasks.close()]);
    },
  };
}
