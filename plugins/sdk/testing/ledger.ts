import assert from "node:assert/strict";
import { NO_USAGE, type Reservation, type ReserveRequest, type TokenBudget, type TokenLedger, type Usage } from "../index.ts";
import { type Clause, inTime, rejectionOf, seededRandom } from "./clause.ts";

/** An empty ledger with a namespace of its own. */
export interface OpenLedger {
  readonly ledger: TokenLedger;
  readonly namespace: string;
  /** Moves the ledger's time. */
  passMs(ms: number): Promise<void>;
  close?(): Promise<void>;
}

/** Where a ledger is tried out. */
export interface LedgerWorld {
  open(): Promise<OpenLedger>;
}

type Granted = Extract<Reservation, { outcome: "granted" }>;

const RUN: TokenBudget = { id: "run:uid-1", limit: 100, windowMs: 0 };
/** Short, so that a ledger with a real clock can be tried too. */
const WINDOW_MS = 4_000;
const AGENT: TokenBudget = { id: "agent:writer", limit: 100, windowMs: WINDOW_MS };

function clause(name: string, check: (world: OpenLedger) => Promise<void>): Clause<LedgerWorld> {
  return {
    name,
    async check(world) {
      const open = await world.open();
      try {
        await check(open);
      } finally {
        await open.close?.();
      }
    },
  };
}

/** A call of 10 + 20 tokens against the run's budget, but for `change`. */
function reserve({ ledger, namespace }: OpenLedger, change: Partial<ReserveRequest> = {}): Promise<Reservation> {
  return ledger.reserve({ namespace, runUID: "uid-1", role: "writer", budgets: [RUN], inputTokens: 10, maxOutputTokens: 20, ...change });
}

async function granted(world: OpenLedger, change: Partial<ReserveRequest> = {}): Promise<Granted> {
  const reservation = await reserve(world, change);
  if (reservation.outcome === "granted") return reservation;
  return assert.fail(`it should have been granted: ${JSON.stringify(reservation)}`);
}

function used(totalTokens: number): Usage {
  return { ...NO_USAGE, outputTokens: totalTokens, totalTokens };
}

/** Charges `tokens` to `budgets`, as one call would. */
async function spend(world: OpenLedger, tokens: number, budgets: readonly TokenBudget[]): Promise<void> {
  const { id } = await granted(world, { budgets, inputTokens: 0, maxOutputTokens: tokens });
  await world.ledger.settle(world.namespace, id, used(tokens));
}

