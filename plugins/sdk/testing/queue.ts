import type { Clause } from "./clause.ts";
import { queueCancelClauses } from "./queueCancel.ts";
import { queueDeliveryClauses } from "./queueDelivery.ts";
import { queueEventClauses } from "./queueEvents.ts";
import { queueLetterClauses } from "./queueLetters.ts";
import { queueRandomClauses } from "./queueRandom.ts";
import { queueVerdictClauses } from "./queueVerdicts.ts";
import type { QueueWorld } from "./queueWorld.ts";

/** What every queue promises, transition by transition (RELIABILITY §1). Ledger, journal and blobs have clauses of their own. */
export const queueClauses: readonly Clause<QueueWorld>[] = [
  ...queueDeliveryClauses,
  ...queueVerdictClauses,
  ...queueCancelClauses,
  ...queueEventClauses,
  ...queueLetterClauses,
  ...queueRandomClauses,
];
