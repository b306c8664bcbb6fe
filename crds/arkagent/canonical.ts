// An agent, or the inline part of a role, with legacy shapes folded in and defaults filled in. Made by `normalizeArkAgent`.
import type { JsonValue } from "../json.ts";

/** What an agent is made of (SPEC §2.1). The pod's own fields (`env`, `resources`, …) pass through untouched. */
export interface CanonicalAgent {
  readonly replicas: number;
  readonly model: string;
  readonly provider?: string;
  /** Exactly one of the two. */
  readonly systemPrompt?: string;
  readonly systemPromptRef?: { readonly kind: "ConfigMap" | "Secret"; readonly name: string; readonly key: string };
  readonly mcpServers: readonly CanonicalMcpServer[];
  readonly tools: readonly CanonicalHttpTool[];
  readonly limits: CanonicalLimits;
  readonly probe: { readonly type: "ping" | "semantic"; readonly intervalSeconds: number; readonly validatorPrompt?: string };
  /** Names of ArkSettings, `configRef` first, in the order in which they are merged. */
  readonly settings: readonly string[];
  readonly memoryRef?: string;
  readonly notifyRef?: string;
  readonly budgetRef?: string;
  readonly registryRef?: string;
  readonly capabilities: readonly CanonicalCapability[];
  readonly autoscaling?: { readonly minReplicas: number; readonly maxReplicas: number; readonly targetPendingTasks: number };
  readonly networkPolicy: "default" | "strict" | "disabled";
  /** `envFrom`, `env`, `resources`, `nodeSelector`, `tolerations`, `serviceAccountName`, `imagePullSecrets` as they stand. */
  readonly pod: Readonly<Record<string, JsonValue>>;
}

/** Limits of one agent; tokens, tasks, seconds. */
export interface CanonicalLimits {
  readonly maxTokensPerCall: number;
  readonly maxConcurrentTasks: number;
  readonly timeoutSeconds: number;
  /** 0 = off. */
  readonly maxDailyTokens: number;
  readonly retries: number;
}

/** A header whose value is written out, or comes from a Secret's key. */
export interface CanonicalHeader {
  readonly name: string;
  readonly value?: string;
  readonly secretKeyRef?: { readonly name: string; readonly key: string };
}

/** An MCP server: exactly one of `url`, `command`, `capabilityRef`. */
export interface CanonicalMcpServer {
  readonly name: string;
  readonly url?: string;
  readonly command?: string;
  readonly args: readonly string[];
  readonly capabilityRef?: string;
  readonly headers: readonly CanonicalHeader[];
  readonly auth?:
    | { readonly type: "bearer"; readonly secretKeyRef: { readonly name: string; readonly key: string } }
    | { readonly type: "mtls"; readonly secretRef: { readonly name: string } };
  readonly guidance?: string;
}

/** An HTTP endpoint that the model may call (B74). */
export interface CanonicalHttpTool {
  readonly name: string;
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly description: string;
  /** JSON Schema as text; absent: any object. */
  readonly inputSchema?: string;
  readonly headers: readonly CanonicalHeader[];
}

/** Something that an agent says it can do (B97). */
export interface CanonicalCapability {
  readonly id: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly inputSchema?: string;
  readonly outputSchema?: string;
  readonly exposeMCP: boolean;
}
