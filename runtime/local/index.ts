// `ark run`: a whole run in one process, as cmd/ark uses it.
export { LOCAL_TIMINGS, type LocalOutcome, type LocalParts, runLocal, snapshotOf } from "./driver.ts";
export { LocalObjects } from "./localObjects.ts";
export { type LocalAgent, type LocalRequest, type Obstacle, type PreparedRun, prepare, targetOf } from "./prepare.ts";
export { type JournalledRun, type Resumable, resumableOf } from "./resume.ts";
