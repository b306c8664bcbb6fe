// Work that agents ask of each other (B62): listed below its parent, counted, cancelled with the run; its failure is the parent's to deal
// with. Nothing here decides what runs: that is the runtime's.
import type { QueueEvent, Task, TaskKey } from "../plugins/sdk/index.ts";
import { parentStepOf, rootStepOf } from "./identity.ts";
import { MAX_LISTED_STEPS } from "./limits.ts";
import { clearOutput, storeOutput } from "./outputs.ts";
import type { Flight, RunIndex, StepState } from "./runIndex.ts";
import { queueOfStep } from "./target.ts";
import { timeOf } from "./text.ts";
import { abandonTasks, durationOf, note, say, usageOf } from "./transitions.ts";

/** A `delegated` event's task, or as much of it as a key alone tells. */
export type Asked = Pick<Task, "key" | "step" | "iteration" | "attempt"> &
  Partial<Pick<Task, "role" | "agent" | "queue" | "depth" | "parent">>;

/**
 * Lists a task that an agent asked for, and awaits it. The same ask again changes nothing; a later attempt's overwrites the entry, whose
 * tokens go on adding up. Undefined: it is known and settled, or not ours to list.
 */
export function spawn(index: RunIndex, asked: Asked, nowMs: number): Flight | undefined {
  const parent = parentStepOf(asked.step);
  const root = index.steps.get(rootStepOf(asked.step));
  if (parent === undefined || root?.planned === undefined) return undefined;
  const flying = index.flights.get(asked.key);
  const known = index.steps.get(asked.step);
  if (known !== undefined) complete(index, known, asked);
  if (flying !== undefined) return flying;
  if (index.settledUnlisted.has(asked.key)) return undefined;
  if (known !== undefined && !isLater(asked, known)) return undefined;
  const state = known ?? add(index, asked, parent, root);
  if (state === undefined) return index.flights.get(asked.key);
  const { entry } = state;
  if (known !== undefined) clearOutput(index, known);
  Object.assign(entry, { phase: "Running", attempt: asked.attempt, iterations: asked.iteration, startTime: timeOf(nowMs) });
  delete entry.completionTime;
  delete entry.message;
  entry.waiting = { reason: "Queued", since: timeOf(nowMs) };
  state.ended = false;
  state.begun = true;
  askedLast(index, state);
  index.takeOff({ key: asked.key, queue: asked.queue ?? queueOfStep(index, state), state, what: "delegated", redrive: false });
  index.touch(state);
  note(index, nowMs, "step.started", state);
  if (index.isTerminal || root.ended) abandonTasks(index, root, `step "${root.entry.name}" has ended`);
  return index.flights.get(asked.key);
}

/** A delegated task is over, or one that nobody waits for any more. Its tokens are counted already. */
export function settleDelegated(index: RunIndex, flight: Flight, event: Extract<QueueEvent, { type: "settled" }>, nowMs: number): void {
  const { state } = flight;
  if (flight.what !== "delegated") return;
  if (state.planned !== undefined) index.settledUnlisted.add(flight.key);
  if (!isCurrent(flight.key, state, index)) return;
  const { entry } = state;
  state.ended = true;
  entry.completionTime = timeOf(nowMs);
  delete entry.waiting;
  if (event.state === "done") {
    const { output, outputRef, preview, agent } = event.result;
    entry.phase = "Succeeded";
    delete entry.message;
    if (entry.resolvedAgent === undefined && entry.role === undefined) entry.resolvedAgent = agent;
    storeOutput(index, state, { text: output ?? (outputRef === undefined ? preview : undefined), ref: outputRef, preview });
  } else {
    entry.phase = "Failed";
    const reason = event.state === "cancelled" ? "Cancelled" : event.state === "expired" ? "TimedOut" : event.failure.reason;
    say(index, state, `${reason}: ${event.failure.message}`);
  }
  index.touch(state);
  const error = event.state === "done" ? undefined : { code: event.failure.reason, message: entry.message ?? "" };
  note(index, nowMs, "step.finished", state, { phase: entry.phase, ...durationOf(state, nowMs), tokenUsage: usageOf(state), error });
}

/** A new entry; undefined when the record has no room for more: then the root step's own entry counts what it spends. */
function add(index: RunIndex, asked: Asked, parent: string, root: StepState): StepState | undefined {
  if (index.status.steps.length >= Math.max(MAX_LISTED_STEPS, index.planned.length)) return unlisted(index, asked, root);
  const depth = asked.depth ?? asked.step.split("~").length >> 1;
  return index.addStep(
    { name: asked.step, ...(asked.role !== undefined && { role: asked.role }), phase: "Running", parent, depth },
    undefined,
  );
}

/** Awaits a task without listing it, so that its tokens count. */
function unlisted(index: RunIndex, asked: Asked, root: StepState): undefined {
  const queue = asked.queue ?? queueOfStep(index, root);
  index.takeOff({ key: asked.key, queue, state: root, what: "delegated", redrive: false });
  return undefined;
}

/** Fills in what a key alone did not tell. */
function complete(index: RunIndex, state: StepState, { role, depth }: Asked): void {
  const { entry } = state;
  if (entry.role !== undefined || role === undefined) return;
  entry.role = role;
  if (depth !== undefined) entry.depth = depth;
  delete entry.resolvedAgent;
  askedLast(index, state);
  index.touch(state);
}

/** `.roles.<n>` is what was asked last; a late event about an earlier ask does not change that. */
function askedLast(index: RunIndex, state: StepState): void {
  const { role } = state.entry;
  if (role === undefined) return;
  const last = index.lastByRole.get(role);
  if (last === undefined || last.planned !== undefined || last.position < state.position) index.lastByRole.set(role, state);
}

function isLater({ iteration, attempt }: Asked, { entry }: StepState): boolean {
  const known = entry.iterations ?? 1;
  return iteration > known || (iteration === known && attempt > (entry.attempt ?? 1));
}

function isCurrent(key: TaskKey, { entry }: StepState, { uid }: RunIndex): boolean {
  return key === `${uid}/${entry.name}/${entry.iterations ?? 1}/${entry.attempt ?? 1}`;
}
