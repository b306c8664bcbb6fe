// F11 to F13: a model that is slow, silent, gone, overloaded, or says too much.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type QueueEvent, systemClock } from "../../plugins/sdk/index.ts";
import { openaiShape, sendEvents, sendJson } from "../modelserver/index.ts";
import { answerTo, type Call, IS_LONG, SEED, TIMINGS, useFaultBench } from "./faultBench.ts";

const MIB = 1_048_576;
const MOST_KIB = 512 * 1_024;

describe(`faults of the model (FAULT_SEED=${SEED})`, function () {
  this.timeout(600_000);
  const bench = useFaultBench();

  it("F11: calls that trickle, never answer, break off or come too late end at the task's limit, and hold nothing", async () => {
    const LIMIT_MS = 1_500;
    const KINDS = ["good", "trickles", "is silent", "breaks off", "is late"] as const;
    const kindOf = (n: number): (typeof KINDS)[number] => KINDS[n % KINDS.length] ?? "good";
    const began = new Map<number, number>();
    const tookMs = new Map<number, number>();
    const { verdicts } = await bench.play({
      tasks: IS_LONG ? 1_000 : 40,
      slots: 5,
      agents: 2,
      task: () => ({ retries: 0, limits: { timeoutMs: LIMIT_MS, maxTokensPerCall: 1_000, runMaxTokens: 0, maxToolRounds: 50 } }),
      env: () => ({ ARK_TIMINGS: JSON.stringify({ ...TIMINGS, throttleBackOff: { minMs: 50, maxMs: 200 } }) }),
      answer: async (call) => {
        const { task, n, response } = call;
        if (n === 1) began.set(task, performance.now());
        const kind = n === 1 ? kindOf(task) : "good";
        if (kind === "good") return answerTo(call, 20);
        if (kind === "is late") return answerTo(call, 2 * LIMIT_MS);
        if (kind === "is silent") return undefined;
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        for (const letter of openaiShape.events({ text: ["never said to its end"] }).join("")) {
          if (response.destroyed) return undefined;
          response.write(letter);
          if (kind === "breaks off") return void response.destroy();
          await systemClock.sleep(50);
        }
        return undefined;
      },
      heard: async (events) => {
        for (const { key } of events) {
          const task = Number(/\/t(\d+)\//.exec(key)?.[1]);
          tookMs.set(task, performance.now() - (began.get(task) ?? 0));
        }
        return "forget";
      },
    });
    for (const [task, { state, reason }] of verdicts) {
      const kind = kindOf(task);
      const isCut = kind !== "good" && kind !== "breaks off";
      expect({ kind, state, reason }).to.deep.equal({ kind, state: isCut ? "dead" : "done", reason: isCut ? "TaskTimedOut" : undefined });
      if (isCut) expect(tookMs.get(task), `${kind}: task ${task}`).to.be.within(LIMIT_MS - 1_000, LIMIT_MS + 1_000);
    }
    await bench.model.idle();
  });

  it("F12: a storm of refusals costs time, and no task", async () => {
    const STORM_MS = IS_LONG ? 60_000 : 3_000;
    let startedMs: number | undefined;
    const refusals: ((call: Call) => void)[] = [
      ({ response }) => void response.writeHead(429, { "retry-after": "1" }).end(JSON.stringify(openaiShape.error(429, "slow down"))),
      ({ response }) => sendJson(response, 429, openaiShape.error(429, "slow down")),
      ({ response }) => sendJson(response, 529, openaiShape.error(529, "overloaded")),
      ({ response }) => sendJson(response, 500, openaiShape.error(500, "oops")),
      ({ response }) => void response.socket?.destroy(),
    ];
    const { verdicts, settledMs } = await bench.play({
      tasks: 300,
      env: () => ({
        ARK_TIMINGS: JSON.stringify({
          ...TIMINGS,
          throttleBackOff: { minMs: 200, maxMs: 1_000 },
          breakerOpen: { minMs: 300, maxMs: 1_000 },
        }),
      }),
      answer: async (call) => {
        startedMs ??= performance.now();
        if (performance.now() - startedMs > STORM_MS) return answerTo(call, 20);
        return refusals[call.task % refusals.length]?.(call);
      },
    });
    for (const { state } of verdicts.values()) expect(state).to.equal("done");
    expect(Math.max(...[...verdicts.values()].map(({ counters }) => counters.throttled))).to.be.greaterThan(0);
    expect(settledMs - STORM_MS).to.be.lessThan(10_000);
  });

  it("F13: answers of any size are kept whole, cut with a note, or cut off; no memory is filled", async () => {
    const sizes = [0, 8_191, 8_192, 8_193, 131_071, 131_072, 131_073, 1.5 * MIB - 1, 1.5 * MIB, 1.5 * MIB + 1, 50 * MIB];
    const [endless, controls] = [sizes.length, sizes.length + 1];
    const heard = new Map<number, Extract<QueueEvent, { type: "settled" }>>();
    let peakKiB = 0;
    const { logs } = await bench.play({
      tasks: sizes.length + 2,
      agents: 1,
      slots: 5,
      answer: async ({ task, response }, team) => {
        if (task === controls) return sendEvents(response, openaiShape.events({ text: ["\u0000\u0001\u0007\u001b[31m\u009b"] }));
        const [first = "", ...rest] = openaiShape.events({ text: [] });
        response.writeHead(200, { "content-type": "text/event-stream" }).write(first);
        const piece = openaiShape.events({ text: ["x".repeat(65_536)] })[1] ?? "";
        const last = (sizes[task] ?? 0) % 65_536;
        for (let left = sizes[task] ?? Number.POSITIVE_INFINITY; left >= 65_536 && !response.destroyed; left -= 65_536) {
          if (!response.write(piece)) await drained(response);
          peakKiB = Math.max(peakKiB, residentPeakKiB(team.agents[0]?.pid ?? 0));
        }
        if (response.destroyed) return undefined;
        response.write(openaiShape.events({ text: ["x".repeat(last)] })[1] ?? "");
        response.end(rest.join(""));
        return undefined;
      },
      heard: async (events) => {
        for (const event of events) if (event.type === "settled") heard.set(Number(/\/t(\d+)\//.exec(event.key)?.[1]), event);
        return "forget";
      },
    });
    const resultOf = (n: number): object => {
      const event = heard.get(n);
      if (event?.state !== "done") return { state: event?.state };
      const { output, outputRef, truncated = false, stopReason } = event.result;
      return {
        bytes: output === undefined ? outputRef?.bytes : Buffer.byteLength(output),
        isInline: output !== undefined,
        truncated,
        stopReason,
      };
    };
    for (const [n, bytes] of sizes.entries()) {
      const isCut = bytes > MIB;
      const wanted = { bytes: Math.min(bytes, MIB), isInline: bytes <= 8_192, stopReason: isCut ? "length" : "end" };
      expect(resultOf(n), `${bytes} bytes`).to.deep.include(wanted);
    }
    expect(resultOf(endless)).to.deep.include({ bytes: MIB, stopReason: "length" });
    expect(resultOf(controls)).to.deep.include({ isInline: true, stopReason: "end" });
    expect(peakKiB).to.be.within(1, MOST_KIB);
    expect(logs).not.to.contain("xxxxxxxx");
  });
});

/** Until there is room again, or nobody is there. */
const drained = (response: Call["response"]): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go).off("close", go);
      resolve();
    };
    response.on("drain", go).on("close", go);
  });

const residentPeakKiB = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
};
