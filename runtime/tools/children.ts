// Waiting for delegated tasks: woken by the inbox, and looking itself each 15 s in case a hint was lost. One for all tasks of an agent.
import type { Clock, Log, QueueControl, QueueName, TaskKey, TaskLook } from "../../plugins/sdk/index.ts";
import { MAX_LOOK_KEYS } from "../limits.ts";
import { messageOf } from "../verdict.ts";

/** A look that says how a task ended. */
export type Ended = Extract<TaskLook, { state: "done" | "dead" | "cancelled" | "expired" }>;

/** What children are watched with. */
export interface ChildWatchParts {
  readonly control: Pick<QueueControl, "look" | "inbox">;
  readonly consumer: string;
  readonly namespace: string;
  readonly clock: Clock;
  readonly lookMs: number;
  readonly log: Log;
}

/** A child that somebody waits for. Begin before it is enqueued, or the hint that it is settled may come too early. */
export interface Expected {
  readonly ended: Promise<Ended>;
  /** Asks the queue now: the child may have been settled before. */
  look(): void;
  stop(): void;
}

interface Waiter {
  readonly key: TaskKey;
  readonly queue: QueueName;
  readonly resolve: (ended: Ended) => void;
  /** The queue has lost the task: it is to be enqueued again. */
  readonly absent: () => void;
}

/** All children that tasks of this agent wait for. */
export class ChildWatch {
  private readonly waiters = new Set<Waiter>();
  private readonly parts: ChildWatchParts;
  private listening: AbortController | undefined;

  constructor(parts: ChildWatchParts) {
    this.parts = parts;
  }

  /** Waits for one child. `absent` is called when the queue does not know it. */
  expect(key: TaskKey, queue: QueueName, absent: () => void): Expected {
    let waiter: Waiter | undefined;
    const ended = new Promise<Ended>((resolve) => {
      waiter = { key, queue, resolve, absent };
      this.waiters.add(waiter);
    });
    this.listen();
    return {
      ended,
      look: () => void this.lookAt((candidate) => candidate === waiter),
      stop: () => {
        if (waiter !== undefined) this.remove(waiter);
      },
    };
  }

  private remove(waiter: Waiter): void {
    this.waiters.delete(waiter);
    if (this.waiters.size > 0) return;
    this.listening?.abort(new Error("nobody waits any more"));
    this.listening = undefined;
  }

  private listen(): void {
    if (this.listening !== undefined) return;
    const listening = new AbortController();
    this.listening = listening;
    void this.hearHints(listening.signal);
    this.scheduleLook(listening.signal);
  }

  private async hearHints(signal: AbortSignal): Promise<void> {
    const { control, consumer, namespace, clock, log } = this.parts;
    while (!signal.aborted) {
      try {
        const keys = new Set(await control.inbox(consumer, namespace, signal));
        if (keys.size > 0) await this.lookAt((waiter) => keys.has(waiter.key));
      } catch (error) {
        if (signal.aborted) return;
        log.warn("the inbox cannot be read; trying again", { error: messageOf(error) });
        await clock.sleep(1_000, signal).catch(() => undefined);
      }
    }
  }

  private scheduleLook(signal: AbortSignal): void {
    const cancel = this.parts.clock.after(this.parts.lookMs, () => {
      signal.removeEventListener("abort", cancel);
      if (signal.aborted) return;
      void this.lookAt(() => true);
      this.scheduleLook(signal);
    });
    signal.addEventListener("abort", cancel, { once: true });
  }

  private async lookAt(wanted: (waiter: Waiter) => boolean): Promise<void> {
    const waiters = [...this.waiters].filter(wanted);
    for (let from = 0; from < waiters.length; from += MAX_LOOK_KEYS) {
      const some = waiters.slice(from, from + MAX_LOOK_KEYS);
      try {
        const looks = await this.parts.control.look(some.map(({ key, queue }) => ({ key, queue })));
        for (const [i, waiter] of some.entries()) this.tell(waiter, looks[i]);
      } catch (error) {
        this.parts.log.warn("delegated tasks cannot be looked at; trying again", { error: messageOf(error) });
      }
    }
  }

  private tell(waiter: Waiter, look: TaskLook | undefined): void {
    if (look === undefined || !this.waiters.has(waiter)) return;
    switch (look.state) {
      case "absent":
        waiter.absent();
        return;
      case "queued":
      case "delayed":
      case "running":
        return;
      case "done":
      case "dead":
      case "cancelled":
      case "expired":
        this.remove(waiter);
        waiter.resolve(look);
    }
  }
}
