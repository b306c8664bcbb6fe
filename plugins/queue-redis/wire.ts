// What the store holds, as text, and what it means: envelopes, verdicts, sums of what deliveries spent.
import {
  addDecimals,
  addUsage,
  type Counters,
  NO_USAGE,
  type Spent,
  type Task,
  type TaskFailure,
  type TaskLook,
  type TaskResult,
  type Usage,
} from "../sdk/index.ts";

/** `1,0,2` as crashes, errors, throttled. */
export function countersOf(text: string): Counters {
  const [crashes = 0, errors = 0, throttled = 0] = text.split(",").map(Number);
  return { crashes, errors, throttled };
}

/** The sum of what was spent, a line of JSON each; a line that somebody has damaged counts for nothing. */
export function spentOf(lines: string): Spent {
  let sum: Spent = { usage: NO_USAGE };
  for (const line of lines.split("\n")) {
    const spent = line === "" ? undefined : spentIn(line);
    if (spent) sum = addSpent(sum, spent);
  }
  return sum;
}

function spentIn(line: string): Spent | undefined {
  try {
    const spent = JSON.parse(line) as Partial<Spent> | null;
    const { inputTokens, outputTokens, totalTokens } = spent?.usage ?? {};
    return [inputTokens, outputTokens, totalTokens].every((tokens) => Number.isFinite(tokens)) ? (spent as Spent) : undefined;
  } catch {
    return undefined;
  }
}

/** Both together; the sum of unknown prices stays unknown. */
export function addSpent(a: Spent, b: { readonly usage: Usage; readonly costUSD?: string | undefined }): Spent {
  const costUSD = addDecimals(a.costUSD, b.costUSD);
  return { usage: addUsage(a.usage, b.usage), ...(costUSD === undefined ? {} : { costUSD }) };
}

/** A result or failure with what all deliveries spent. */
export function verdictOf<V extends TaskResult | TaskFailure>(json: string, spent: string): V {
  const verdict = JSON.parse(json) as V;
  return { ...verdict, ...addSpent(spentOf(spent), verdict) };
}

/** A result as it is kept: a preview that is the whole output is not said twice. */
export function resultText(result: TaskResult): string {
  const { preview, ...rest } = result;
  return JSON.stringify(preview === rest.output ? rest : result);
}

/** The result that {@link resultText} wrote, with what all deliveries spent. */
export function resultOf(json: string, spent: string): TaskResult {
  const result = verdictOf<TaskResult>(json, spent);
  return result.preview === undefined ? { ...result, preview: result.output ?? "" } : result;
}

/** A task without the texts that only its worker needs. */
export function headerOf(task: Task): Omit<Task, "prompt" | "outputSchema" | "feedback" | "system"> {
  const { prompt: _prompt, outputSchema: _schema, feedback: _feedback, system: _system, ...header } = task;
  return header;
}

/** What is wrong with an envelope of a queue; undefined when nothing is. `unknown version` is for others to execute. */
export function envelopeProblem(value: unknown, queue: string, key: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "the envelope is no object";
  const task = value as Partial<Record<keyof Task, unknown>>;
  if (task.v !== 1) return UNKNOWN_VERSION;
  const texts = ["key", "kind", "queue", "ns", "team", "role", "agent", "run", "runUID", "step", "prompt"] as const;
  for (const name of texts) if (typeof task[name] !== "string") return `the envelope's ${name} is missing or no text`;
  for (const name of ["iteration", "attempt", "retries", "deadlineMs", "depth", "dispatchedAtMs"] as const)
    if (typeof task[name] !== "number" || !Number.isFinite(task[name])) return `the envelope's ${name} is missing or no number`;
  for (const name of ["chain", "mayDelegate"] as const)
    if (!Array.isArray(task[name]) || !task[name].every((item) => typeof item === "string"))
      return `the envelope's ${name} is no list of names`;
  if (typeof task.limits !== "object" || task.limits === null) return "the envelope's limits are missing";
  if (task.queue !== queue) return `the envelope is for queue "${String(task.queue)}"`;
  if (task.key !== key) return "the envelope is of another task";
  return undefined;
}

/** An envelope of a newer program: it waits for one that knows it. */
export const UNKNOWN_VERSION = "its version is not known here";

/** What a look says of a record that is a tombstone. */
export function lookOfTombstone(state: string): TaskLook {
  const failure = (reason: string, message: string): TaskFailure => ({ reason, message, permanent: true, usage: NO_USAGE });
  switch (state) {
    case "done":
      return { state: "dead", failure: failure("OutputLost", "the task was done and its result is forgotten; ask with the next attempt") };
    case "cancelled":
      return { state, failure: failure("Cancelled", "the task was cancelled") };
    case "expired":
      return { state, failure: failure("TimedOut", "the task's deadline had passed") };
    default:
      return { state: "dead", failure: failure("Dead", "the task failed and is forgotten") };
  }
}
