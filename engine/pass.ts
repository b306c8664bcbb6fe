// One planning pass: what it works on, and what it has decided so far.
import type { Action } from "./actions.ts";
import type { RunIndex } from "./runIndex.ts";
import type { World } from "./world.ts";

/** Handed through the files that decide; nobody keeps it. */
export interface Pass {
  readonly index: RunIndex;
  readonly world: World;
  readonly nowMs: number;
  readonly actions: Action[];
  /** Tasks given out in this pass, by agent: no queue shows them yet. */
  readonly assigned: Map<string, number>;
  /** Choices made in this pass: each one takes the next turn. */
  choices: number;
}
