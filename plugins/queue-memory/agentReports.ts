import type { AgentReport, AgentReports, QueueLimits } from "../sdk/index.ts";

/** {@link AgentReports} in this process. A pod that went silent is dropped at the next look at its agent. */
export class MemoryAgentReports implements AgentReports {
  readonly #limits: QueueLimits;
  readonly #nowMs: () => number;
  readonly #agents = new Map<string, Map<string, { readonly report: AgentReport; readonly atMs: number }>>();

  constructor(limits: QueueLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  async report(namespace: string, agent: string, report: AgentReport): Promise<void> {
    const pods = this.#fresh(namespace, agent);
    pods.set(report.pod, { report, atMs: this.#nowMs() });
    this.#agents.set(idOf(namespace, agent), pods);
  }

  async list(namespace: string, agent: string): Promise<readonly AgentReport[]> {
    return [...this.#fresh(namespace, agent).values()].map(({ report }) => report).sort((a, b) => (a.pod < b.pod ? -1 : 1));
  }

  #fresh(namespace: string, agent: string): Map<string, { readonly report: AgentReport; readonly atMs: number }> {
    const pods = this.#agents.get(idOf(namespace, agent)) ?? new Map();
    for (const [pod, { atMs }] of pods) if (atMs + this.#limits.reportMs < this.#nowMs()) pods.delete(pod);
    if (pods.size === 0) this.#agents.delete(idOf(namespace, agent));
    return pods;
  }
}

function idOf(namespace: string, agent: string): string {
  return `${namespace}\n${agent}`;
}
