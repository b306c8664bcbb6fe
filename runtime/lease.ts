// Keeping claims alive. One ticker extends all claims of an agent at once, so that a queue may put them into one round trip. What the
// queue answers ends the work (`fenced`, `cancel`, `stop`); no answer for `selfFenceMs` lets nothing new begin.

import type { Claim, Clock, Log, TaskQueue, Waiting } from "../plugins/sdk/index.ts";
import { orAborted } from "../plugins/sdk/index.ts";
import { type Ending, TaskEnded } from "./ending.ts";
import type { Timings } from "./timings.ts";
import { messageOf } from "./verdict.ts";

/** What a lease is kept with. */
export interface LeaseParts {
  readonly queue: Pick<TaskQueue, "extend">;
  readonly clock: Clock;
  readonly timings: Pick<Timings, "leaseMs" | "heartbeatMs" | "selfFenceMs">;
  readonly log: Log;
}

/** One claim that is held. */
export interface Lease {
  readonly claim: Claim;
  /** Returns when the claim is surely ours: at once, or after an extension when the last is long ago. Call it before anything with an effect. */
  confirm(signal: AbortSignal): Promise<void>;
  /** Says that the task stands still, with a reason, or goes on. Never throws: the dispatcher's picture is not the work. */
  tell(waiting: Waiting): Promise<void>;
  stop(): void;
}

const ENDING_OF: Readonly<Record<"fenced" | "cancel" | "stop", Ending>> = { fenced: "fenced", cancel: "cancelled", stop: "stopped" };

/** All leases of one agent. */
export class Leases {
  private readonly held = new Set<HeldLease>();
  private readonly parts: LeaseParts;
  private cancelTick: (() => void) | undefined;

  constructor(parts: LeaseParts) {
    this.parts = parts;
  }

  /** Keeps `claim` until `stop`; `end` is called with what the queue said when it took the claim away. */
  keep(claim: Claim, end: (error: TaskEnded) => void): Lease {
    const lease = new HeldLease(claim, this.parts, end, () => {
      this.held.delete(lease);
      if (this.held.size === 0) this.cancelTick?.();
    });
    if (this.held.size === 0) this.schedule();
    this.held.add(lease);
    return lease;
  }

  private schedule(): void {
    this.cancelTick = this.parts.clock.after(this.parts.timings.heartbeatMs, () => {
      for (const lease of this.held) void lease.beat();
      if (this.held.size > 0) this.schedule();
    });
  }
}

class HeldLease implements Lease {
  readonly claim: Claim;
  private readonly parts: LeaseParts;
  private readonly end: (error: TaskEnded) => void;
  private readonly onStop: () => void;
  private okAtMs: number;
  private over = false;
  private beating: Promise<void> | undefined;

  constructor(claim: Claim, parts: LeaseParts, end: (error: TaskEnded) => void, onStop: () => void) {
    this.claim = claim;
    this.parts = parts;
    this.end = end;
    this.onStop = onStop;
    this.okAtMs = claim.takenAtMs ?? parts.clock.monotonic();
  }

  /** Extends once; several at a time share one. Never throws: a queue that does not answer is asked at the next beat. */
  beat(): Promise<void> {
    this.beating ??= this.extend().finally(() => {
      this.beating = undefined;
    });
    return this.beating;
  }

  async confirm(signal: AbortSignal): Promise<void> {
    const { clock, timings } = this.parts;
    // Two heartbeats without an ok are a gap (a pause, a stalled loop, a queue that is away): ask before anything is begun.
    while (!this.over && clock.monotonic() - this.okAtMs > Math.min(2 * timings.heartbeatMs, timings.selfFenceMs)) {
      const before = this.okAtMs;
      await orAborted(this.beat(), signal);
      if (this.okAtMs === before && !this.over) await clock.sleep(Math.min(1_000, timings.heartbeatMs), signal);
    }
    signal.throwIfAborted();
  }

  tell(waiting: Waiting): Promise<void> {
    return this.extend(waiting);
  }

  stop(): void {
    if (this.over) return;
    this.over = true;
    this.onStop();
  }

  private async extend(waiting?: Waiting): Promise<void> {
    if (this.over) return;
    const { queue, clock, timings, log } = this.parts;
    const askedAtMs = clock.monotonic();
    try {
      const said = await (waiting === undefined
        ? queue.extend(this.claim, timings.leaseMs)
        : queue.extend(this.claim, timings.leaseMs, waiting));
      if (this.over) return;
      if (said === "ok") {
        this.okAtMs = Math.max(this.okAtMs, askedAtMs);
        return;
      }
      this.end(new TaskEnded(ENDING_OF[said]));
    } catch (error) {
      log.warn("the claim could not be extended; trying again", { task: this.claim.task.key, error: messageOf(error) });
    }
  }
}
