// What an agent has where its author said nothing (SPEC §2.1). Applied where the object is read; stored objects stay as they were applied,
// but for `replicas`, which the scale subresource needs.
import type { CanonicalLimits } from "./canonical.ts";

/** Pods. */
export const DEFAULT_REPLICAS = 1;

/** Tokens of one answer, tasks of one pod, seconds of one task, tokens of 24 h (0 = off), further tries. */
export const DEFAULT_LIMITS: CanonicalLimits = {
  maxTokensPerCall: 8_000,
  maxConcurrentTasks: 5,
  timeoutSeconds: 120,
  maxDailyTokens: 0,
  retries: 3,
};

/** Seconds between two checks. */
export const DEFAULT_PROBE_INTERVAL_SECONDS = 30;

/** B77: what a semantic probe asks; the one word decides. */
export const DEFAULT_VALIDATOR_PROMPT = "Reply with exactly: HEALTHY";

/** Applies once `autoscaling` is there at all. */
export const DEFAULT_AUTOSCALING = { minReplicas: 1, maxReplicas: 10, targetPendingTasks: 5 } as const;

/** Method of an HTTP tool. */
export const DEFAULT_TOOL_METHOD = "POST";

/** Resources of the agent's container, for whoever makes the pod. */
export const DEFAULT_RESOURCES = {
  requests: { cpu: "100m", memory: "128Mi" },
  limits: { cpu: "500m", memory: "512Mi" },
} as const;
