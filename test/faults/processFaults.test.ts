// F17 and F18: parts of an agent that fail while the rest of it has to go on: its tools' servers, its event loop.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createRedisQueue } from "../../plugins/queue-redis/index.ts";
import { silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { aHostileServer, type HostileServer, toolsNamed } from "../mcp/hostileServer.ts";
import { openaiShape, sendEvents } from "../modelserver/index.ts";
import { answerTo, IS_LONG, SEED, TIMINGS, useFaultBench } from "./faultBench.ts";

/** A provider that asks the scripted model, and then holds the event loop for as long as that says. */
const SPINNING = `export default {
  apiVersion: "plugin.arkonis.dev/v1", kind: "llm", name: "spin", models: ["spin-*"],
  create: (_options, host) => ({
    async complete(request) {
      const body = JSON.stringify(request);
      const answer = await host.fetch(process.env.OPENAI_BASE_URL + "/spin", { method: "POST", body });
      const text = await answer.text();
      const endsMs = performance.now() + Number(answer.headers.get("x-spin-ms"));
      while (performance.now() < endsMs);
      return { text, toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, stopReason: "end" };
    },
  }),
};
`;

describe(`faults within an agent (FAULT_SEED=${SEED})`, function () {
  this.timeout(600_000);
  const bench = useFaultBench();
  const folder = mkdtempSync(join(tmpdir(), "ark-faults-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe("F18: its event loop is busy", () => {
    before(() => {
      writeFileSync(join(folder, "spin.mjs"), SPINNING);
      writeFileSync(join(folder, "plugins.yaml"), "plugins: [{ file: ./spin.mjs }]\n");
    });
    const env = (): Record<string, string> => ({ ARK_PLUGINS: join(folder, "plugins.yaml") });

    it("for up to four leases: its claims are kept, and no task is executed twice", async () => {
      const EVERY = 5;
      const { history, verdicts, logs } = await bench.play({
        tasks: IS_LONG ? 200 : 25,
        agents: 2,
        slots: 2,
        config: { model: "spin-1", limits: { maxConcurrentTasks: 2 } },
        env,
        answer: async ({ task, response }, team) => {
          const spinMs = task % EVERY === 0 ? TIMINGS.leaseMs * (0.5 + 3 * team.random()) : 0;
          if (spinMs > 0) team.history.push({ is: "fault", kind: "pause" });
          response.writeHead(200, { "x-spin-ms": String(spinMs) }).end(`answer to ${task}`);
        },
      });
      for (const [task, { state, counters }] of verdicts) {
        expect(state).to.equal("done");
        if (task % EVERY === 0) expect(counters.crashes, `task ${task}`).to.equal(0);
        expect(history.filter((fact) => fact.is === "call" && fact.task === String(task))).to.have.length(1);
      }
      expect(logs).to.contain("the event loop stood still");
    });

    it("for longer: it is given up, its late result is fenced, and another's counts", async () => {
      const { verdicts, history } = await bench.play({
        tasks: 4,
        agents: 2,
        slots: 1,
        config: { model: "spin-1", limits: { maxConcurrentTasks: 1 } },
        env,
        answer: async ({ task, n, response }, team) => {
          const spinMs = task === 0 && n === 1 ? 7 * TIMINGS.leaseMs : 0;
          if (spinMs > 0) team.history.push({ is: "fault", kind: "pause" });
          response.writeHead(200, { "x-spin-ms": String(spinMs) }).end(`answer ${n} to ${task}`);
        },
      });
      expect(verdicts.get(0)).to.deep.include({ state: "done", counters: { crashes: 1, errors: 0, throttled: 0 } });
      expect(history.filter((fact) => fact.is === "call" && fact.task === "0")).to.have.length(2);
    });
  });

  describe("F17: a server of its tools", () => {
    let server: HostileServer;
    before(async () => {
      server = await aHostileServer({ list: () => toolsNamed("work") });
    });
    after(() => server.close());

    it("is away at the start, dies in calls, changes, floods and loops: the agent names it, works on, and uses it again", async () => {
      const queue = createRedisQueue({ url: bench.redis.url, clock: systemClock, random: Math.random, log: silentLog });
      let isAway = true;
      let calls = 0;
      let lists = 0;
      server.manners = {
        intercept: (_request, response) => {
          if (isAway) response.socket?.destroy();
          return isAway;
        },
        list: () => {
          lists++;
          if (lists % 7 === 6) return { tools: [], nextCursor: "again" };
          return lists % 7 === 5 ? toolsNamed(...Array.from({ length: 500 }, (_, n) => `t${n}`)) : toolsNamed("work", `other${lists}`);
        },
        call: (_name, _args, response) => {
          calls++;
          if (calls % 4 !== 0) return { content: [{ type: "text", text: "worked" }] };
          response.socket?.destroy();
          return undefined;
        },
      };
      const seen = new Set<string>();
      const { verdicts, logs } = await bench.play({
        tasks: 300,
        agents: 1,
        slots: 4,
        faults: 1,
        everyMs: 100,
        config: { mcpServers: [{ name: "tools", url: server.url }], limits: { maxConcurrentTasks: 4 } },
        env: () => ({
          ARK_TIMINGS: JSON.stringify({ ...TIMINGS, mcpRetryMs: 200, connectTimeoutMs: 500, toolTimeoutMs: 1_000, reportMs: 200 }),
        }),
        answer: async (call) => {
          if (call.n > 1 || isAway) return answerTo(call, 50);
          const toolCalls = [{ id: "1", name: "tools__work", args: "{}" }];
          sendEvents(call.response, openaiShape.events({ toolCalls }));
          return undefined;
        },
        fault: async (team) => {
          const healthOf = async (): Promise<string> => {
            const [report] = await queue.agents.list(team.queue.split(".")[0] ?? "", "news-writer");
            const [mcp] = report?.mcp ?? [];
            if (mcp) seen.add(`${mcp.name} ${mcp.healthy}`);
            return `${mcp?.healthy}`;
          };
          while ((await healthOf()) !== "false") await systemClock.sleep(50);
          isAway = false;
          for (let n = 0; n < 8; n++) {
            server.notify("notifications/tools/list_changed");
            await systemClock.sleep(50);
          }
          while ((await healthOf()) !== "true") await systemClock.sleep(50);
        },
      });
      await queue.tasks.close();
      for (const { state } of verdicts.values()) expect(state).to.equal("done");
      expect([...seen].sort()).to.deep.equal(["tools false", "tools true"]);
      expect(calls).to.be.greaterThan(0);
      expect(logs).not.to.match(/a fault of the program/);
    });
  });
});
