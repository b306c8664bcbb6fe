// One turn of the model, with all that may come between: the breaker, the budget, throttling, a provider that throws. It either
// answers, or throws what `verdict.ts` understands. Every reservation is settled, whatever happens.
import {
  addUsage,
  type Claim,
  isProviderError,
  type LlmProvider,
  type LlmRequest,
  NO_USAGE,
  orAborted,
  type ProviderError,
  type Spent,
  type TokenBudget,
  type Usage,
  type WaitingReason,
} from "../plugins/sdk/index.ts";
import type { AgentParts } from "./agentParts.ts";
import { type Answer, answerOf, inputEstimate, textEstimate } from "./answer.ts";
import { type Permit, reserve } from "./budget.ts";
import type { TaskJournal } from "./journal.ts";
import type { Lease } from "./lease.ts";
import { MAX_TRIES_IN_PLACE } from "./limits.ts";
import { addCost, costOf } from "./prices.ts";
import { wellFormed } from "./text.ts";
import { type ModelGate, throttleDelayMs } from "./throttle.ts";
import { GiveBack, messageOf, TaskError } from "./verdict.ts";

/** What the calls of one task are made with. */
export interface ModelCallParts {
  readonly claim: Claim;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  readonly journal: TaskJournal;
  readonly gate: ModelGate;
  readonly budgets: readonly TokenBudget[];
  readonly provider: { readonly name: string; readonly provider: LlmProvider };
  readonly agent: Pick<AgentParts, "backend" | "clock" | "random" | "timings" | "prices" | "redact">;
  /** Waits without a slot and with the task's clock standing still; `parked` waits are bounded by the worker. */
  readonly parked: <T>(wait: () => Promise<T>) => Promise<T>;
}

/** All model calls of one delivery of a task. */
export class ModelCalls {
  private spentUsage: Usage = NO_USAGE;
  private spentUSD: string | undefined;
  private answered = false;
  private settling = Promise.resolve();
  /** A waiting state was told and not yet taken back. An earlier delivery's stands until this one has an answer. */
  private toldWaiting: boolean;
  private readonly parts: ModelCallParts;

  constructor(parts: ModelCallParts) {
    this.parts = parts;
    this.toldWaiting = parts.claim.counters.throttled > 0;
  }

  /** Tokens and money so far. */
  spent(): Spent {
    return { usage: this.spentUsage, costUSD: this.spentUSD };
  }

  /**
   * Asks the model.
   * @throws GiveBack when it is throttled before the first answer; TaskError for what cannot be mended here; the signal's reason
   */
  async ask(request: Omit<LlmRequest, "maxTokens">, maxTokens: number): Promise<Answer> {
    let throttled = 0;
    let thrown = 0;
    let isRetry = !this.answered && this.parts.claim.counters.throttled > 0;
    for (;;) {
      await this.passGate(isRetry);
      try {
        const answer = await this.once(request, maxTokens, isRetry);
        await this.goesOn();
        return answer;
      } catch (error) {
        this.parts.signal.throwIfAborted();
        if (!isProviderError(error)) {
          if (error instanceof TaskError) throw error;
          if (++thrown >= MAX_TRIES_IN_PLACE) throw this.providerFailed(error);
          this.note("retry", error, { reason: "ProviderFailed", delayMs: 0 });
          continue;
        }
        if (error.kind === "permanent") throw new TaskError("Permanent", error.message, { permanent: true, cause: error });
        await this.throttledBy(error, ++throttled);
        isRetry = true;
      }
    }
  }

  /** One call, from reservation to settlement. */
  private async once(request: Omit<LlmRequest, "maxTokens">, maxTokens: number, isRetry: boolean): Promise<Answer> {
    const { gate, lease, signal, provider, claim, journal, agent } = this.parts;
    const estimate = inputEstimate(request);
    let permit: Permit | undefined;
    let used: Usage = NO_USAGE;
    const model: { health: "good" | "bad" | "unknown" } = { health: "unknown" };
    await this.settling;
    try {
      permit = await this.reserve(estimate, maxTokens);
      await lease.confirm(signal);
      const span = journal.newSpan();
      const text = journal.textOf(span);
      const startMs = agent.clock.monotonic();
      journal.write("model.started", { span, model: request.model, provider: provider.name, call: permit.call });
      let heard = "";
      let open = true;
      const onText = (piece: string): void => {
        if (!open || typeof piece !== "string") return;
        heard += piece;
        text.add(wellFormed(piece));
      };
      try {
        const { run, runUID, step, role } = claim.task;
        const caller = { run, runUID, step, role, call: permit.call };
        const ask = { ...request, maxTokens: permit.maxOutputTokens };
        const response = await orAborted(provider.provider.complete(ask, { signal, onText, caller }), signal);
        const answer = answerOf(response, estimate);
        used = answer.usage;
        model.health = "good";
        this.answered = true;
        open = false;
        if (heard === "" && answer.text !== "") text.add(answer.text);
        text.end();
        const costUSD = this.charge(used, request.model);
        journal.write("model.finished", {
          span,
          durationMs: agent.clock.monotonic() - startMs,
          tokenUsage: used,
          costUSD,
          stopReason: answer.stopReason,
          toolCalls: answer.toolCalls.length,
        });
        return answer;
      } catch (error) {
        open = false;
        text.end();
        if (model.health === "unknown") {
          // An aborted call, or one that had begun to answer, was worked on: it is charged by our own measure.
          if (signal.aborted || heard !== "") used = estimated(estimate, textEstimate(heard));
          model.health = isProviderError(error) && error.kind === "transient" ? "bad" : "unknown";
          this.charge(used, request.model);
          journal.write("model.finished", { span, durationMs: agent.clock.monotonic() - startMs, tokenUsage: used, error: errorOf(error) });
        }
        throw error;
      }
    } finally {
      if (model.health === "good") gate.succeeded(isRetry);
      else if (model.health === "bad") gate.unavailable();
      else gate.left();
      this.settling = this.settle(permit, used); // the answer need not wait for it: the next call does, and the task's end
    }
  }

