// The tools with which an agent asks others: `delegate`, `submit_subtask`, `collect` (SPEC §7). What may be asked of whom is decided
// here, from the envelope and the run's snapshot, never by what a prompt says (P22). A refusal queues nothing.
import { createHash } from "node:crypto";
import type { JsonObject, RunSnapshot } from "../../crds/index.ts";
import { type Log, orAborted, type QueueBackend, type Task, taskKeyOf, utf8Bytes } from "../../plugins/sdk/index.ts";
import { detailOf, type TaskJournal } from "../journal.ts";
import { MAX_CHILDREN, MAX_DEPTH, MAX_PROMPT, MAX_TOOL_ROUNDS } from "../limits.ts";
import { roleIn } from "../runSnapshots.ts";
import { wellFormed } from "../text.ts";
import { backOffMs, type Timings } from "../timings.ts";
import { messageOf } from "../verdict.ts";
import type { ChildWatch, Ended, Expected } from "./children.ts";
import { type Tool, type ToolAnswer, type ToolContext, toolError } from "./tool.ts";

/** What one task delegates with. */
export interface DelegationParts {
  readonly task: Task;
  readonly snapshot: RunSnapshot | undefined;
  readonly backend: Pick<QueueBackend, "tasks" | "control" | "blobs">;
  readonly watch: ChildWatch;
  readonly consumer: string;
  readonly journal: TaskJournal;
  readonly clock: { now(): number; monotonic(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };
  readonly random: () => number;
  readonly timings: Pick<Timings, "throttleBackOff" | "toolTimeoutMs">;
  readonly log: Log;
}

interface Child {
  readonly task: Task;
  readonly expected: Expected;
  ended: Ended | undefined;
}

/** Whether a task may ask for others at all: its role may delegate, or it has no team to be a leaf of (B63). */
export function mayAsk(task: Task): boolean {
  if (task.kind === "judge" || task.kind === "route") return false;
  return task.mayDelegate.length > 0 || task.team === "_";
}

/** The delegation of one delivery of a task: its tools, and its children until it ends. */
export class Delegation {
  private readonly children = new Map<string, Child>();
  private readonly asks = new Map<string, number>();
  private readonly parts: DelegationParts;

  constructor(parts: DelegationParts) {
    this.parts = parts;
  }

  /** The tools that the task is offered: none for a leaf of a team. */
  tools(): Tool[] {
    const { task } = this.parts;
    if (!mayAsk(task)) return [];
    const roles = task.mayDelegate;
    const rolesText = roles.length === 0 ? "" : ` Roles that you may ask: ${roles.join(", ")}.`;
    const prompt = { type: "string", description: "what is to be done, with everything that has to be known: nothing else is passed on" };
    const roleSchema = { type: "string", ...(roles.length === 0 ? {} : { enum: [...roles] }) };
    const delegate: Tool = {
      name: "delegate",
      description: `Ask another role of your team to do something, and wait for its answer.${rolesText} Several calls in one turn run at the same time.`,
      inputSchema: {
        type: "object",
        properties: { role: { ...roleSchema, description: "who is asked" }, prompt },
        required: ["role", "prompt"],
        additionalProperties: false,
      },
      source: "built-in",
      check: (args) => textFault(args, "role", true) ?? textFault(args, "prompt", true),
      call: (args, context) => this.delegate(textIn(args, "role"), textIn(args, "prompt"), context),
    };
    const submit: Tool = {
      name: "submit_subtask",
      description:
        "Queue a piece of work and go on without waiting; returns its id for `collect`. " +
        `Without a role it is done by another copy of yourself.${rolesText} At most ${MAX_CHILDREN} pieces.`,
      inputSchema: {
        type: "object",
        properties: { prompt, ...(roles.length === 0 ? {} : { role: { ...roleSchema, description: "who does it; absent: yourself" } }) },
        required: ["prompt"],
        additionalProperties: false,
      },
      source: "built-in",
      check: (args) => textFault(args, "prompt", true) ?? textFault(args, "role", false),
      call: (args, context) => this.submit(args["role"] === undefined ? undefined : textIn(args, "role"), textIn(args, "prompt"), context),
    };
    const collect: Tool = {
      name: "collect",
      description: "Wait for pieces of work that were queued with `submit_subtask`, and get their answers.",
      inputSchema: {
        type: "object",
        properties: { ids: { type: "array", items: { type: "string" }, minItems: 1, description: "ids that submit_subtask returned" } },
        required: ["ids"],
        additionalProperties: false,
      },
      source: "built-in",
      check: idsFault,
      call: (args, context) => this.collect((args["ids"] as readonly string[]) ?? [], context),
    };
    return roles.length === 0 ? [submit, collect] : [delegate, submit, collect];
  }

  /** The end of the task. `cancel`: nobody will want the children that are still open. */
  async end(cancel: boolean): Promise<void> {
    const open = [...this.children.values()].filter((child) => child.ended === undefined);
    for (const child of this.children.values()) child.expected.stop();
    if (!cancel) return;
    const { control } = this.parts.backend;
    await Promise.all(
      open.map(async ({ task }) => {
        try {
          await control.cancel(task.key, "the task that asked for it has ended", task.queue);
        } catch (error) {
          this.parts.log.warn("a delegated task could not be cancelled", { task: task.key, error: messageOf(error) });
        }
      }),
    );
  }

