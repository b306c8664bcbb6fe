import assert from "node:assert/strict";

/** One promise of a contract: a sentence and its check. The check throws an AssertionError when the promise is broken. */
export interface Clause<World> {
  readonly name: string;
  check(world: World): Promise<void>;
}

/** How long a clause waits, in real time, for what should come at once. */
const PATIENCE_MS = 10_000;

/** A signal that ends a wait which should have been over long ago, so that a broken promise is a failure and no hang. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}

/** The error that a promise rejects with; fails when it does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome) return outcome.error;
  return assert.fail(`it should have rejected, and gave ${JSON.stringify(outcome.value)}`);
}

/** The value of a promise within the clauses' patience, so that one that never settles fails with `what`. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const signal = patience();
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(new assert.AssertionError({ message: `${what}: nothing came within ${PATIENCE_MS} ms` }));
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32), so that a failure can be seen again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
