/** A registry with defaults filled in. Made by `normalizeArkRegistry`. */
export interface CanonicalRegistry {
  readonly name: string;
  readonly namespace: string;
  readonly scope: "namespace-scoped" | "cluster-wide";
  readonly maxDepth: number;
  readonly allowCrossTeam: boolean;
  readonly mcpBindings: readonly { readonly capabilityId: string; readonly url: string }[];
}
