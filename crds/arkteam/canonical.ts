// A team as everything behind admission sees it: legacy shapes folded in (SPEC §3), defaults filled in (§2.2), nothing optional that
// has a default. Made by `normalizeArkTeam`; the engine, the runtime and the rules read this and never the stored object.
import type { CanonicalAgent } from "../arkagent/canonical.ts";
import type { JsonValue } from "../json.ts";

/** How a team works (SPEC §2.2): follows from which fields are set, never declared. */
export const TEAM_MODES = ["pipeline", "dynamic", "mixed", "routed"] as const;
export type TeamMode = (typeof TEAM_MODES)[number];

/** A team, whole. */
export interface CanonicalTeam {
  readonly name: string;
  readonly namespace: string;
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly mode: TeamMode;
  /** The role that receives the task; present in dynamic mode, optional beside a pipeline, absent in routed mode. */
  readonly entry?: string;
  readonly roles: readonly CanonicalRole[];
  readonly pipeline: readonly CanonicalStep[];
  readonly routing?: CanonicalRouting;
  /** Template of the run's result; absent: the last step's or the entry role's answer (B64). */
  readonly output?: string;
  /** Default values, under those of the run. */
  readonly input: Readonly<Record<string, JsonValue>>;
  /** Declared parameters; absent means anything goes, empty means none. */
  readonly inputs?: readonly CanonicalInput[];
  /** 0 = none. */
  readonly timeoutSeconds: number;
  /** Tokens of one run, 0 = no limit (B47). */
  readonly maxTokens: number;
  /** Tokens in any 24 h, 0 = no limit (B85). */
  readonly maxDailyTokens: number;
  readonly successfulRunsHistoryLimit: number;
  readonly failedRunsHistoryLimit: number;
  /** Milliseconds after completion; absent = only the history limits. */
  readonly runRetainForMs?: number;
  readonly notifyRef?: string;
  readonly budgetRef?: string;
  readonly registryRef?: string;
  readonly suspend: boolean;
}

/** A role: an inline agent, a named ArkAgent, or a whole team that runs as one step (pipeline only). */
export type CanonicalRole = {
  readonly name: string;
  /** As written: role names, or `["*"]` for every other role. `delegatesOf` expands it. */
  readonly canDelegate: readonly string[];
} & (
  | { readonly is: "inline"; readonly agent: CanonicalAgent }
  | { readonly is: "agent"; readonly arkAgent: string }
  | { readonly is: "team"; readonly arkTeam: string }
);

/** A step of the pipeline. Its `name` is the role's name where none was given. */
export interface CanonicalStep {
  readonly name: string;
  readonly role: string;
  /** Templates by key; rendered sorted by key (B42). */
  readonly inputs: Readonly<Record<string, string>>;
  readonly dependsOn: readonly string[];
  readonly if?: string;
  readonly loop?: { readonly condition: string; readonly maxIterations: number };
  /** JSON Schema as text. */
  readonly outputSchema?: string;
  readonly validate?: CanonicalValidation;
  readonly registryLookup?: CanonicalLookup;
  /** 0 = only the agent's own limit. */
  readonly timeoutSeconds: number;
  /** Overrides the agent's `limits.retries` (B45a). */
  readonly retries?: number;
  readonly onError: "fail" | "continue";
  readonly approval?: { readonly message: string; readonly timeoutSeconds: number; readonly onTimeout: "reject" | "approve" };
}

/** Checks of an answer beyond its schema (B44), in this order. */
export interface CanonicalValidation {
  readonly rejectPatterns: readonly string[];
  readonly contains?: string;
  /** JSON Schema as text. */
  readonly schema?: string;
  /** What the judge is asked. */
  readonly semantic?: string;
  readonly semanticModel?: string;
  readonly onFailure: "fail" | "retry";
  readonly maxRetries: number;
}

/** Which agent serves a step, found by capability (B97). */
export interface CanonicalLookup {
  readonly capability: string;
  readonly tags: readonly string[];
  readonly strategy: "least-busy" | "round-robin" | "random";
  readonly registryRef?: string;
  /** A role or agent to use when nothing matches. */
  readonly fallback?: string;
}

/** One model call chooses the agent (B98). */
export interface CanonicalRouting {
  readonly registryRef?: string;
  readonly model: string;
  readonly systemPrompt: string;
  /** An agent's name. */
  readonly fallback?: string;
  readonly maxHops: number;
}

/** A declared parameter. */
export interface CanonicalInput {
  readonly name: string;
  readonly type: "string" | "number" | "boolean" | "object" | "array";
  readonly description: string;
  readonly required: boolean;
  readonly default?: JsonValue;
}