  /** When the ledger knows of every call. Never rejects. */
  settled(): Promise<void> {
    return this.settling;
  }

  private reserve(inputTokens: number, maxOutputTokens: number): Promise<Permit> {
    const { claim, budgets, agent, signal, parked, journal } = this.parts;
    return reserve(
      claim.task,
      budgets,
      { inputTokens, maxOutputTokens },
      {
        ledger: agent.backend.ledger,
        signal,
        lookMs: agent.timings.lookMs,
        whileBusy: (_, wait) => parked(wait),
        whileLimited: async (budget, wait) => {
          if (!this.toldWaiting) journal.write("budget", { message: `${budget} has reached its limit of the last 24 h`, budget });
          await this.stands("DailyLimitReached", `${budget} has reached its limit of the last 24 h`);
          await parked(wait);
        },
      },
    );
  }

  /** A ledger that cannot be told loses a few tokens of accuracy, never a task. */
  private async settle(permit: Permit | undefined, used: Usage): Promise<void> {
    try {
      await permit?.settle(used);
    } catch (error) {
      this.note("error", error, { reason: "LedgerUnavailable" });
    }
  }

  private async passGate(isRetry: boolean): Promise<void> {
    const { gate, signal, parked } = this.parts;
    if (gate.isOpenFor(isRetry)) return gate.enter(isRetry, signal);
    await this.stands("ModelUnavailable", "the model did not answer several times in a row; one call tries it before the others");
    return parked(() => gate.enter(isRetry, signal));
  }

  private async throttledBy(error: ProviderError, n: number): Promise<void> {
    const { claim, agent, signal, parked } = this.parts;
    const tries = this.answered ? n : claim.counters.throttled + n;
    const delayMs = throttleDelayMs(error.retryAfterMs, tries, agent.timings, agent.random);
    const reason = error.kind === "throttled" ? "Throttled" : "ModelUnavailable";
    this.note("retry", error, { reason, delayMs });
    await this.stands(reason, error.message);
    if (!this.answered) throw new GiveBack("throttled", delayMs, error.message);
    await parked(() => agent.clock.sleep(delayMs, signal));
  }

  private async stands(reason: WaitingReason, message: string): Promise<void> {
    const { agent, lease } = this.parts;
    this.toldWaiting = true;
    await lease.tell({ reason, sinceMs: agent.clock.now(), message: (agent.redact?.(message) ?? message).slice(0, 300) });
  }

  private async goesOn(): Promise<void> {
    if (!this.toldWaiting) return;
    this.toldWaiting = false;
    await this.parts.lease.tell({ sinceMs: this.parts.agent.clock.now() });
  }

  private charge(used: Usage, model: string): string | undefined {
    const cost = costOf(used, model, this.parts.agent.prices);
    this.spentUsage = addUsage(this.spentUsage, used);
    this.spentUSD = addCost(this.spentUSD, cost);
    return cost;
  }

  private providerFailed(error: unknown): TaskError {
    const message = `provider ${this.parts.provider.name} failed: ${messageOf(error)}`;
    return new TaskError("ProviderFailed", message, { permanent: false, cause: error });
  }

  private note(type: "retry" | "error", error: unknown, fields: { reason: string; delayMs?: number }): void {
    this.parts.journal.write(type, { ...fields, message: messageOf(error).slice(0, 500) });
  }
}

function estimated(inputTokens: number, outputTokens: number): Usage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
}

function errorOf(error: unknown): { code: string; message: string } {
  const code = isProviderError(error) ? error.kind : error instanceof Error ? error.name : "unknown";
  return { code, message: messageOf(error).slice(0, 500) };
}
