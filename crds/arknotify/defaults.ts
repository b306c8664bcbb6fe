// What a notification policy has where its author said nothing (SPEC §2.8).
import type { NotifyEvent } from "../generated/types.ts";

/** None listed means all. */
export const ALL_NOTIFY_EVENTS: readonly NotifyEvent[] = [
  "TeamSucceeded",
  "TeamFailed",
  "TeamTimedOut",
  "BudgetWarning",
  "BudgetExceeded",
  "DailyLimitReached",
  "AgentDegraded",
  "ApprovalRequested",
];

/** Seconds, and messages within them. */
export const DEFAULT_RATE_LIMIT_SECONDS = 300;
export const DEFAULT_MESSAGES_PER_WINDOW = 1;

/** Method of a webhook channel. */
export const DEFAULT_WEBHOOK_METHOD = "POST";
