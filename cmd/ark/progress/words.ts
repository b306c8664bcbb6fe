import type { Palette } from "../../terminal/output.ts";

/** One character that says how a step stands. */
export function markOf(phase: string, colour: Palette): string {
  switch (phase) {
    case "Succeeded":
      return colour.green("✔");
    case "Failed":
    case "Cancelled":
      return colour.red("✖");
    case "Skipped":
      return colour.dim("○");
    case "AwaitingApproval":
      return colour.yellow("?");
    case "Pending":
      return colour.dim("◌");
    default:
      return colour.cyan("●");
  }
}

/** 312ms, 4.1s, 3m05s, 2h05m. */
export function shownDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)}s`;
  const minutes = Math.floor(ms / 60_000);
  const pad = (n: number): string => String(n).padStart(2, "0");
  if (minutes < 60) return `${minutes}m${pad(Math.floor((ms % 60_000) / 1_000))}s`;
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

/** 1,204 tokens. */
export const shownTokens = (tokens: number): string => `${tokens.toLocaleString("en-US")} ${tokens === 1 ? "token" : "tokens"}`;
