import type { ArkService } from "../generated/types.ts";
import { DEFAULT_NAMESPACE } from "../names.ts";
import type { CanonicalService } from "./canonical.ts";
import { DEFAULT_PORTS } from "./defaults.ts";

/** The service with defaults filled in: round-robin, one port of HTTP. Takes an object of the right shape; pure. */
export function normalizeArkService({ metadata, spec }: ArkService): CanonicalService {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
    arkAgent: spec.selector.arkAgent,
    strategy: spec.routing?.strategy ?? "round-robin",
    ports: (spec.ports ?? [{}]).map(({ protocol = "HTTP", port }) => ({ protocol, port: port ?? DEFAULT_PORTS[protocol] })),
  };
}
