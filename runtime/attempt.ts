// One delivery of a task, from prompt to verdict. It reads like the list of what happens: who speaks, with which tools, remembering
// what; then the conversation, effect by effect; then the result. Nothing here is the queue's business.
import type { AgentConfig, JsonObject } from "../crds/index.ts";
import type { Claim, Log, Spent } from "../plugins/sdk/index.ts";
import { NO_USAGE } from "../plugins/sdk/index.ts";
import type { AgentParts } from "./agentParts.ts";
import type { AgentTools } from "./agentTools.ts";
import { budgetsOf } from "./budget.ts";
import { TaskEnded } from "./ending.ts";
import { detailOf, type TaskJournal } from "./journal.ts";
import type { Lease } from "./lease.ts";
import { MAX_TOOL_ROUNDS } from "./limits.ts";
import { begin, type CallResult, type LoopEffect, next, type PlannedCall } from "./loop.ts";
import { type MemoryParts, recall, remember } from "./memories.ts";
import { ModelCalls } from "./modelCalls.ts";
import type { Presence } from "./presence.ts";
import { type Outcome, resultOf } from "./result.ts";
import type { SnapshotReader } from "./runSnapshots.ts";
import { systemPromptOf, userPromptOf } from "./systemPrompt.ts";
import type { ModelGate } from "./throttle.ts";
import type { ChildWatch } from "./tools/children.ts";
import { Delegation } from "./tools/delegate.ts";
import { ToolSet } from "./tools/toolSet.ts";
import { messageOf, TaskError, type Verdict, verdictOf } from "./verdict.ts";
import { type Voice, voiceOf } from "./voice.ts";

/** What all attempts of an agent share. */
export interface AttemptParts {
  readonly config: AgentConfig;
  readonly agent: AgentParts;
  readonly snapshots: SnapshotReader;
  readonly tools: AgentTools;
  readonly watch: ChildWatch;
  readonly gateOf: (model: string) => ModelGate;
}

/** What one attempt is given. */
export interface AttemptContext {
  readonly claim: Claim;
  readonly lease: Lease;
  readonly presence: Presence;
  readonly signal: AbortSignal;
  readonly journal: TaskJournal;
  readonly log: Log;
  /** Waits without a slot, the task's clock standing still, counted among those that the worker bounds. */
  readonly parked: <T>(wait: () => Promise<T>) => Promise<T>;
}

/** A verdict, and what was spent until it; `end` follows once the queue has heard the verdict. */
export interface Attempted {
  readonly verdict: Verdict;
  readonly spent: Spent;
  /** `isOver`: this task will never be executed again, so nobody wants its open children. */
  end(isOver: boolean): Promise<void>;
}

/** Executes a task. Never rejects. */
export async function attempt(context: AttemptContext, parts: AttemptParts): Promise<Attempted> {
  const conversation = new Conversation(context, parts);
  const verdict = await conversation.run();
  return { verdict, spent: conversation.spent(), end: (isOver) => conversation.end(isOver) };
}

class Conversation {
  private calls: ModelCalls | undefined;
  private delegation: Delegation | undefined;
  private readonly context: AttemptContext;
  private readonly parts: AttemptParts;

  constructor(context: AttemptContext, parts: AttemptParts) {
    this.context = context;
    this.parts = parts;
  }

  spent(): Spent {
    return this.calls?.spent() ?? { usage: NO_USAGE };
  }

  async end(isOver: boolean): Promise<void> {
    await this.calls?.settled();
    await this.delegation?.end(isOver);
  }

  async run(): Promise<Verdict> {
    const { task } = this.context.claim;
    try {
      const outcome = await this.converse();
      const result = await resultOf(task, outcome, this.spent(), this.parts.agent.backend.blobs);
      return { is: "done", result };
    } catch (error) {
      // Whatever an aborted part throws, why it was aborted is the truth.
      const { signal, journal } = this.context;
      const cause = signal.aborted && signal.reason instanceof TaskEnded ? signal.reason : error;
      const verdict = verdictOf(cause, this.spent(), task.limits.timeoutMs, this.parts.agent.redact);
      if (verdict.is === "failed") journal.write("error", { error: { code: verdict.failure.reason, message: verdict.failure.message } });
      return verdict;
    }
  }