/** What every {@link TokenLedger} promises (P7, B45a, B47, B85). */
export const ledgerClauses: readonly Clause<LedgerWorld>[] = [
  clause("a call that fits is granted all that it asked for", async (world) => {
    assert.equal((await granted(world)).maxOutputTokens, 20);
  }),
  clause("a call without a budget is granted, and counted", async (world) => {
    assert.equal((await granted(world, { budgets: [] })).call, 1);
    assert.equal((await granted(world, { budgets: [] })).call, 2);
  }),
  clause("calls are counted by run and role", async (world) => {
    const call = async (change: Partial<ReserveRequest>): Promise<number> => (await granted(world, { budgets: [], ...change })).call;
    assert.deepEqual([await call({}), await call({}), await call({ role: "reader" }), await call({})], [1, 2, 1, 3]);
    assert.deepEqual([await call({ runUID: "uid-2" }), await call({ namespace: `${world.namespace}2` })], [1, 1]);
    assert.deepEqual([await call({ role: "constructor" }), await call({ role: "write:judge" })], [1, 1]);
  }),
  clause("only calls that are granted are counted", async (world) => {
    const first = await granted(world, { maxOutputTokens: 90 });
    assert.equal((await reserve(world)).outcome, "wait");
    await world.ledger.settle(world.namespace, first.id, used(5));
    assert.equal((await granted(world)).call, 2);
  }),
  clause("an open call is not charged; a settled one is, with what it really used", async (world) => {
    const { id } = await granted(world);
    assert.equal(await world.ledger.charged(world.namespace, RUN), 0);
    await world.ledger.settle(world.namespace, id, used(17));
    assert.equal(await world.ledger.charged(world.namespace, RUN), 17);
  }),
  clause("settling twice is settling once", async (world) => {
    const { id } = await granted(world);
    await world.ledger.settle(world.namespace, id, used(17));
    await world.ledger.settle(world.namespace, id, used(40));
    assert.equal(await world.ledger.charged(world.namespace, RUN), 17);
    assert.equal((await granted(world, { inputTokens: 0, maxOutputTokens: 100 })).maxOutputTokens, 83);
  }),
  clause("a call that was not made costs nothing and gives its room back", async (world) => {
    const { id } = await granted(world, { maxOutputTokens: 90 });
    await world.ledger.settle(world.namespace, id, NO_USAGE);
    assert.equal((await granted(world, { maxOutputTokens: 90 })).maxOutputTokens, 90);
  }),
  clause("settling what nobody reserved, or another namespace did, changes nothing", async (world) => {
    const { id } = await granted(world);
    await world.ledger.settle(world.namespace, "nothing", used(50));
    await world.ledger.settle(`${world.namespace}2`, id, used(50));
    assert.equal(await world.ledger.charged(world.namespace, RUN), 0);
    await world.ledger.settle(world.namespace, id, used(3));
    assert.equal(await world.ledger.charged(world.namespace, RUN), 3);
  }),
  clause("more than was reserved is charged whole", async (world) => {
    const { id } = await granted(world);
    await world.ledger.settle(world.namespace, id, used(150));
    assert.equal(await world.ledger.charged(world.namespace, RUN), 150);
    assert.deepEqual(await reserve(world), { outcome: "exceeded", budget: RUN.id, left: 0 });
  }),
  clause("an answer is capped at what is left beside its input (B47)", async (world) => {
    assert.equal((await granted(world, { inputTokens: 30, maxOutputTokens: 500 })).maxOutputTokens, 70);
  }),
  clause("a call whose answer has room for one token is made; without that it is not (B47)", async (world) => {
    await spend(world, 40, [RUN]);
    assert.deepEqual(await reserve(world, { inputTokens: 60 }), { outcome: "exceeded", budget: RUN.id, left: 60 });
    assert.equal((await granted(world, { inputTokens: 59 })).maxOutputTokens, 1);
  }),
  clause("a call that does not fit beside open ones waits for them (B45a)", async (world) => {
    const first = await granted(world, { maxOutputTokens: 60 });
    assert.deepEqual(await reserve(world, { maxOutputTokens: 60 }), { outcome: "wait", budget: RUN.id });
    await world.ledger.settle(world.namespace, first.id, used(20));
    assert.equal((await granted(world, { maxOutputTokens: 60 })).maxOutputTokens, 60);
  }),
  clause("a call that fits beside open ones does not wait", async (world) => {
    await granted(world);
    await granted(world);
    assert.equal((await granted(world)).maxOutputTokens, 20);
    assert.equal((await reserve(world)).outcome, "wait");
  }),
  clause("a call that no open one can make room for does not wait for it", async (world) => {
    await spend(world, 80, [RUN]);
    await granted(world, { inputTokens: 1, maxOutputTokens: 1 });
    const reservation = await reserve(world, { inputTokens: 20 });
    assert.equal(reservation.outcome, "exceeded");
  }),
  clause("one call is reserved in all its budgets or in none", async (world) => {
    const small: TokenBudget = { id: "team:news", limit: 5, windowMs: 0 };
    assert.deepEqual(await reserve(world, { budgets: [RUN, small] }), { outcome: "exceeded", budget: small.id, left: 5 });
    const narrow: TokenBudget = { id: "agent:a", limit: 30, windowMs: 0 };
    const open = await granted(world, { budgets: [narrow] });
    assert.deepEqual(await reserve(world, { budgets: [RUN, narrow] }), { outcome: "wait", budget: narrow.id });
    await world.ledger.settle(world.namespace, open.id, NO_USAGE);
    assert.equal((await granted(world, { inputTokens: 0, maxOutputTokens: 100 })).maxOutputTokens, 100);
  }),
  clause("the narrowest budget caps the answer, and all are charged", async (world) => {
    const narrow: TokenBudget = { id: "agent:a", limit: 25, windowMs: 0 };
    const { id, maxOutputTokens } = await granted(world, { budgets: [RUN, narrow] });
    assert.equal(maxOutputTokens, 15);
    await world.ledger.settle(world.namespace, id, used(25));
    assert.equal(await world.ledger.charged(world.namespace, RUN), 25);
    assert.equal(await world.ledger.charged(world.namespace, narrow), 25);
  }),
  clause("of several budgets that cap an answer the narrowest counts, in whatever order they stand", async (world) => {
    const narrow: TokenBudget = { id: "agent:a", limit: 25, windowMs: 0 };
    const wider: TokenBudget = { id: "team:news", limit: 28, windowMs: 0 };
    for (const budgets of [
      [narrow, wider],
      [wider, narrow],
    ]) {
      const { id, maxOutputTokens } = await granted(world, { budgets });
      assert.equal(maxOutputTokens, 15);
      await world.ledger.settle(world.namespace, id, NO_USAGE);
    }
  }),
  clause("an exceeded budget is said even where another would only wait", async (world) => {
    const full: TokenBudget = { id: "agent:a", limit: 5, windowMs: 0 };
    await granted(world, { maxOutputTokens: 90 });
    const reservation = await reserve(world, { budgets: [RUN, full] });
    assert.equal(reservation.outcome, "exceeded");
  }),
  clause("an agent's budget is one over all its runs; another namespace has its own", async (world) => {
    await spend(world, 90, [AGENT]);
    assert.equal((await reserve(world, { budgets: [AGENT], runUID: "uid-2" })).outcome, "exceeded");
    assert.equal((await granted(world, { budgets: [AGENT], namespace: `${world.namespace}2` })).maxOutputTokens, 20);
  }),
  clause("a limit that was raised counts from the next call on", async (world) => {
    await spend(world, 100, [RUN]);
    assert.equal((await granted(world, { budgets: [{ ...RUN, limit: 200 }] })).maxOutputTokens, 20);
  }),
  clause("tokens leave a rolling window when it has passed, and not before (B85)", async (world) => {
    await spend(world, 95, [AGENT]);
    await world.passMs(WINDOW_MS - 50);
    assert.equal((await reserve(world, { budgets: [AGENT] })).outcome, "exceeded");
    await world.passMs(50 + WINDOW_MS / 100);
    assert.equal(await world.ledger.charged(world.namespace, AGENT), 0);
    assert.equal((await granted(world, { budgets: [AGENT] })).maxOutputTokens, 20);
  }),
  clause("a window rolls: what was spent later leaves later", async (world) => {
    await spend(world, 40, [AGENT]);
    await world.passMs(WINDOW_MS / 2);
    await spend(world, 50, [AGENT]);
    await world.passMs(WINDOW_MS / 2 + WINDOW_MS / 100);
    assert.equal(await world.ledger.charged(world.namespace, AGENT), 50);
  }),
  clause("an exceeded window says when it has room again (B85)", async (world) => {
    await spend(world, 60, [AGENT]);
    await world.passMs(1_000);
    await spend(world, 35, [AGENT]);
    const reservation = await reserve(world, { budgets: [AGENT] });
    assert.equal(reservation.outcome, "exceeded");
    const resumesInMs = reservation.outcome === "exceeded" ? (reservation.resumesInMs ?? 0) : 0;
    assert.ok(resumesInMs <= WINDOW_MS - 1_000 + WINDOW_MS / 100, `${resumesInMs} ms`);
    assert.ok(resumesInMs > WINDOW_MS - 1_000 - 500, `${resumesInMs} ms`);
    await world.passMs(resumesInMs);
    assert.equal((await granted(world, { budgets: [AGENT] })).maxOutputTokens, 20);
  }),
  clause("what not even an empty window has room for will not resume", async (world) => {
    assert.deepEqual(await reserve(world, { budgets: [AGENT], inputTokens: 100 }), { outcome: "exceeded", budget: AGENT.id, left: 100 });
  }),
  clause("whoever waits hears of a settled call at once", async (world) => {
    const { id } = await granted(world);
    const changed = world.ledger.changed(world.namespace, 60_000, new AbortController().signal);
    await world.ledger.settle(world.namespace, id, used(1));
    await inTime(changed, "a settled call");
  }),
  clause("whoever waits is let go when the time is over", async (world) => {
    const changed = world.ledger.changed(world.namespace, 500, new AbortController().signal);
    await world.passMs(501);
    await inTime(changed, "the end of the wait");
  }),
  clause("aborted, waiting rejects with the signal's reason", async (world) => {
    const abort = new AbortController();
    const reason = new Error("stop");
    const changed = rejectionOf(world.ledger.changed(world.namespace, 60_000, abort.signal));
    abort.abort(reason);
    assert.equal(await inTime(changed, "an aborted wait"), reason);
    assert.equal(await rejectionOf(world.ledger.changed(world.namespace, 60_000, abort.signal)), reason);
  }),
  clause("a hundred calls at once never pass the limit", async (world) => {
    const all = await Promise.all(Array.from({ length: 100 }, () => reserve(world, { inputTokens: 1, maxOutputTokens: 6 })));
    const open = all.filter((reservation) => reservation.outcome === "granted");
    assert.equal(open.length, 14);
    assert.ok(all.every((reservation) => reservation.outcome !== "exceeded"));
    assert.equal(new Set(open.map(({ id }) => id)).size, 14);
    assert.deepEqual(
      open.map(({ call }) => call).sort((a, b) => a - b),
      Array.from({ length: 14 }, (_, i) => i + 1),
    );
  }),
  clause("whatever is asked in whatever order, what is charged and open stays within the limit (P7)", async (world) => {
    const random = seededRandom(47);
    const open: { id: string; tokens: number }[] = [];
    let charged = 0;
    for (let i = 0; i < 300; i++) {
      if (random() < 0.6) {
        const inputTokens = Math.floor(random() * 20);
        const maxOutputTokens = 1 + Math.floor(random() * 30);
        const reserved = open.reduce((sum, call) => sum + call.tokens, 0);
        const left = 600 - charged - reserved;
        const fits = inputTokens + maxOutputTokens <= left;
        const never = 600 - charged - inputTokens < 1;
        const want = never ? "exceeded" : fits || open.length === 0 ? "granted" : "wait";
        const reservation = await reserve(world, { budgets: [{ ...RUN, limit: 600 }], inputTokens, maxOutputTokens });
        assert.equal(reservation.outcome, want, `step ${i}`);
        if (reservation.outcome !== "granted") continue;
        assert.equal(reservation.maxOutputTokens, Math.min(maxOutputTokens, left - inputTokens), `step ${i}`);
        open.push({ id: reservation.id, tokens: inputTokens + reservation.maxOutputTokens });
      } else if (open.length > 0) {
        const [call] = open.splice(Math.floor(random() * open.length), 1);
        if (call === undefined) continue;
        const tokens = Math.floor(random() * (call.tokens + 1)) >> 3;
        charged += tokens;
        await world.ledger.settle(world.namespace, call.id, used(tokens));
      }
      assert.equal(await world.ledger.charged(world.namespace, RUN), charged, `step ${i}`);
      assert.ok(charged + open.reduce((sum, call) => sum + call.tokens, 0) <= 600, `step ${i}`);
    }
  }),
];
