import type { EndReason } from "./actions.ts";
import type { RunIndex } from "./runIndex.ts";
import { timeOf } from "./text.ts";

/** Writes the condition Ready (SPEC §2.3). The time of an unchanged status stays. */
export function writeReady(
  index: RunIndex,
  status: "True" | "False" | "Unknown",
  reason: EndReason | "Validated",
  message: string,
  nowMs: number,
): void {
  const others = (index.status.conditions ?? []).filter(({ type }) => type !== "Ready");
  const before = index.status.conditions?.find(({ type }) => type === "Ready");
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timeOf(nowMs);
  const generation = index.run.metadata.generation;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  index.status.conditions = [...others, { type: "Ready", status, reason, message, lastTransitionTime, ...observed }];
}
