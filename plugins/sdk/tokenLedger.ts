// Who may still spend how many tokens. Reserved before a call, settled after it: budgets are hard (P7, B47, B85).
import type { Usage } from "./task.ts";

/** One budget that a call counts against. `windowMs` 0: for ever (a run); else the sum of the last `windowMs` (24 h, B85). */
export interface TokenBudget {
  /** `run:<uid>`, `agent:<name>`, `team:<name>`; unique within the namespace. */
  readonly id: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** A model call that is about to be made. */
export interface ReserveRequest {
  readonly namespace: string;
  readonly runUID: string;
  /** Whose calls are counted (`LlmCaller.call`). */
  readonly role: string;
  readonly budgets: readonly TokenBudget[];
  /** Estimated tokens of the input. */
  readonly inputTokens: number;
  /** What the answer may have at most; what is granted may be less. */
  readonly maxOutputTokens: number;
}

/**
 * granted: make the call, with `maxOutputTokens` at most; it is the role's `call`-th. wait: it does not fit beside the calls that are
 * open; ask again when one of them is settled. exceeded: no open call can free enough; `budget` says whose limit it is, and
 * `resumesInMs`, for a window, when it has room again.
 */
export type Reservation =
  | { readonly outcome: "granted"; readonly id: string; readonly maxOutputTokens: number; readonly call: number }
  | { readonly outcome: "wait"; readonly budget: string }
  | { readonly outcome: "exceeded"; readonly budget: string; readonly left: number; readonly resumesInMs?: number | undefined };

/** The accounts. Proven by `ledgerClauses`. */
export interface TokenLedger {
  /** Atomic over all budgets. A budget that does not fit beside open calls waits; one that never will is exceeded (B45a, B47). */
  reserve(request: ReserveRequest): Promise<Reservation>;
  /** Replaces the reservation by what was really used; twice is once. Called on every path, with no usage when no call was made. */
  settle(namespace: string, id: string, used: Usage): Promise<void>;
  /** Resolves when some reservation of the namespace was settled since the call, or after `waitMs`. */
  changed(namespace: string, waitMs: number, signal: AbortSignal): Promise<void>;
  /** Tokens charged to a budget, open reservations left out. */
  charged(namespace: string, budget: TokenBudget): Promise<number>;
}
