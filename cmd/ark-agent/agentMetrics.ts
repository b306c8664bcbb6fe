// The figures of `ark-agent`, in Prometheus' format. Labels are outcomes and models: no text, no ids.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LlmProvider, TaskQueue } from "../../plugins/sdk/index.ts";

/** What is asked for at each scrape. */
export interface AgentFigures {
  freeSlots(): number;
  isConnected(): boolean;
}

/** The registry, and what counts into it. */
export interface AgentMetrics {
  /** The queue, with every claim and verdict counted. */
  observedQueue(tasks: TaskQueue, nowMs: () => number): TaskQueue;
  /** The provider, with every call counted. */
  observedProvider(name: string, provider: LlmProvider): LlmProvider;
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const WAIT_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300];
const CALL_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Metrics of one agent. */
export function agentMetrics(figures: AgentFigures): AgentMetrics {
  const registry = new Registry();
  // Those of the process begin with the first scrape: observing it takes part of a start that nobody looks at yet.
  let collectsDefaults = false;
  const registers = [registry];
  const claims = new Counter({ name: "ark_agent_claims_total", help: "Tasks taken from the queues", registers });
  const verdicts = new Counter({
    name: "ark_agent_tasks_total",
    help: "Tasks by how their delivery ended: recorded, retry, dead, queued (handed back), cancelled, fenced",
    labelNames: ["outcome"],
    registers,
  });
  const wait = new Histogram({ name: "ark_agent_queue_wait_seconds", help: "From dispatch to claim", buckets: WAIT_SECONDS, registers });
  const calls = new Counter({
    name: "ark_agent_model_calls_total",
    help: "Calls of a model",
    labelNames: ["provider", "model", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "ark_agent_model_call_duration_seconds",
    help: "How long a model takes",
    labelNames: ["provider", "model"],
    buckets: CALL_SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: "ark_agent_tokens_total",
    help: "Tokens spent",
    labelNames: ["provider", "model", "direction"],
    registers,
  });
  new Gauge({
    name: "ark_agent_free_slots",
    help: "Tasks that could be taken now",
    registers,
    collect() {
      this.set(figures.freeSlots());
    },
  });
  new Gauge({
    name: "ark_agent_queue_connected",
    help: "1 while the queue can be reached",
    registers,
    collect() {
      this.set(figures.isConnected() ? 1 : 0);
    },
  });
  const counted = async <S extends string>(outcome: Promise<S>): Promise<S> => {
    const settled = await outcome;
    verdicts.inc({ outcome: settled });
    return settled;
  };
  return {
    observedQueue: (tasks, nowMs) => ({
      enqueue: (task, delayMs) => tasks.enqueue(task, delayMs),
      async claim(request, signal) {
        const found = await tasks.claim(request, signal);
        claims.inc(found.length);
        for (const { task } of found) wait.observe(Math.max(0, nowMs() - task.dispatchedAtMs) / 1_000);
        return found;
      },
      extend: (claim, leaseMs, waiting) => tasks.extend(claim, leaseMs, waiting),
      complete: (claim, result) => counted(tasks.complete(claim, result)),
      fail: (claim, failure, delayMs) => counted(tasks.fail(claim, failure, delayMs)),
      release: (claim, cause, delayMs, spent) => counted(tasks.release(claim, cause, delayMs, spent)),
      depth: (queue) => tasks.depth(queue),
      close: () => tasks.close(),
    }),
    observedProvider(provider, inner) {
      const observed: LlmProvider = {
        async complete(request, options) {
          const { model } = request;
          const stop = seconds.startTimer({ provider, model });
          try {
            const answer = await inner.complete(request, options);
            calls.inc({ provider, model, outcome: answer.stopReason });
            tokens.inc({ provider, model, direction: "input" }, Math.max(0, answer.usage.inputTokens) || 0);
            tokens.inc({ provider, model, direction: "output" }, Math.max(0, answer.usage.outputTokens) || 0);
            return answer;
          } catch (error) {
            calls.inc({ provider, model, outcome: outcomeOf(error) });
            throw error;
          } finally {
            stop();
          }
        },
      };
      if (inner.embed) observed.embed = (texts, options) => inner.embed?.(texts, options) ?? Promise.resolve([]);
      return observed;
    },
    async render() {
      if (!collectsDefaults) collectDefaultMetrics({ register: registry });
      collectsDefaults = true;
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** The kind of a provider's error; `error` for all others. */
function outcomeOf(error: unknown): string {
  const kind = typeof error === "object" && error !== null && "kind" in error ? error.kind : undefined;
  return kind === "permanent" || kind === "throttled" || kind === "transient" ? kind : "error";
}
