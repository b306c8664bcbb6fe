// How many tasks an agent works on at a time (`limits.maxConcurrentTasks`). A task that waits gives its slot away and takes one again
// before it goes on (B65); those come before new tasks, so that begun work is finished first.
import { abortReason } from "../plugins/sdk/index.ts";

/** The slots of one agent. */
export class Slots {
  private used = 0;
  private readonly waiting: { grant: () => void }[] = [];
  private readonly watchers = new Set<() => void>();
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  /** Slots that a new task may take. */
  free(): number {
    return Math.max(this.size - this.used - this.waiting.length, 0);
  }

  /** Takes a slot at once, or says that there is none. */
  tryTake(): boolean {
    if (this.free() === 0) return false;
    this.used++;
    return true;
  }

  /** Takes a slot as soon as there is one, in order of asking. Aborted, it rejects and holds none. */
  async take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortReason(signal);
    if (this.used < this.size && this.waiting.length === 0) {
      this.used++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const entry = {
        grant: () => {
          signal.removeEventListener("abort", onAbort);
          this.used++;
          resolve();
        },
      };
      const onAbort = (): void => {
        const at = this.waiting.indexOf(entry);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(abortReason(signal));
        this.changed();
      };
      this.waiting.push(entry);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Gives one back. */
  give(): void {
    this.used--;
    while (this.used < this.size) {
      const next = this.waiting.shift();
      if (next === undefined) break;
      next.grant();
    }
    this.changed();
  }

  /** Resolves when a new task may take a slot, or when aborted. */
  async freed(signal: AbortSignal): Promise<void> {
    while (this.free() === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.watchers.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.watchers.add(done);
        signal.addEventListener("abort", done, { once: true });
      });
    }
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
