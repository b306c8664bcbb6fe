// Who may still spend how many tokens (B45a, B47, B85). One call is reserved in all its budgets at once, or in none.
import { type Clock, type Reservation, type ReserveRequest, type TokenBudget, type TokenLedger, type Usage } from "../sdk/index.ts";
import { Account } from "./account.ts";
import { type Blocked, blocked } from "./blocked.ts";
import { runIdOf } from "./runs.ts";

interface OpenCall {
  readonly accounts: readonly Account[];
  readonly tokens: number;
}

/** {@link TokenLedger} in this process. Each operation costs O(budgets of the call). */
export class MemoryLedger implements TokenLedger {
  readonly #clock: Clock;
  readonly #accounts = new Map<string, Account>();
  readonly #open = new Map<string, OpenCall>();
  readonly #calls = new Map<string, Map<string, number>>();
  readonly #waiting = new Map<string, Set<Blocked<void>>>();
  #reservations = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async reserve(request: ReserveRequest): Promise<Reservation> {
    const { namespace, runUID, role, budgets, inputTokens, maxOutputTokens } = request;
    const nowMs = this.#clock.monotonic();
    let granted = maxOutputTokens;
    let blockedBy: TokenBudget | undefined;
    const accounts: Account[] = [];
    for (const budget of budgets) {
      const account = this.#account(namespace, budget);
      accounts.push(account);
      const uncharged = budget.limit - account.charged(nowMs);
      // Also when every open call were free: an answer of one token has no room.
      if (uncharged - inputTokens < 1) return this.#exceeded(budget, account, inputTokens, nowMs);
      const left = uncharged - account.reserved;
      if (inputTokens + maxOutputTokens <= left) continue;
      if (account.openCalls > 0) blockedBy ??= budget;
      else granted = Math.min(granted, left - inputTokens);
    }
    if (blockedBy !== undefined) return { outcome: "wait", budget: blockedBy.id };

    const tokens = inputTokens + granted;
    for (const account of accounts) {
      account.reserved += tokens;
      account.openCalls++;
    }
    const id = `${namespace}/${++this.#reservations}`;
    this.#open.set(id, { accounts, tokens });
    return { outcome: "granted", id, maxOutputTokens: granted, call: this.#nextCall(runIdOf(namespace, runUID), role) };
  }

  async settle(namespace: string, id: string, used: Usage): Promise<void> {
    const call = id.startsWith(`${namespace}/`) ? this.#open.get(id) : undefined;
    if (call === undefined) return;
    this.#open.delete(id);
    const nowMs = this.#clock.monotonic();
    for (const account of call.accounts) {
      account.reserved -= call.tokens;
      account.openCalls--;
      account.charge(used.totalTokens, nowMs);
    }
    for (const waiter of this.#waiting.get(namespace) ?? []) waiter.end();
  }

  async changed(namespace: string, waitMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const timeout = new AbortController();
    const waiters = this.#waiting.get(namespace) ?? new Set();
    this.#waiting.set(namespace, waiters);
    const call = blocked<void>(signal, () => {
      timeout.abort();
      waiters.delete(call);
      if (waiters.size === 0 && this.#waiting.get(namespace) === waiters) this.#waiting.delete(namespace);
    });
    waiters.add(call);
    this.#clock.sleep(waitMs, timeout.signal).then(
      () => call.end(),
      () => {},
    );
    return call.promise;
  }

  async charged(namespace: string, budget: TokenBudget): Promise<number> {
    return this.#accounts.get(accountIdOf(namespace, budget))?.charged(this.#clock.monotonic()) ?? 0;
  }

  /** A run is over: its account and the counts of its calls go. */
  dropRun(namespace: string, runUID: string): void {
    this.#calls.delete(runIdOf(namespace, runUID));
    this.#accounts.delete(accountIdOf(namespace, { id: `run:${runUID}`, windowMs: 0 }));
  }

  close(error: Error): void {
    for (const waiters of this.#waiting.values()) for (const waiter of waiters) waiter.fail(error);
  }

  get size(): number {
    return this.#accounts.size + this.#open.size + this.#calls.size;
  }

  #exceeded(budget: TokenBudget, account: Account, inputTokens: number, nowMs: number): Reservation {
    const left = Math.max(0, budget.limit - account.charged(nowMs) - account.reserved);
    const resumesInMs = account.roomInMs(budget.limit - inputTokens - 1, nowMs);
    return { outcome: "exceeded", budget: budget.id, left, ...(resumesInMs === undefined ? {} : { resumesInMs }) };
  }

  #nextCall(runId: string, role: string): number {
    const ofRun = this.#calls.get(runId) ?? new Map<string, number>();
    this.#calls.set(runId, ofRun);
    const call = (ofRun.get(role) ?? 0) + 1;
    ofRun.set(role, call);
    return call;
  }

  #account(namespace: string, budget: TokenBudget): Account {
    const id = accountIdOf(namespace, budget);
    let account = this.#accounts.get(id);
    if (account === undefined) this.#accounts.set(id, (account = new Account(budget.windowMs)));
    return account;
  }
}

function accountIdOf(namespace: string, budget: Pick<TokenBudget, "id" | "windowMs">): string {
  return `${namespace}\n${budget.windowMs}\n${budget.id}`;
}
