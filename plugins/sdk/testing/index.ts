// `kubectl-ark/plugin/testing`: the conformance kits. Each is a list of clauses, a sentence and a check, for any test runner:
// `for (const clause of llmClauses) test(clause.name, () => clause.check(world));`
export { type BlobWorld, blobClauses, type OpenBlobs } from "./blobs.ts";
export { type Clause, seededRandom } from "./clause.ts";
export { type FakeClock, fakeClock } from "./fakeClock.ts";
export { type JournalWorld, journalClauses, type OpenJournal } from "./journal.ts";
export { type LedgerWorld, ledgerClauses, type OpenLedger } from "./ledger.ts";
export { type LlmWorld, llmClauses, type OpenLlm, type VendorMove } from "./llm.ts";
export { type MemoryWorld, memoryClauses, type OpenMemory } from "./memory.ts";
export { queueClauses } from "./queue.ts";
export type { OpenQueue, QueueWorld } from "./queueWorld.ts";
