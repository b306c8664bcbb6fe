/** A caller that waits. `end` and `fail` act once; whichever comes first takes the listener away and calls `onEnd`. */
export interface Blocked<T> {
  readonly promise: Promise<T>;
  end(value: T): void;
  fail(error: Error): void;
}

/** Blocks a caller until somebody ends it or its signal is aborted: then it rejects with `signal.reason`. Leaves no listener. */
export function blocked<T>(signal: AbortSignal, onEnd: () => void): Blocked<T> {
  const { promise, resolve, reject } = withResolvers<T>();
  let isOver = false;
  const finish = (settle: () => void): void => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", onAbort);
    onEnd();
    settle();
  };
  const onAbort = (): void => finish(() => reject(signal.reason as Error));
  signal.addEventListener("abort", onAbort, { once: true });
  return { promise, end: (value) => finish(() => resolve(value)), fail: (error) => finish(() => reject(error)) };
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  return { promise, resolve, reject };
}
