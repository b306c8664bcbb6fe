// What the queue knows of the tasks that the status says are under way. For restarts and for the repair every 15 s; results themselves are
// pushed (RELIABILITY §1.8).
import type { QueueName, TaskKey, TaskLook } from "../plugins/sdk/index.ts";
import type { RunIndex } from "./runIndex.ts";
import { settle } from "./settle.ts";
import { wait } from "./transitions.ts";

/** Every task that is awaited, in the order of dispatch. */
export function awaitedTasks(index: RunIndex): { key: TaskKey; queue: QueueName }[] {
  return [...index.flights.values()].filter(({ abandoned }) => !abandoned).map(({ key, queue }) => ({ key, queue }));
}

/** Takes up what was seen of one task. Absent: the next plan dispatches it again, with the same key and the same prompt. */
export function settleLook(index: RunIndex, key: TaskKey, look: TaskLook, nowMs: number): void {
  const flight = index.flights.get(key);
  if (flight === undefined || flight.abandoned) return;
  const { state } = flight;
  const header = {
    id: "",
    namespace: index.namespace,
    key,
    run: index.name,
    runUID: index.uid,
    counters: { crashes: 0, errors: 0, throttled: 0 },
  };
  switch (look.state) {
    case "absent":
      if (flight.what === "delegated") return; // its parent tells the queue again, if it still wants it
      if (flight.what === "task" && state.counted) {
        // The answer that was being judged is gone: it is executed again, and spends again.
        state.counted = false;
        state.entry.phase = "Running";
        index.touch(state);
      }
      if (flight.what === "judge" && state.candidate === undefined) return; // asked again once there is an answer
      flight.redrive = true;
      index.redrives.add(flight);
      return;
    case "queued":
    case "delayed":
      flight.redrive = false;
      index.redrives.delete(flight);
      return;
    case "running": {
      flight.redrive = false;
      index.redrives.delete(flight);
      index.warmingUp.delete(state);
      if (state.entry.phase === "WarmingUp") state.entry.phase = "Running";
      const reason = state.entry.waiting?.reason;
      if (reason === "Queued" || reason === "WarmingUp") wait(index, state, undefined, nowMs);
      return;
    }
    case "done":
      return settle(index, { ...header, type: "settled", state: "done", result: look.result }, nowMs);
    case "dead":
    case "cancelled":
    case "expired":
      return settle(index, { ...header, type: "settled", state: look.state, failure: look.failure }, nowMs);
  }
}
