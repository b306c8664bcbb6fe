// What agent pods say of themselves.
import type { AgentReport, AgentReports, QueueLimits } from "../sdk/index.ts";
import { SCRIPTS } from "./generated/scripts.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./redisLink.ts";

/** {@link AgentReports} on Redis. */
export class RedisAgentReports implements AgentReports {
  readonly #link: RedisLink;
  readonly #keys: Keys;
  readonly #limits: QueueLimits;

  constructor(link: RedisLink, keys: Keys, limits: QueueLimits) {
    this.#link = link;
    this.#keys = keys;
    this.#limits = limits;
  }

  async report(namespace: string, agent: string, report: AgentReport): Promise<void> {
    await this.#link.script(
      SCRIPTS.agentReport,
      [this.#keys.agents(namespace, agent)],
      [report.pod, JSON.stringify(report), this.#limits.reportMs],
    );
  }

  async list(namespace: string, agent: string): Promise<readonly AgentReport[]> {
    const found = (await this.#link.script(
      SCRIPTS.agentReports,
      [this.#keys.agents(namespace, agent)],
      [this.#limits.reportMs],
    )) as string[];
    return found.map((text) => JSON.parse(text) as AgentReport).sort((a, b) => (a.pod < b.pod ? -1 : 1));
  }
}
