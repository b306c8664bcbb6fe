// An agent: a claim loop around `execute`, its slots, its report, its orderly end (B78). One per ArkAgent and process.
import type { AgentConfig } from "../crds/index.ts";
import { type AgentReport, type Claim, linkedAbort, type Settled } from "../plugins/sdk/index.ts";
import type { Agent, AgentParts } from "./agentParts.ts";
import { type AgentTools, agentTools } from "./agentTools.ts";
import { TaskEnded } from "./ending.ts";
import { type ProbeState, startProbe } from "./health.ts";
import { Leases } from "./lease.ts";
import { snapshotReader } from "./runSnapshots.ts";
import { Slots } from "./slots.ts";
import { ModelGate } from "./throttle.ts";
import { ChildWatch } from "./tools/children.ts";
import { messageOf } from "./verdict.ts";
import { execute, type WorkerParts } from "./worker.ts";

/** How long the claim loop rests after an error, or when it may not claim. */
const CLAIM_REST_MS = 1_000;

/**
 * Starts an agent: it claims and executes tasks until it is drained. Resolves as soon as it works; MCP servers are connected to in the
 * background.
 * @throws Error for a configuration that cannot work: a tool's URL template that is none
 */
export async function startAgent(config: AgentConfig, parts: AgentParts): Promise<Agent> {
  const tools = await agentTools(config, parts);
  const agent = new RunningAgent(config, parts, tools);
  agent.start();
  return agent;
}

class RunningAgent implements Agent {
  private readonly running = new Set<Promise<Settled>>();
  private readonly stopping = new AbortController();
  private readonly handBack = new AbortController();
  /** Aborted when the probe fails: a claim that waits takes nothing any more. */
  private unwell = new AbortController();
  private readonly gates = new Map<string, ModelGate>();
  private readonly worker: WorkerParts;
  private readonly config: AgentConfig;
  private readonly parts: AgentParts;
  private readonly tools: AgentTools;
  private claiming: Promise<void> = Promise.resolve();
  private drained: Promise<void> | undefined;
  private probe: { state(): ProbeState; stop(): void } | undefined;
  private cancelReport: (() => void) | undefined;

  constructor(config: AgentConfig, parts: AgentParts, tools: AgentTools) {
    this.config = config;
    this.parts = parts;
    this.tools = tools;
    const { backend, clock, consumer, timings, log } = parts;
    this.worker = {
      config,
      agent: parts,
      snapshots: snapshotReader(backend.blobs),
      tools,
      watch: new ChildWatch({ control: backend.control, consumer, namespace: config.namespace, clock, lookMs: timings.lookMs, log }),
      gateOf: (model) => this.gateOf(model),
      slots: new Slots(config.limits.maxConcurrentTasks * (parts.replicas ?? 1)),
      leases: new Leases({ queue: backend.tasks, clock, timings, log }),
      handBack: this.handBack.signal,
      parking: { count: 0 },
    };
  }

  start(): void {
    if (this.parts.probe === true && this.config.probe.type === "semantic") {
      this.probe = startProbe(this.config, this.parts, (state) => {
        this.parts.log.warn(state.healthy ? "the probe passes again" : "the probe failed; no new tasks are taken", {
          message: state.message,
        });
        if (!state.healthy) this.unwell.abort(new TaskEnded("draining"));
        void this.report();
      });
    }
    this.claiming = this.claimLoop();
    this.scheduleReport();
  }

  status(): AgentReport {
    const probe = this.probe?.state();
    return {
      pod: this.parts.consumer.split(":")[0] ?? this.parts.consumer,
      ready: !this.stopping.signal.aborted && probe?.healthy !== false,
      mcp: this.tools.mcpStatus(),
      ...(probe === undefined ? {} : { probe: { healthy: probe.healthy, message: probe.message } }),
      plugins: [],
      freeSlots: this.worker.slots.free(),
      atMs: this.parts.clock.now(),
    };
  }

  drain(graceMs: number): Promise<void> {
    this.drained ??= this.end(graceMs);
    return this.drained;
  }

  private async end(graceMs: number): Promise<void> {
    this.stopping.abort(new TaskEnded("draining"));
    this.cancelReport?.();
    this.probe?.stop();
    await this.claiming;
    if (graceMs > 0 && this.running.size > 0) await this.runningEnded(graceMs);
    this.handBack.abort(new TaskEnded("draining"));
    await Promise.all(this.running);
    await this.tools.close();
  }

  private async runningEnded(graceMs: number): Promise<void> {
    const early = new AbortController();
    await Promise.race([this.parts.clock.sleep(graceMs, early.signal).catch(() => undefined), Promise.all(this.running)]);
    early.abort(new TaskEnded("draining"));
  }

  private async claimLoop(): Promise<void> {
    const { backend, clock, consumer, timings, log } = this.parts;
    const { slots } = this.worker;
    const stopping = this.stopping.signal;
    const queues = this.config.queues.map((queue) => queue.name);
    while (!stopping.aborted) {
      try {
        await slots.freed(stopping);
        const restMs = this.restMs();
        if (restMs > 0) {
          await clock.sleep(restMs, stopping);
          continue;
        }
        const request = { queues, consumer, max: slots.free(), leaseMs: timings.leaseMs, waitMs: timings.claimWaitMs };
        if (request.max === 0) continue;
        if (this.unwell.signal.aborted) this.unwell = new AbortController();
        const waiting = linkedAbort(stopping, this.unwell.signal);
        const claims = await backend.tasks.claim(request, waiting.signal).finally(waiting.release);
        for (const claim of claims) await this.take(claim);
      } catch (error) {
        if (stopping.aborted) break;
        if (this.unwell.signal.aborted) continue;
        log.warn("no tasks can be claimed; trying again", { error: messageOf(error) });
        await clock.sleep(CLAIM_REST_MS, stopping).catch(() => undefined);
      }
    }
  }

  /** Why nothing should be claimed just now, as a time to wait; 0 = go on. */
  private restMs(): number {
    const { slots, parking } = this.worker;
    const closedMs = this.gates.get(this.config.model)?.closedForMs() ?? 0;
    if (closedMs > 0) return Math.min(closedMs, CLAIM_REST_MS);
    if (this.probe?.state().healthy === false) return CLAIM_REST_MS;
    // Tasks that wait for a model or a daily limit hold no slot; taking ever more of them would only fill the memory.
    return parking.count >= slots.size ? CLAIM_REST_MS : 0;
  }

  private async take(claim: Claim): Promise<void> {
    if (!this.worker.slots.tryTake()) {
      // A waiting task took the slot while this one was claimed.
      await this.parts.backend.tasks.release(claim, "surplus", 0);
      return;
    }
    const work = execute(claim, this.worker);
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  private gateOf(model: string): ModelGate {
    const known = this.gates.get(model);
    if (known !== undefined) return known;
    const gate = new ModelGate(this.parts.clock, this.parts.timings, this.parts.random);
    this.gates.set(model, gate);
    return gate;
  }

  private scheduleReport(): void {
    void this.report();
    this.cancelReport = this.parts.clock.after(this.parts.timings.reportMs, () => {
      if (!this.stopping.signal.aborted) this.scheduleReport();
    });
  }

  private async report(): Promise<void> {
    try {
      await this.parts.backend.agents.report(this.config.namespace, this.config.agent, this.status());
    } catch (error) {
      this.parts.log.warn("the agent's state could not be reported", { error: messageOf(error) });
    }
  }
}
