// What has to happen later: leases that end, tasks that are due, events that come again. One heap and one timer for all of them, so
// that ten thousand heartbeats set no timer, and nothing looks through records to find what is due.
import type { Clock } from "../sdk/index.ts";

/** Something that will happen at `atMs` (monotonic) unless it is cancelled. */
export interface Appointment {
  atMs: number;
  readonly act: () => void;
  /** Place in the heap, −1 when it is over. The agenda's own. */
  index: number;
}

/** Appointments by time. All operations are O(log n). */
export class Agenda {
  readonly #clock: Clock;
  readonly #heap: Appointment[] = [];
  #armedForMs = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `act` after `delayMs`. */
  after(delayMs: number, act: () => void): Appointment {
    const appointment: Appointment = { atMs: this.#clock.monotonic() + Math.max(delayMs, 0), act, index: this.#heap.length };
    this.#heap.push(appointment);
    this.#up(appointment.index);
    this.#arm();
    return appointment;
  }

  /** Puts a waiting appointment off, or forward, to `delayMs` from now. One that is over stays so. */
  move(appointment: Appointment, delayMs: number): void {
    if (appointment.index < 0) return;
    appointment.atMs = this.#clock.monotonic() + Math.max(delayMs, 0);
    this.#up(appointment.index);
    this.#down(appointment.index);
    this.#arm();
  }

  /** Takes it out. Free when it is over, or never was. */
  cancel(appointment: Appointment | undefined): void {
    if (appointment === undefined || appointment.index < 0) return;
    this.#take(appointment.index);
    this.#arm();
  }

  /** Does what is due. Called by the timer, and before every operation of the queue: a late timer must not change an answer. */
  runDue(): void {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > this.#clock.monotonic()) break;
      this.#take(0);
      next.act();
    }
    this.#arm();
  }

  /** Ends it all; nothing happens any more. */
  close(): void {
    for (const appointment of this.#heap) appointment.index = -1;
    this.#heap.length = 0;
    this.#arm();
  }

  /** One timer, for the earliest. */
  #arm(): void {
    const atMs = this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
    // A timer that is too early only looks again; setting it anew at each heartbeat would cost more.
    if (atMs >= this.#armedForMs && atMs !== Number.POSITIVE_INFINITY) return;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedForMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#disarm = this.#clock.after(Math.max(atMs - this.#clock.monotonic(), 0), () => {
      this.#armedForMs = Number.POSITIVE_INFINITY;
      this.runDue();
    });
  }

  #take(index: number): void {
    const taken = this.#heap[index];
    const last = this.#heap.pop();
    if (taken === undefined || last === undefined) return;
    taken.index = -1;
    if (taken === last) return;
    this.#put(index, last);
    this.#up(index);
    this.#down(last.index);
  }

  #put(index: number, appointment: Appointment): void {
    this.#heap[index] = appointment;
    appointment.index = index;
  }

  #up(start: number): void {
    for (let index = start; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #down(start: number): void {
    for (let index = start; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #isEarlier(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    return first !== undefined && second !== undefined && first.atMs < second.atMs;
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const [lower, upper] = [this.#heap[child], this.#heap[parent]];
    if (lower === undefined || upper === undefined || lower.atMs >= upper.atMs) return false;
    this.#put(parent, lower);
    this.#put(child, upper);
    return true;
  }
}
