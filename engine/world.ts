// What the engine has to be told beside the run's own record: facts that somebody else gathered. Plain values; asking costs nothing.
import type { CanonicalCapability, CanonicalLimits } from "../crds/index.ts";

/** The surroundings of a run at one moment. */
export interface World {
  /** The team takes no new runs: a run that has not started waits (B51). */
  readonly suspended: boolean;
  /** Whether an agent has Ready pods (B51); a driver that need not ask says true. */
  isReady(agent: string): boolean;
  /** Agents that may be chosen by capability, of one registry; undefined is the default one. Asked only in runs that choose. */
  registry(ref: string | undefined): readonly RegistryAgent[];
  /** How often agents were chosen in turn before: the driver counts on (strategy round-robin). */
  readonly rotation: number;
  /** A number in [0, 1) (strategy random). */
  readonly chance: number;
}

/** An agent that a registry knows. */
export interface RegistryAgent {
  readonly agent: string;
  readonly capabilities: readonly CanonicalCapability[];
  readonly limits: CanonicalLimits;
  /** Tasks that wait or run in its queue now. */
  readonly depth: number;
}
