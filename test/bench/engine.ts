// What one result costs the engine, in a short run and in a long one: settle, plan, and nothing else.
import { aPipeline, aRun } from "../../engine/builders.ts";
import { openRun, plan, settle, type World } from "../../engine/index.ts";
import type { QueueEvent, Task } from "../../plugins/sdk/index.ts";
import { type BenchRow, median } from "./row.ts";

const WORLD: World = { suspended: false, isReady: () => true, registry: () => [], rotation: 0, chance: 0 };
const START_MS = Date.UTC(2026, 0, 1);

/** Microseconds per result of a pipeline in which each step waits for the `width`-th before it. */
function microsecondsPerResult(steps: number, width: number): number {
  const snapshot = aPipeline(
    Array.from({ length: steps }, (_, i) => ({
      name: `s${i}`,
      role: "worker",
      inputs: { prompt: i < width ? "begin" : `{{ .steps.s${i - width}.output }}` },
      ...(i >= width && { dependsOn: [`s${i - width}`] }),
    })),
  );
  const index = openRun(aRun(), snapshot);
  const queue: Task[] = [];
  let nowMs = START_MS;
  const pass = (): void => {
    for (const action of plan(index, WORLD, nowMs)) if (action.is === "dispatch") queue.push(action.task);
    index.takeNotes();
    index.takeDone();
    index.takeChanged();
  };
  pass();
  let results = 0;
  const startedMs = performance.now();
  for (let at = 0; at < queue.length; at++) {
    const task = queue[at];
    if (task === undefined) break;
    nowMs += 1;
    settle(index, doneEvent(task, at), nowMs);
    pass();
    results += 1;
  }
  const spentMs = performance.now() - startedMs;
  if (index.status.phase !== "Succeeded") throw new Error(`the run ended as ${index.status.phase}: ${index.status.message ?? ""}`);
  return (spentMs * 1_000) / results;
}

function doneEvent(task: Task, n: number): QueueEvent {
  const usage = { inputTokens: 5, outputTokens: 2, totalTokens: 7 };
  const result = { key: task.key, output: "done", preview: "done", usage, toolRounds: 0, stopReason: "end" as const, agent: task.agent };
  const header = {
    id: `e${n}`,
    namespace: task.ns,
    key: task.key,
    run: task.run,
    runUID: task.runUID,
    counters: { crashes: 0, errors: 0, throttled: 0 },
  };
  return { ...header, type: "settled", state: "done", result };
}

/** 5,000 steps beside 100, in chains of two widths. */
export function engineBench(): BenchRow[] {
  const shapes: readonly [string, number][] = [
    ["ten chains side by side", 10],
    ["one chain", 1],
  ];
  for (const [, width] of shapes) for (const steps of [100, 100, 5_000]) microsecondsPerResult(steps, width); // the compiler warms up
  return shapes.map(([what, width]) => {
    const [short, long]: [number[], number[]] = [[], []];
    for (let round = 0; round < 5; round++) {
      // as many results on both sides, in turns: whatever else the machine does hits both
      short.push(median(Array.from({ length: 50 }, () => microsecondsPerResult(100, width))));
      long.push(microsecondsPerResult(5_000, width));
    }
    return {
      name: `engine, time per result at 5,000 steps ÷ at 100 (${what})`,
      measured: `${median(long).toFixed(0)} µs ÷ ${median(short).toFixed(0)} µs`,
      ratio: median(long) / median(short),
      unit: "×",
      atMost: 2,
    };
  });
}
