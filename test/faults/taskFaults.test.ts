// F6 and F10: entries that come several times, and tasks that kill, lie or vanish among many good ones.
import { expect } from "chai";
import { systemClock } from "../../plugins/sdk/index.ts";
import { answerTo, IS_LONG, SEED, useFaultBench } from "./faultBench.ts";

const TASKS = IS_LONG ? 10_000 : 600;
/** Each damage is done to so many tasks. */
const OF_EACH = IS_LONG ? 25 : 2;

describe(`faults of tasks (FAULT_SEED=${SEED})`, function () {
  this.timeout(600_000);
  const bench = useFaultBench();

  it("F6: entries that are delivered again and again, in any order, are executed once", async () => {
    const { history, verdicts } = await bench.play({
      tasks: TASKS,
      faults: IS_LONG ? 200 : 20,
      everyMs: 120,
      fault: async ({ queue, random }) => {
        const entries = (await bench.redis.command("XRANGE", queue, "-", "+", "COUNT", 200)) as [string, [string, string]][];
        for (const [, [, key]] of entries.toSorted(() => random() - 0.5))
          for (let n = 0; n < 1 + random() * 4; n++) await bench.redis.command("XADD", queue, "*", "k", key);
      },
    });
    expect(history.filter(({ is }) => is === "call")).to.have.length(TASKS);
    expect(history.filter(({ is }) => is === "letter")).to.deep.equal([]);
    for (const { state, counters } of verdicts.values())
      expect({ state, counters }).to.deep.equal({ state: "done", counters: { crashes: 0, errors: 0, throttled: 0 } });
  });

  it("F10: poison, broken envelopes, lost records and foreign entries hurt nobody else", async () => {
    const of = (kind: number): number[] => Array.from({ length: OF_EACH }, (_, i) => TASKS - 1 - (kind * OF_EACH + i) * 7);
    const [poison, noJson, halfEmpty, lost, huge] = [of(0), of(1), of(2), of(3), of(4)];
    const { history, verdicts, queue } = await bench.play({
      tasks: TASKS,
      slots: 1, // who dies has no neighbours
      agents: 6,
      faults: 1,
      everyMs: 100,
      delayMs: 20,
      answer: async (call, team) => {
        if (!poison.includes(call.task)) return answerTo(call, 20);
        const agent = team.agents[call.agent];
        team.history.push({ is: "fault", kind: "kill" });
        agent?.kill("SIGKILL");
        await agent?.ended;
        return team.restart(call.agent);
      },
      fault: async ({ queue: q }) => {
        const recordOf = (n: number): string => `${q}:task:uid-1/t${n}/1/1`;
        const waits = async (n: number): Promise<void> => {
          while ((await bench.redis.command("HGET", recordOf(n), "st")) !== "queued") await systemClock.sleep(5);
        };
        for (const n of [...noJson, ...halfEmpty, ...lost, ...huge]) await waits(n);
        for (const n of noJson) await bench.redis.command("HSET", recordOf(n), "env", "\u0000\ufffd no envelope");
        for (const n of halfEmpty) await bench.redis.command("HSET", recordOf(n), "env", '{"v":1,"key":"uid-1/x/1/1"}');
        for (const n of huge) await bench.redis.command("HSET", recordOf(n), "env", `{"v":1,"prompt":"${"x".repeat(3 * 1_048_576)}"}`);
        for (const n of lost) await bench.redis.command("DEL", recordOf(n));
        for (let n = 0; n < OF_EACH; n++) await bench.redis.command("XADD", q, "*", "k", `uid-9/ghost${n}/1/1`);
      },
    });
    const ended = (ns: readonly number[]): (string | undefined)[] => ns.map((n) => verdicts.get(n)?.reason ?? verdicts.get(n)?.state);
    expect(ended(poison)).to.deep.equal(poison.map(() => "Poison"));
    expect(ended([...noJson, ...halfEmpty, ...huge])).to.deep.equal([...noJson, ...halfEmpty, ...huge].map(() => "BadEnvelope"));
    expect(ended(lost)).to.deep.equal(lost.map(() => "done"));
    const bad = new Set([...poison, ...noJson, ...halfEmpty, ...huge]);
    for (const [n, { state }] of verdicts) if (!bad.has(n)) expect(state, `task ${n}`).to.equal("done");
    // The entries that nobody enqueued, and those whose record was lost, unless their task was enqueued again before they were read.
    expect(history.filter((fact) => fact.is === "letter" && fact.reason === "Foreign").length).to.be.within(OF_EACH, 2 * OF_EACH);
    expect(await bench.redis.command("XLEN", queue)).to.equal(0);
  });
});
