// Whether a task works or waits. While at least one of its strands works it holds a slot and its clock runs; when all wait, neither.
// A turn with several tool calls has a strand for each.
import type { Slots } from "./slots.ts";
import type { TaskClock } from "./taskClock.ts";

/** One task's hold on its slot. Made holding one, with one strand. */
export class Presence {
  private strands = 1;
  private holds = true;
  /** Under way to a slot; every strand that comes back meanwhile waits for the same. */
  private returning: Promise<void> | undefined;
  private readonly slots: Slots;
  private readonly clock: TaskClock;
  private readonly signal: AbortSignal;

  constructor(slots: Slots, clock: TaskClock, signal: AbortSignal) {
    this.slots = slots;
    this.clock = clock;
    this.signal = signal;
  }

  /** Runs several strands beside each other in place of the one that asks; all results in order. */
  async fork<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
    if (works.length === 0) return [];
    this.strands += works.length - 1;
    let left = works.length;
    const ended = async (work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } finally {
        left--;
        if (left > 0) this.leave(); // the last one's strand goes back to the asker
      }
    };
    const results = await Promise.allSettled(works.map(ended));
    if (!this.holds) await this.comeBack();
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason as Error;
      return result.value;
    });
  }

  /** Waits for `waiting` without counting as work. Afterwards a slot is held again. */
  async idle<T>(waiting: () => Promise<T>): Promise<T> {
    this.leave();
    try {
      return await waiting();
    } finally {
      this.strands++;
      if (!this.signal.aborted) await this.comeBack();
    }
  }

  /** The end of the task: the slot goes back if it is held. */
  end(): void {
    this.strands = 0;
    this.letGo();
  }

  private leave(): void {
    this.strands--;
    if (this.strands === 0) this.letGo();
  }

  private letGo(): void {
    if (!this.holds) return;
    this.holds = false;
    this.clock.pause();
    this.slots.give();
  }

  private async comeBack(): Promise<void> {
    if (this.holds) return;
    this.returning ??= this.slots.take(this.signal).then(() => {
      this.holds = true;
      this.clock.resume();
      // Every strand may have left again, or the task have ended, while the slot was under way.
      if (this.strands === 0) this.letGo();
    });
    try {
      await this.returning;
    } finally {
      this.returning = undefined;
    }
  }
}