  private async delegate(role: string, prompt: string, context: ToolContext): Promise<ToolAnswer> {
    const child = this.childFor(role, prompt, "delegate");
    if ("text" in child) return child;
    const refused = await this.start(child, context);
    if (refused !== undefined) return refused;
    const ended = await this.wait(child, context);
    return { ...(await this.answerOf(ended, role)), from: `role ${role}` };
  }

  private async submit(role: string | undefined, prompt: string, context: ToolContext): Promise<ToolAnswer> {
    const child = this.childFor(role, prompt, "subtask");
    if ("text" in child) return child;
    const refused = await this.start(child, context);
    if (refused !== undefined) return refused;
    // Whoever collects waits for it; the journal hears of its end in any case.
    return { text: JSON.stringify({ id: child.task.step }), isError: false };
  }

  private async collect(ids: readonly string[], context: ToolContext): Promise<ToolAnswer> {
    const unknown = ids.filter((id) => !this.children.has(id));
    if (unknown.length > 0) {
      const known = [...this.children.keys()].join(", ");
      return toolError(
        `unknown id ${JSON.stringify(unknown[0])}; ${known === "" ? "nothing was submitted yet" : `submitted were: ${known}`}`,
      );
    }
    const wanted = [...new Set(ids)];
    const answers = await context.idle(() =>
      Promise.all(
        wanted.map(async (id) => {
          const child = this.children.get(id);
          if (child === undefined) return { id, error: "unknown" };
          const answer = await this.answerOf(await this.ended(child, context.signal), child.task.role);
          return answer.isError ? { id, error: answer.text } : { id, output: answer.text };
        }),
      ),
    );
    return { text: JSON.stringify(answers), isError: false, from: "subtasks" };
  }

  /** The child that is asked for, or why there is none. */
  private childFor(asked: string | undefined, prompt: string, kind: "delegate" | "subtask"): Child | ToolAnswer {
    const { task, snapshot } = this.parts;
    const permitted = task.mayDelegate.length === 0 ? "none" : task.mayDelegate.join(", ");
    const self = asked === undefined || (kind === "subtask" && asked === task.role);
    if (asked !== undefined && !self) {
      if (asked === task.role) return toolError(`role "${asked}" is yourself; roles that you may ask: ${permitted}. Nothing was queued`);
      if (!task.mayDelegate.includes(asked)) {
        return toolError(`role "${asked.slice(0, 100)}" may not be asked; roles that you may ask: ${permitted}. Nothing was queued`);
      }
      if (task.chain.includes(asked)) {
        return toolError(
          `role "${asked}" already waits for this answer (${task.chain.join(" → ")}), so it cannot be asked. Nothing was queued`,
        );
      }
    }
    if (task.depth + 1 > MAX_DEPTH)
      return toolError(`delegation is already ${task.depth} levels deep; at most ${MAX_DEPTH}. Do it yourself`);
    if (this.children.size >= MAX_CHILDREN)
      return toolError(`you have asked for ${MAX_CHILDREN} pieces of work; no more is possible in one task`);
    if (utf8Bytes(prompt) > MAX_PROMPT) return toolError("the prompt is longer than 1 MiB; ask with less");
    const role = asked ?? task.role;
    const target = self ? selfOf(task) : targetOf(snapshot, role, task);
    if (target === undefined)
      return toolError(`role "${role}" is not in the record of this run, so it cannot be asked. Nothing was queued`);
    const step = this.stepFor(role, prompt);
    const childTask: Task = {
      v: 1,
      key: taskKeyOf(task.runUID, step, task.iteration, task.attempt),
      kind,
      ns: task.ns,
      team: task.team,
      role,
      run: task.run,
      runUID: task.runUID,
      step,
      iteration: task.iteration,
      attempt: task.attempt,
      prompt: wellFormed(prompt),
      ...(task.snapshot === undefined ? {} : { snapshot: task.snapshot }),
      ...target,
      deadlineMs: task.deadlineMs,
      parent: task.key,
      depth: task.depth + 1,
      chain: self ? task.chain : [...task.chain, role],
      inbox: this.parts.consumer,
      ...(task.traceparent === undefined ? {} : { traceparent: task.traceparent }),
      dispatchedAtMs: this.parts.clock.now(),
    };
    const expected = this.parts.watch.expect(childTask.key, childTask.queue, () => void this.enqueueAgain(childTask));
    const child: Child = { task: childTask, expected, ended: undefined };
    void expected.ended.then((ended) => {
      child.ended = ended;
    });
    this.children.set(step, child);
    return child;
  }

