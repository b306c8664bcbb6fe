// F3 and F4: a Redis that dies, forgets, moves, fails over, fills up, stands still, and one that cannot be reached.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { systemClock } from "../../plugins/sdk/index.ts";
import { type RedisServer, startRedis } from "../redis/index.ts";
import { type RedisProxy, startRedisProxy } from "../redis/redisProxy.ts";
import { IS_LONG, SEED, type Team, useFaultBench } from "./faultBench.ts";

const AGENTS = 4;

describe(`faults of Redis (FAULT_SEED=${SEED})`, function () {
  this.timeout(600_000);
  const bench = useFaultBench();
  const wiped = (team: Team): unknown => team.history.push({ is: "fault", kind: "wipe" });

  it("F3a: killed, it comes back with what it had, and nothing is lost", () =>
    bench.play({
      tasks: 1_500,
      faults: IS_LONG ? 50 : 3,
      everyMs: 800,
      fault: async (team) => {
        wiped(team); // its last second may be gone
        await bench.redis.kill();
        await bench.redis.start();
      },
    }));

  it("F3b: it forgets everything, which costs executions and no task", () =>
    bench.play({
      tasks: 1_500,
      faults: IS_LONG ? 20 : 2,
      everyMs: 800,
      fault: async (team) => {
        wiped(team);
        await bench.redis.command("FLUSHALL");
      },
    }));

  describe("with another server beside it", () => {
    const servers: RedisServer[] = [];
    let way: RedisProxy;
    afterEach(async () => {
      await way.close();
      await Promise.all(servers.splice(0).map((server) => server.stop()));
    });
    /** Two servers, the second a replica of the first that has caught up, and the one way by which everybody comes. */
    const aPair = async (): Promise<[primary: RedisServer, replica: RedisServer]> => {
      const [primary, replica] = [await startRedis(), await startRedis()];
      servers.push(primary, replica);
      await replica.command("REPLICAOF", "127.0.0.1", primary.port);
      while (!String(await replica.command("INFO", "replication")).includes("master_link_status:up")) await systemClock.sleep(20);
      way = await startRedisProxy(primary);
      return [primary, replica];
    };

    for (let n = 1; n <= (IS_LONG ? 20 : 1); n++) {
      it(`F4a: a replica that missed the last acknowledged writes is promoted (${n})`, async () => {
        const [, replica] = await aPair();
        await bench.play({
          tasks: 1_000,
          faults: 1,
          everyMs: 1_000,
          url: way.url,
          fault: async (team) => {
            await replica.command("REPLICAOF", "NO", "ONE"); // the partition: from now on it misses what the other acknowledges
            await systemClock.sleep(300 + team.random() * 500);
            wiped(team);
            way.moveTo(replica);
            way.cut();
          },
        });
      });

      it(`F4b: it becomes a replica, and the primary is elsewhere (${n})`, async () => {
        const [primary, replica] = await aPair();
        const { settledMs } = await bench.play({
          tasks: 1_000,
          faults: 1,
          everyMs: 1_000,
          url: way.url,
          fault: async (team) => {
            wiped(team);
            await replica.command("REPLICAOF", "NO", "ONE");
            await primary.command("REPLICAOF", "127.0.0.1", replica.port); // READONLY to everybody who is connected
            await systemClock.sleep(1_000);
            way.moveTo(replica);
          },
        });
        expect(settledMs).to.be.lessThan(20_000);
      });
    }
  });

  describe("F4c: it cannot be reached", () => {
    let ways: RedisProxy[] = [];
    before(async () => {
      ways = await Promise.all(Array.from({ length: AGENTS }, () => startRedisProxy(bench.redis)));
    });
    after(() => Promise.all(ways.map((way) => way.close())));
    const env = (i: number): Record<string, string> => ({ REDIS_URL: ways[i]?.url ?? "" });
    const paused = (team: Team): unknown => team.history.push({ is: "fault", kind: "pause" });

    it("by connections that are dead and say nothing", () =>
      bench.play({
        tasks: 1_000,
        faults: IS_LONG ? 50 : 4,
        everyMs: 700,
        env,
        fault: async (team) => {
          paused(team);
          ways[team.pick()]?.freeze();
        },
      }));

    it("by nobody, for longer than a lease", () =>
      bench.play({
        tasks: 1_000,
        faults: IS_LONG ? 20 : 1,
        everyMs: 1_000,
        env,
        fault: async (team) => {
          for (const way of ways) {
            paused(team);
            way.isRefusing = true;
            way.cut();
          }
          await systemClock.sleep(3_000);
          for (const way of ways) way.isRefusing = false;
        },
      }));

    it("because every connection is reset again and again", () =>
      bench.play({
        tasks: 1_000,
        faults: IS_LONG ? 100 : 15,
        everyMs: 200,
        env,
        fault: async (team) => {
          paused(team);
          ways[team.pick()]?.cut();
        },
      }));
  });

  describe("F4d: it is in trouble, and gets over it", () => {
    const serverPid = async (): Promise<number> =>
      Number(/process_id:(\d+)/.exec(String(await bench.redis.command("INFO", "server")))?.[1]);

    it("its memory is full", async () => {
      const { history } = await bench.play({
        tasks: 1_000,
        faults: IS_LONG ? 10 : 1,
        everyMs: 500,
        fault: async () => {
          await bench.redis.command("CONFIG", "SET", "maxmemory", 1);
          await systemClock.sleep(2_000);
          await bench.redis.command("CONFIG", "SET", "maxmemory", 0);
        },
      });
      expect(history.filter(({ is }) => is === "call")).to.have.length(1_000);
    });

    it("its disk is full", async () => {
      const pid = await serverPid();
      const limit = (bytes: string): unknown => execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
      const aof = String(await bench.redis.command("CONFIG", "GET", "appenddirname")).split(",")[1] ?? "";
      const file = join(bench.redis.folder, aof, "appendonly.aof.1.incr.aof");
      let refusal: unknown;
      await bench.play({
        tasks: 1_000,
        faults: IS_LONG ? 10 : 1,
        everyMs: 700,
        fault: async (team) => {
          for (let i = 0; i < AGENTS; i++) team.history.push({ is: "fault", kind: "pause" }); // no lease can be kept meanwhile
          limit(String(statSync(file).size));
          await systemClock.sleep(2_000);
          refusal = await bench.redis.command("SET", `${team.queue}:probe`, 1).catch((error: Error) => error);
          limit("unlimited");
        },
      });
      expect(String(refusal)).to.contain("MISCONF");
    });

    for (const [says, stillMs] of [
      ["it stands still for moments", 200],
      ["it stands still for longer than a lease", 2_000],
    ] as const) {
      it(says, async () => {
        const pid = await serverPid();
        await bench.play({
          tasks: 1_000,
          faults: IS_LONG ? 10 : 2,
          everyMs: 500,
          fault: async (team) => {
            for (let i = 0; i < AGENTS && stillMs > 1_000; i++) team.history.push({ is: "fault", kind: "pause" });
            process.kill(pid, "SIGSTOP");
            await systemClock.sleep(stillMs);
            process.kill(pid, "SIGCONT");
          },
        });
      });
    }
  });

  it("F4f: the scripts that it has forgotten are told again", () =>
    bench.play({
      tasks: 500,
      faults: IS_LONG ? 50 : 5,
      everyMs: 100,
      fault: async () => {
        await bench.redis.command("SCRIPT", "FLUSH");
      },
    }));
});
