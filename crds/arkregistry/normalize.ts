import type { ArkRegistry } from "../generated/types.ts";
import { DEFAULT_NAMESPACE } from "../names.ts";
import type { CanonicalRegistry } from "./canonical.ts";
import { DEFAULT_LOOKUP_DEPTH } from "./defaults.ts";

/** The registry with defaults filled in. Takes an object of the right shape; pure. */
export function normalizeArkRegistry({ metadata, spec }: ArkRegistry): CanonicalRegistry {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
    scope: spec.scope ?? "namespace-scoped",
    maxDepth: spec.policy?.maxDepth ?? DEFAULT_LOOKUP_DEPTH,
    allowCrossTeam: spec.policy?.allowCrossTeam ?? false,
    mcpBindings: spec.mcpBindings ?? [],
  };
}