  /** `<parent step>~<8 hex of sha256(role, prompt)>~<n>`: the same ask of the same task has the same name for ever (§1.4). */
  private stepFor(role: string, prompt: string): string {
    const digest = createHash("sha256").update(`${role}\n${prompt}`).digest("hex").slice(0, 8);
    const n = (this.asks.get(digest) ?? 0) + 1;
    this.asks.set(digest, n);
    return `${this.parts.task.step}~${digest}~${n}`;
  }

  private async start(child: Child, context: ToolContext): Promise<ToolAnswer | undefined> {
    const { tasks } = this.parts.backend;
    const { journal, clock, timings, random } = this.parts;
    const startMs = clock.monotonic();
    for (let n = 1; ; n++) {
      let said: "added" | "known" | "full" | "unsure";
      let trouble = "the queue is full";
      try {
        said = await orAborted(tasks.enqueue(child.task), context.signal);
      } catch (error) {
        context.signal.throwIfAborted();
        [said, trouble] = ["unsure", `the queue cannot be reached (${messageOf(error)})`]; // it may be in: telling it again is free
      }
      if (said === "added" || said === "known") {
        if (said === "known") child.expected.look();
        const { task } = child;
        journal.write("delegate.started", {
          span: context.span,
          toRole: task.role,
          child: task.key,
          childStep: task.step,
          depth: task.depth,
          kind: task.kind,
          prompt: detailOf(task.prompt),
        });
        const span = context.span;
        void child.expected.ended.then((ended) => {
          const fields =
            ended.state === "done"
              ? { tokenUsage: ended.result.usage }
              : { tokenUsage: ended.failure.usage, error: { code: ended.failure.reason, message: ended.failure.message } };
          journal.write("delegate.finished", {
            span,
            toRole: task.role,
            child: task.key,
            childStep: task.step,
            durationMs: clock.monotonic() - startMs,
            ...fields,
          });
        });
        return undefined;
      }
      if (clock.monotonic() - startMs > timings.toolTimeoutMs) {
        this.children.delete(child.task.step);
        child.expected.stop();
        return toolError(`${trouble}; role "${child.task.role}" was not asked. Try again later or do without`);
      }
      await context.idle(() => clock.sleep(backOffMs(n, timings.throttleBackOff, random), context.signal));
    }
  }

  private wait(child: Child, context: ToolContext): Promise<Ended> {
    return context.idle(() => this.ended(child, context.signal));
  }

  private ended(child: Child, signal: AbortSignal): Promise<Ended> {
    return child.ended === undefined ? orAborted(child.expected.ended, signal) : Promise.resolve(child.ended);
  }

  private async enqueueAgain(task: Task): Promise<void> {
    try {
      await this.parts.backend.tasks.enqueue(task);
    } catch (error) {
      this.parts.log.warn("a lost task could not be enqueued again; trying later", { task: task.key, error: messageOf(error) });
    }
  }

  private async answerOf(ended: Ended, role: string): Promise<ToolAnswer> {
    if (ended.state !== "done") {
      return toolError(`role "${role}" gave no answer: ${ended.failure.reason}: ${ended.failure.message}`);
    }
    const { result } = ended;
    if (result.output !== undefined) return { text: result.output, isError: false };
    if (result.outputRef === undefined) return { text: result.preview, isError: false };
    const { task, backend } = this.parts;
    const whole = await backend.blobs.get(task.ns, task.runUID, result.outputRef.sha256);
    return whole === undefined
      ? toolError(`the answer of role "${role}" is lost; only its beginning is known: ${result.preview}`)
      : { text: whole, isError: false };
  }
}

type Target = Pick<Task, "queue" | "agent" | "limits" | "retries" | "mayDelegate">;

function selfOf({ queue, agent, limits, retries, mayDelegate }: Task): Target {
  return { queue, agent, limits, retries, mayDelegate };
}

function targetOf(snapshot: RunSnapshot | undefined, name: string, parent: Task): Target | undefined {
  const role = roleIn(snapshot, name);
  if (role === undefined) return undefined;
  const limits = {
    timeoutMs: role.limits.timeoutSeconds * 1_000,
    maxTokensPerCall: role.limits.maxTokensPerCall,
    runMaxTokens: parent.limits.runMaxTokens,
    maxToolRounds: MAX_TOOL_ROUNDS,
  };
  return { queue: role.queue, agent: role.agent, limits, retries: role.limits.retries, mayDelegate: role.canDelegate };
}

/** A text that `textFault` has checked. */
function textIn(args: JsonObject, name: string): string {
  const value = args[name];
  return typeof value === "string" ? value : "";
}

function textFault(args: JsonObject, name: string, required: boolean): string | undefined {
  const value = Object.hasOwn(args, name) ? args[name] : undefined;
  if (value === undefined) return required ? `"${name}" is missing` : undefined;
  return typeof value === "string" && value.trim() !== "" ? undefined : `"${name}" has to be a text that is not empty`;
}

function idsFault(args: JsonObject): string | undefined {
  const ids = Object.hasOwn(args, "ids") ? args["ids"] : undefined;
  const fits = Array.isArray(ids) && ids.length > 0 && ids.every((id) => typeof id === "string");
  return fits ? undefined : '"ids" has to be a list of ids, at least one';
}
