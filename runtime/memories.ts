// Memory around a task (B80): what is relevant is read before, the exchange is written after. A store that fails or hangs costs the
// task a few seconds and a line in the log, never more (B81).
import {
  type Clock,
  cutUtf8,
  type Log,
  type MemoryScope,
  type MemoryStore,
  orAborted,
  type Task,
  utf8Bytes,
} from "../plugins/sdk/index.ts";
import { MAX_MEMORY_TEXT, MAX_RECALLED } from "./limits.ts";
import { wellFormed } from "./text.ts";
import { messageOf } from "./verdict.ts";

/** What memory is used with. */
export interface MemoryParts {
  readonly store: MemoryStore;
  readonly agent: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number;
}

/** What is remembered for a task, oldest first, as text; "" for nothing. */
export async function recall(task: Task, parts: MemoryParts, signal: AbortSignal): Promise<string> {
  const request = { scope: scopeOf(task, parts.agent), query: task.prompt, limit: MAX_RECALLED };
  const entries = await guarded("memory cannot be read", task, parts, signal, (inTime) =>
    parts.store.recall({ ...request, signal: inTime }),
  );
  const lines: string[] = [];
  let room = MAX_MEMORY_TEXT;
  for (const entry of [...(entries ?? [])].slice(-MAX_RECALLED).reverse()) {
    const line = wellFormed(`[${entry.at}] ${entry.role}: ${entry.content}`);
    room -= utf8Bytes(line);
    if (room < 0) break;
    lines.push(line);
  }
  return lines.reverse().join("\n");
}

/** Writes the exchange. Its ids follow from the task, so that a task executed twice is remembered once. */
export async function remember(task: Task, answer: string, parts: MemoryParts, signal: AbortSignal): Promise<void> {
  const at = new Date(parts.clock.now()).toISOString();
  const entries = [
    { id: `${task.key}#user`, at, role: "user" as const, content: cutUtf8(task.prompt, MAX_MEMORY_TEXT) },
    { id: `${task.key}#assistant`, at, role: "assistant" as const, content: cutUtf8(answer, MAX_MEMORY_TEXT) },
  ];
  const scope = scopeOf(task, parts.agent);
  await guarded("memory cannot be written", task, parts, signal, (inTime) => parts.store.remember({ scope, entries, signal: inTime }));
}

function scopeOf(task: Task, agent: string): MemoryScope {
  return { namespace: task.ns, team: task.team, agent, task: task.key };
}

async function guarded<T>(
  complaint: string,
  task: Task,
  { clock, log, timeoutMs }: MemoryParts,
  signal: AbortSignal,
  work: (inTime: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs / 1000} s`)));
  const inTime = AbortSignal.any([signal, late.signal]);
  try {
    return await orAborted(work(inTime), inTime);
  } catch (error) {
    signal.throwIfAborted();
    log.warn(complaint, { task: task.key, error: messageOf(error) });
    return undefined;
  } finally {
    cancel();
  }
}
