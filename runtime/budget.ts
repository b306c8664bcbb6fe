// Budgets are hard (P7): every model call is reserved before it is made and settled after it, on every path.
import { NO_USAGE, type Reservation, type Task, type TokenBudget, type TokenLedger, type Usage } from "../plugins/sdk/index.ts";
import { TaskError } from "./verdict.ts";

/** 24 hours: the window of daily limits (B85). */
const DAY_MS = 86_400_000;

/** A settlement between "wait" and the listening for it is missed; this bounds what that costs. */
const BUSY_LOOK_MS = 1_000;

/** Daily limits that a task's calls count against besides its run's; 0 = none. */
export interface DailyLimits {
  readonly agent: string;
  readonly agentMaxTokens: number;
  readonly team: string;
  readonly teamMaxTokens: number;
}

/** The budgets of a task's calls: its run's, its agent's, its team's; those without a limit are left out. */
export function budgetsOf(task: Task, daily: DailyLimits): TokenBudget[] {
  const budgets: TokenBudget[] = [];
  if (task.limits.runMaxTokens > 0) budgets.push({ id: `run:${task.runUID}`, limit: task.limits.runMaxTokens, windowMs: 0 });
  if (daily.agentMaxTokens > 0) budgets.push({ id: `agent:${daily.agent}`, limit: daily.agentMaxTokens, windowMs: DAY_MS });
  if (daily.teamMaxTokens > 0 && daily.team !== "_") {
    budgets.push({ id: `team:${daily.team}`, limit: daily.teamMaxTokens, windowMs: DAY_MS });
  }
  return budgets;
}

/** A call that may be made. Exactly one of the two ends it; more calls are nothing. */
export interface Permit {
  readonly maxOutputTokens: number;
  readonly call: number;
  settle(used: Usage): Promise<void>;
}

/** How a reservation waits. */
export interface ReserveParts {
  readonly ledger: TokenLedger;
  readonly signal: AbortSignal;
  /** Longest wait between two looks: a settlement may have been missed. */
  readonly lookMs: number;
  /** Runs a wait for a limit of a day, during which the task counts as waiting; `budget` says whose. */
  whileLimited(budget: string, wait: () => Promise<void>): Promise<void>;
  /** Runs a wait for other open calls. */
  whileBusy(budget: string, wait: () => Promise<void>): Promise<void>;
}

/**
 * Reserves a call, waiting for open calls of others and for daily limits.
 * @throws TaskError `BudgetExceeded`, permanent, when the run's own budget has no room for the call (B47)
 */
export async function reserve(
  task: Task,
  budgets: readonly TokenBudget[],
  ask: { readonly inputTokens: number; readonly maxOutputTokens: number },
  parts: ReserveParts,
): Promise<Permit> {
  const { ledger, signal, lookMs } = parts;
  for (;;) {
    signal.throwIfAborted();
    const said = await ledger.reserve({ namespace: task.ns, runUID: task.runUID, role: task.role, budgets, ...ask });
    switch (said.outcome) {
      case "granted":
        return permitOf(said, task, ledger);
      case "wait":
        await parts.whileBusy(said.budget, () => ledger.changed(task.ns, Math.min(lookMs, BUSY_LOOK_MS), signal));
        break;
      case "exceeded":
        if (said.resumesInMs === undefined || said.budget.startsWith("run:")) throw exceeded(said, budgets, ask.inputTokens);
        {
          const waitMs = Math.max(Math.min(said.resumesInMs, lookMs), 1);
          await parts.whileLimited(said.budget, () => ledger.changed(task.ns, waitMs, signal));
        }
        break;
    }
  }
}

function permitOf(granted: Extract<Reservation, { outcome: "granted" }>, task: Task, ledger: TokenLedger): Permit {
  let settled = false;
  return {
    maxOutputTokens: granted.maxOutputTokens,
    call: granted.call,
    async settle(used = NO_USAGE) {
      if (settled) return;
      settled = true;
      await ledger.settle(task.ns, granted.id, used);
    },
  };
}

function exceeded(said: Extract<Reservation, { outcome: "exceeded" }>, budgets: readonly TokenBudget[], inputTokens: number): TaskError {
  const limit = budgets.find((budget) => budget.id === said.budget)?.limit;
  const ofWhat = said.budget.startsWith("run:") ? "maxTokens" : `the limit of ${said.budget}`;
  const message =
    `the next model call needs about ${inputTokens} tokens for its input alone and ${Math.max(said.left, 0)} of ` +
    `${limit ?? "?"} are left (${ofWhat}); the call was not made. Raise the limit or make the work smaller`;
  return new TaskError("BudgetExceeded", message, { permanent: true });
}
