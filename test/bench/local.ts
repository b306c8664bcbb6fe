// What a local run adds to its models' time: sixty independent steps of 100 ms each, all at once.
import { loadYaml } from "../../crds/index.ts";
import { createMock, type MockScript } from "../../plugins/llm-mock/index.ts";
import { createInContextMemory } from "../../plugins/memory-in-context/index.ts";
import { createMemoryQueue } from "../../plugins/queue-memory/index.ts";
import { silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { BUILT_IN_PRICES } from "../../runtime/index.ts";
import { LocalObjects, prepare, runLocal } from "../../runtime/local/index.ts";
import { type BenchRow, median } from "./row.ts";

const DELAY_MS = 100;

/** A pipeline of that many steps that need nothing of each other, served by one role with a slot for each. */
function wideTeam(steps: number): string {
  return JSON.stringify({
    apiVersion: "arkonis.dev/v1alpha1",
    kind: "ArkTeam",
    metadata: { name: "wide" },
    spec: {
      roles: [{ name: "worker", model: "mock", systemPrompt: "Work.", limits: { maxConcurrentTasks: 60 } }],
      pipeline: Array.from({ length: steps }, (_, i) => ({ name: `s${i}`, role: "worker", inputs: { prompt: `part ${i}` } })),
    },
  });
}

/** Wall time of a run in ms. */
async function runMs(steps: number): Promise<number> {
  const objects = new LocalObjects(loadYaml(wideTeam(steps), "wide.json").documents);
  const prepared = prepare({ objects, input: {} });
  if (!("agents" in prepared)) throw new Error(prepared.join("; "));
  const script: MockScript = { responses: [{ match: {}, reply: { text: "done", delayMs: DELAY_MS } }] };
  const provider = createMock(script, systemClock);
  const random = Math.random;
  const startedMs = performance.now();
  const { outcome } = await runLocal(prepared, {
    backend: createMemoryQueue({ clock: systemClock, random }),
    providerFor: async () => ({ name: "mock", provider }),
    memoryFor: async () => createInContextMemory(),
    journal: () => undefined,
    approve: async () => undefined,
    mcp: { enabled: false, stdio: false },
    prices: BUILT_IN_PRICES,
    redact: (text) => text,
    clock: systemClock,
    random,
    log: silentLog,
    signal: new AbortController().signal,
  });
  if (outcome !== "succeeded") throw new Error(`the run ended as ${outcome}`);
  return performance.now() - startedMs;
}

/** Sixty steps at once beside one. */
export async function localBench(): Promise<BenchRow[]> {
  await runMs(60); // warm
  const [one, sixty]: [number[], number[]] = [[], []];
  for (let i = 0; i < 5; i++) {
    one.push(await runMs(1));
    sixty.push(await runMs(60));
  }
  const [a, b] = [median(one), median(sixty)];
  return [
    {
      name: "60 independent steps of 100 ms, concurrency 60, wall time",
      measured: `${b.toFixed(0)} ms ÷ ${a.toFixed(0)} ms of one such step`,
      ratio: b / a,
      unit: "×",
      atMost: 1.5,
    },
  ];
}
