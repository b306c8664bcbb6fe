// F1: agents that are killed, paused and stopped, at random and at the worst moments.
import { expect } from "chai";
import { SCRIPTS } from "../../plugins/queue-redis/generated/scripts.ts";
import { systemClock } from "../../plugins/sdk/index.ts";
import { type RedisProxy, startRedisProxy } from "../redis/redisProxy.ts";
import { answerTo, IS_LONG, SEED, type Team, useFaultBench } from "./faultBench.ts";

/** The worst moments for an agent to die, each at a script that it asks for or is answered (F1b). */
const MOMENTS: readonly { readonly when: string; readonly sha1: string; readonly moment: "asked" | "answered" }[] = [
  { when: "before it has claimed", sha1: SCRIPTS.claim.sha1, moment: "asked" },
  { when: "with a claim that it has not heard of", sha1: SCRIPTS.claim.sha1, moment: "answered" },
  { when: "before it reserves a model call", sha1: SCRIPTS.ledgerReserve.sha1, moment: "asked" },
  { when: "with a call reserved", sha1: SCRIPTS.ledgerReserve.sha1, moment: "answered" },
  { when: "before it has told a result", sha1: SCRIPTS.complete.sha1, moment: "asked" },
  { when: "with a result told, and no answer to it", sha1: SCRIPTS.complete.sha1, moment: "answered" },
];

describe(`faults of agents (FAULT_SEED=${SEED})`, function () {
  this.timeout(600_000);
  const bench = useFaultBench();

  const killed = async (team: Team, i: number): Promise<void> => {
    team.history.push({ is: "fault", kind: "kill" });
    team.agents[i]?.kill("SIGKILL");
    await team.agents[i]?.ended;
    await team.restart(i);
  };

  it("F1a: kill -9 of agents loses no task and records none twice", () =>
    bench.play({
      tasks: IS_LONG ? 40_000 : 3_000,
      faults: IS_LONG ? 1_000 : 60,
      everyMs: 200,
      fault: (team) => killed(team, team.pick()),
    }));

  it("F1a: one agent with 300 tasks in flight is killed and started again: nothing is lost", () => {
    let delayMs = 3_000;
    return bench.play({
      tasks: 300,
      faults: 1,
      everyMs: 1_500,
      slots: 300,
      agents: 1,
      answer: (call) => answerTo(call, delayMs),
      fault: async (team) => {
        delayMs = 20;
        await killed(team, 0);
      },
    });
  });

  describe("F1b: an agent dies", () => {
    const AGENTS = 2;
    let ways: RedisProxy[] = [];
    before(async () => {
      ways = await Promise.all(Array.from({ length: AGENTS }, () => startRedisProxy(bench.redis)));
    });
    after(() => Promise.all(ways.map((way) => way.close())));
    const env = (i: number): Record<string, string> => ({ REDIS_URL: ways[i]?.url ?? "" });

    for (const { when, sha1, moment } of MOMENTS) {
      it(when, () =>
        bench.play({
          tasks: 100,
          faults: IS_LONG ? 50 : 3,
          everyMs: 100,
          agents: AGENTS,
          env,
          fault: async (team) => {
            const i = team.pick();
            await ways[i]?.stopAt(sha1, moment);
            await killed(team, i);
          },
        }),
      );
    }

    it("while the model answers", () => {
      let doomed = -1;
      let isReached = (): void => undefined;
      return bench.play({
        tasks: 100,
        faults: IS_LONG ? 50 : 3,
        everyMs: 100,
        agents: AGENTS,
        answer: async (call) => {
          if (call.agent === doomed) isReached();
          await answerTo(call, 60);
        },
        fault: async (team) => {
          const i = team.pick();
          await new Promise<void>((resolve) => {
            [doomed, isReached] = [i, resolve];
          });
          doomed = -1;
          await killed(team, i);
        },
      });
    });

    it("while it drains", () =>
      bench.play({
        tasks: 100,
        faults: IS_LONG ? 50 : 3,
        everyMs: 100,
        agents: AGENTS,
        delayMs: 200,
        fault: async (team) => {
          const i = team.pick();
          team.agents[i]?.kill("SIGTERM");
          await systemClock.sleep(team.random() * 100);
          await killed(team, i);
        },
      }));
  });

  it("F1c: agents that are replaced one after the other execute no task twice", async () => {
    const { history, verdicts } = await bench.play({
      tasks: 1_000,
      faults: IS_LONG ? 100 : 8,
      everyMs: 200,
      fault: async (team) => {
        const i = team.pick();
        team.agents[i]?.kill("SIGTERM");
        expect((await team.agents[i]?.ended)?.code).to.equal(0);
        await team.restart(i);
      },
    });
    expect(history.filter(({ is }) => is === "call")).to.have.length(1_000);
    for (const { counters } of verdicts.values()) expect(counters).to.deep.equal({ crashes: 0, errors: 0, throttled: 0 });
  });

  it("F1d: agents that are paused beyond their lease come back fenced: no result counts twice", async () => {
    const paused = new Map<number, Promise<void>>();
    await bench.play({
      tasks: 1_500,
      faults: IS_LONG ? 200 : 60,
      everyMs: 100,
      agents: 8,
      delayMs: 200,
      fault: async (team) => {
        const i = team.pick();
        if (paused.size > 4) await Promise.race(paused.values()); // three of them work
        await paused.get(i);
        team.history.push({ is: "fault", kind: "pause" });
        team.agents[i]?.kill("SIGSTOP");
        const pause = systemClock.sleep(1_500 + team.random() * 1_500).then(() => {
          team.agents[i]?.kill("SIGCONT");
          paused.delete(i);
        });
        paused.set(i, pause);
      },
    });
  });
});
