// Who may still spend how many tokens (B45a, B47, B85), for many pods at once: each question and each answer is one script over all budgets.
import { randomBytes } from "node:crypto";
import type { Clock, Reservation, ReserveRequest, TokenBudget, TokenLedger, Usage } from "../sdk/index.ts";
import { SCRIPTS } from "./generated/scripts.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./redisLink.ts";

/** A caller that has said nothing for so long is dead: what it had reserved is free again. Longer than any model call that is worth waiting for. */
const OPEN_MS = 600_000;
/** A call that is settled later than this is not charged; nobody is that late. */
const REMEMBERED_MS = 86_400_000;

/** {@link TokenLedger} on Redis. */
export class RedisLedger implements TokenLedger {
  readonly #link: RedisLink;
  readonly #keys: Keys;
  readonly #clock: Clock;

  constructor(link: RedisLink, keys: Keys, clock: Clock) {
    this.#link = link;
    this.#keys = keys;
    this.#clock = clock;
  }

  async reserve({ namespace, runUID, role, budgets, inputTokens, maxOutputTokens }: ReserveRequest): Promise<Reservation> {
    const id = randomBytes(12).toString("hex");
    const keys = [
      this.#keys.tokens(namespace, `call:${id}`),
      this.#keys.tokens(namespace, `calls:${runUID}`),
      this.#keys.run(namespace, runUID),
      ...budgets.map((budget) => this.#account(namespace, budget)),
    ];
    const args = [
      id,
      inputTokens,
      maxOutputTokens,
      role,
      OPEN_MS,
      REMEMBERED_MS,
      ...budgets.flatMap(({ limit, windowMs }) => [limit, windowMs]),
    ];
    const [outcome, first, second, third] = (await this.#link.script(SCRIPTS.ledgerReserve, keys, args)) as (string | number)[];
    if (outcome === "granted") return { outcome, id: `${namespace}/${id}`, maxOutputTokens: Number(first), call: Number(second) };
    const budget = budgets[Number(first)]?.id ?? "";
    if (outcome === "wait") return { outcome, budget };
    const resumesInMs = Number(third);
    return { outcome: "exceeded", budget, left: Number(second), ...(resumesInMs >= 0 ? { resumesInMs } : {}) };
  }

  async settle(namespace: string, id: string, used: Usage): Promise<void> {
    if (!id.startsWith(`${namespace}/`)) return;
    const call = this.#keys.tokens(namespace, `call:${id.slice(namespace.length + 1)}`);
    await this.#link.script(SCRIPTS.ledgerSettle, [call, this.#signal(namespace)], [used.totalTokens]);
  }

  async changed(namespace: string, waitMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const endsMs = this.#clock.monotonic() + waitMs;
    const [last] = (await this.#link.command("XREVRANGE", this.#signal(namespace), "+", "-", "COUNT", 1)) as [string, unknown][];
    for (;;) {
      signal.throwIfAborted();
      const leftMs = endsMs - this.#clock.monotonic();
      if (leftMs <= 0) return;
      if (await this.#link.wait([{ key: this.#signal(namespace), after: last?.[0] ?? "0-0" }], leftMs, signal)) return;
    }
  }

  async charged(namespace: string, budget: TokenBudget): Promise<number> {
    return Number(await this.#link.script(SCRIPTS.ledgerCharged, [this.#account(namespace, budget)], [budget.windowMs]));
  }

  #account(namespace: string, { id, windowMs }: Pick<TokenBudget, "id" | "windowMs">): string {
    return this.#keys.tokens(namespace, `${windowMs}:${id}`);
  }

  #signal(namespace: string): string {
    return this.#keys.tokens(namespace, "settled");
  }
}
