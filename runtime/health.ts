// The semantic probe (B77): whether the model still answers as told. Asked in the background, without tools, and never from outside (S68).

import type { AgentConfig } from "../crds/index.ts";
import { linkedAbort, orAborted } from "../plugins/sdk/index.ts";
import type { AgentParts } from "./agentParts.ts";
import { inputEstimate } from "./answer.ts";
import { PROBE_FAILURES, PROBE_MAX_TOKENS } from "./limits.ts";
import { messageOf } from "./verdict.ts";

/** What is asked when the agent says nothing of its own. A custom prompt must ask for the same word. */
export const PROBE_PROMPT = "Reply with exactly: HEALTHY";

/** What is known of the model's health. `failures` are those in a row. */
export interface ProbeState {
  readonly healthy: boolean;
  readonly failures: number;
  readonly message: string;
}

/** Before the first answer: healthy until shown otherwise. */
export const PROBE_START: ProbeState = { healthy: true, failures: 0, message: "not asked yet" };

/** How one probe ended. */
export type ProbeOutcome = { readonly is: "answered"; readonly text: string } | { readonly is: "failed"; readonly message: string };

/** Whether an answer passes: trimmed, one final `.` dropped, it is `HEALTHY` in any case. */
export function isHealthyAnswer(text: string): boolean {
  return text.trim().replace(/\.$/, "").toUpperCase() === "HEALTHY";
}

/** The state after one more probe: three failures in a row take the agent out of service, one success brings it back. */
export function afterProbe(state: ProbeState, outcome: ProbeOutcome): ProbeState {
  if (outcome.is === "answered" && isHealthyAnswer(outcome.text)) return { healthy: true, failures: 0, message: "the probe passed" };
  const failures = state.failures + 1;
  const what =
    outcome.is === "failed" ? outcome.message : `the model answered ${JSON.stringify(outcome.text.slice(0, 80))} instead of HEALTHY`;
  return { healthy: failures < PROBE_FAILURES && state.healthy, failures, message: what };
}

/** Probes every `intervalSeconds`, the first time after one; `onChange` hears of every change of `healthy`. */
export function startProbe(
  config: AgentConfig,
  parts: Pick<AgentParts, "providerFor" | "clock" | "backend" | "timings">,
  onChange: (state: ProbeState) => void,
): { state(): ProbeState; stop(): void } {
  const stopped = new AbortController();
  let state = PROBE_START;
  const loop = async (): Promise<void> => {
    for (let call = 1; ; call++) {
      await parts.clock.sleep(config.probe.intervalSeconds * 1_000, stopped.signal);
      const before = state.healthy;
      state = afterProbe(state, await probeOnce(config, parts, call, stopped.signal));
      if (state.healthy !== before) onChange(state);
    }
  };
  loop().catch(() => undefined); // the only way out is `stop`
  return { state: () => state, stop: () => stopped.abort(new Error("the probe was stopped")) };
}

async function probeOnce(
  config: AgentConfig,
  parts: Pick<AgentParts, "providerFor" | "clock" | "backend" | "timings">,
  call: number,
  stopped: AbortSignal,
): Promise<ProbeOutcome> {
  const ends = linkedAbort(stopped);
  const { signal } = ends;
  const cancel = parts.clock.after(parts.timings.toolTimeoutMs, () => ends.abort(new Error("the model did not answer in time")));
  try {
    const { provider } = await parts.providerFor(config.model, config.provider);
    const prompt = config.probe.validatorPrompt ?? PROBE_PROMPT;
    const request = { model: config.model, system: "", messages: [{ role: "user" as const, content: prompt }], tools: [] };
    // A probe counts against the agent's daily limit like any other call; over it, it is not made and says nothing.
    const { maxDailyTokens } = config.limits;
    const budgets = maxDailyTokens > 0 ? [{ id: `agent:${config.agent}`, limit: maxDailyTokens, windowMs: 86_400_000 }] : [];
    const { ledger } = parts.backend;
    const said = await ledger.reserve({
      namespace: config.namespace,
      runUID: "probe",
      role: config.agent,
      budgets,
      inputTokens: inputEstimate(request),
      maxOutputTokens: PROBE_MAX_TOKENS,
    });
    if (said.outcome !== "granted") return { is: "answered", text: "HEALTHY" };
    let used = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    try {
      const caller = { run: "probe", runUID: "probe", step: "probe", role: config.agent, call };
      const answer = await orAborted(provider.complete({ ...request, maxTokens: said.maxOutputTokens }, { signal, caller }), signal);
      const { inputTokens, outputTokens } = answer.usage;
      used = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
      return { is: "answered", text: answer.text };
    } finally {
      await ledger.settle(config.namespace, said.id, used);
    }
  } catch (error) {
    stopped.throwIfAborted();
    return { is: "failed", message: messageOf(error).slice(0, 300) };
  } finally {
    ends.release();
    cancel();
  }
}