  private async converse(): Promise<Outcome> {
    const { claim, signal, log } = this.context;
    const { task } = claim;
    const { config, agent } = this.parts;
    const snapshot = await this.parts.snapshots(task);
    const voice = voiceOf(task, snapshot, config);
    const tools = await this.toolsFor(voice, snapshot);
    const memory: MemoryParts | undefined =
      agent.memory === undefined || voice.bare
        ? undefined
        : { store: agent.memory, agent: config.agent, clock: agent.clock, log, timeoutMs: agent.timings.memoryTimeoutMs };
    const offered = tools.offered();
    const system = systemPromptOf({
      before: voice.before,
      prompt: voice.prompt ?? (await this.promptFile()),
      after: voice.after,
      guidance: voice.bare ? [] : guidanceOf(config),
      outputFormat: voice.outputFormat,
      hasTools: offered.length > 0,
      memory: memory === undefined ? "" : await recall(task, memory, signal),
    });
    const budgets = budgetsOf(task, {
      agent: config.agent,
      agentMaxTokens: config.limits.maxDailyTokens,
      team: task.team,
      teamMaxTokens: snapshot?.team?.maxDailyTokens ?? 0,
    });
    const provider = await agent.providerFor(voice.model, voice.provider);
    const gate = this.parts.gateOf(voice.model);
    const { lease, journal, parked } = this.context;
    const calls = new ModelCalls({ claim, lease, signal, journal, gate, budgets, provider, agent, parked });
    this.calls = calls;

    const responseSchema = schemaOf(task.outputSchema);
    const request = {
      model: voice.model,
      system,
      tools: offered,
      ...(voice.temperature === undefined ? {} : { temperature: voice.temperature }),
      ...(responseSchema === undefined ? {} : { responseSchema }),
    };
    let { state, effect } = begin(userPromptOf(task.prompt, task.feedback), {
      maxRounds: Math.min(task.limits.maxToolRounds, MAX_TOOL_ROUNDS),
      underSchema: task.outputSchema !== undefined,
    });
    for (;;) {
      signal.throwIfAborted();
      switch (effect.do) {
        case "ask": {
          const answer = await calls.ask({ ...request, messages: state.messages }, task.limits.maxTokensPerCall);
          ({ state, effect } = next(state, { is: "answered", answer }));
          break;
        }
        case "call":
          ({ state, effect } = next(state, { is: "called", results: await this.callAll(effect, tools) }));
          break;
        case "finish":
          if (memory !== undefined) await remember(task, effect.text, memory, signal);
          return { text: effect.text, stopReason: effect.stopReason, toolRounds: state.rounds };
        case "fail":
          throw new TaskError(effect.reason, effect.message, { permanent: effect.permanent });
      }
    }
  }

  private async toolsFor(voice: Voice, snapshot: Awaited<ReturnType<SnapshotReader>>): Promise<ToolSet> {
    if (voice.bare) return new ToolSet([]);
    const { claim, journal, log, signal } = this.context;
    const { agent, watch, tools } = this.parts;
    this.delegation = new Delegation({
      task: claim.task,
      snapshot,
      backend: agent.backend,
      watch,
      consumer: agent.consumer,
      journal,
      clock: agent.clock,
      random: agent.random,
      timings: agent.timings,
      log,
    });
    const set = new ToolSet([...this.delegation.tools(), ...(await tools.current(signal))]);
    for (const { name, reason } of set.dropped) log.warn("a tool is not offered", { tool: name, reason });
    return set;
  }

  private async callAll(effect: Extract<LoopEffect, { do: "call" }>, tools: ToolSet): Promise<CallResult[]> {
    await this.context.lease.confirm(this.context.signal);
    return this.context.presence.fork(effect.calls.map((planned) => () => this.callOne(planned, tools)));
  }

  private async callOne({ call, n, refused }: PlannedCall, tools: ToolSet): Promise<CallResult> {
    const { claim, signal, presence, journal } = this.context;
    const { clock } = this.parts.agent;
    const span = journal.newSpan();
    const startMs = clock.monotonic();
    journal.write("tool.started", { span, tool: call.name, callId: call.id, args: detailOf(call.args) });
    try {
      const answer =
        refused === undefined
          ? await tools.call(call.name, call.args, { task: claim.task, signal, span, n, idle: (wait) => presence.idle(wait) })
          : { content: refused, isError: true };
      const durationMs = clock.monotonic() - startMs;
      const error = answer.isError
        ? { error: { code: "ToolError", message: detailOf(answer.content) } }
        : { output: detailOf(answer.content) };
      journal.write("tool.finished", { span, tool: call.name, callId: call.id, durationMs, ...error });
      return { call, content: answer.content, isError: answer.isError };
    } catch (error) {
      journal.write("tool.finished", {
        span,
        tool: call.name,
        callId: call.id,
        durationMs: clock.monotonic() - startMs,
        error: { code: "TaskEnded", message: messageOf(error) },
      });
      throw error;
    }
  }

  private async promptFile(): Promise<string> {
    const { file } = this.parts.config.prompt;
    if (file === undefined) return "";
    try {
      return await this.parts.agent.readFile(file);
    } catch (error) {
      const message = `the system prompt cannot be read from ${file}: ${messageOf(error)}`;
      throw new TaskError("PromptUnavailable", message, { permanent: false, cause: error });
    }
  }
}

function guidanceOf(config: AgentConfig): { server: string; text: string }[] {
  return config.mcpServers.flatMap(({ name, guidance }) => (guidance === undefined ? [] : [{ server: name, text: guidance }]));
}

/** The schema as the provider gets it. Admission has checked it; one that does not parse is the engine's to refuse. */
function schemaOf(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const schema: unknown = JSON.parse(text);
    return typeof schema === "object" && schema !== null && !Array.isArray(schema) ? (schema as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
