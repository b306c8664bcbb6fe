// One signal of several. AbortSignal.any keeps what it made for as long as one of them lives, which for a program's own is for ever: here whoever is
// done lets go.

import { setMaxListeners } from "node:events";

/** A signal that is aborted with others. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  /** Aborts it alone. */
  readonly abort: (reason: Error) => void;
  /** Lets go of the others. Safe to call twice. */
  readonly release: () => void;
}

/** Is aborted as soon as one of `signals` is, with its reason. */
export function linkedAbort(...signals: readonly AbortSignal[]): LinkedAbort {
  const controller = new AbortController();
  const release = (): void => {
    for (const signal of signals) signal.removeEventListener("abort", onAbort);
  };
  function onAbort(this: AbortSignal): void {
    release();
    controller.abort(this.reason);
  }
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted) controller.abort(aborted.reason);
  else {
    setMaxListeners(0, ...signals); // whoever is linked lets go again: many of them are no leak
    for (const signal of signals) signal.addEventListener("abort", onAbort);
  }
  return { signal: controller.signal, abort: (reason) => controller.abort(reason), release };
}
