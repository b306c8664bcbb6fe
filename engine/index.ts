// What a run does next: pure, without clock, chance or I/O. Both drivers (runtime/local, controller/arkrun) go through this door.
export type { Action, ApprovalRequest, ChildOrder, EndReason } from "./actions.ts";
export { childInputOf } from "./childInput.ts";
export { outputOf } from "./finish.ts";
export { childNameOf, judgeStepOf, partsOfKey, runSpanOf, stepSpanOf, traceIdOf } from "./identity.ts";
export { awaitedTasks, settleLook } from "./look.ts";
export { addCosts } from "./money.ts";
export { openRun, runInput } from "./open.ts";
export { nextLookMs, plan } from "./plan.ts";
export { AGENT_STEP, type PlannedStep, plannedSteps, ROUTE_STEP, usesRegistry, type Work } from "./plannedStep.ts";
export { type CarriedOver, carryOver } from "./retry.ts";
export { type RunIndex, type RunStatus } from "./runIndex.ts";
export { type ChildView, settle, settleChild, supplyText } from "./settle.ts";
export { digestOf, snapshotText } from "./snapshotBlob.ts";
export { snapshotOfAgent, snapshotOfTeam } from "./snapshotOf.ts";
export { type StoredText } from "./textStore.ts";
export { type RegistryAgent, type World } from "./world.ts";
