// Tasks as a dispatcher would enqueue them.
import type { Task, TaskResult } from "../../plugins/sdk/index.ts";

/** A step of team "news" for its writer that nothing is special about; `name` is the step. */
export function aTask(namespace: string, name: string, change: Partial<Task> = {}): Task {
  return {
    v: 1,
    key: `uid-1/${name}/1/1`,
    kind: "step",
    queue: `${namespace}.news.writer`,
    ns: namespace,
    team: "news",
    role: "writer",
    agent: "news-writer",
    run: "news-1",
    runUID: "uid-1",
    step: name,
    iteration: 1,
    attempt: 1,
    prompt: `Do ${name}.`,
    limits: { timeoutMs: 60_000, maxTokensPerCall: 1_000, runMaxTokens: 0, maxToolRounds: 50 },
    retries: 3,
    deadlineMs: 0,
    depth: 0,
    chain: ["writer"],
    mayDelegate: [],
    dispatchedAtMs: Date.now(),
    ...change,
  };
}

/** A short answer to a task. */
export const aResult = (key: string, output = "x"): TaskResult => ({
  key,
  output,
  preview: output,
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  toolRounds: 0,
  stopReason: "end",
  agent: "a",
});
