// The agent process as `cmd/` and `local/` use it.
export { startAgent } from "./agent.ts";
export { type Agent, type AgentParts } from "./agentParts.ts";
export { afterProbe, isHealthyAnswer, PROBE_PROMPT, PROBE_START, type ProbeOutcome, type ProbeState } from "./health.ts";
export { spanOfTask } from "./journal.ts";
export { addCost, BUILT_IN_PRICES, costOf, type Price, type PriceTable, priceOf } from "./prices.ts";
export { type BackOffRange, backOffMs, DEFAULT_TIMINGS, type Timings } from "./timings.ts";
