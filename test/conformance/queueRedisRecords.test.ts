// Envelopes and records that somebody has damaged (test/corpus/queue): each ends in a letter, a refusal or a wait, none stops the queue for others.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { createRedisQueue, type RedisQueue } from "../../plugins/queue-redis/index.ts";
import { silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { aResult, aTask } from "../builders/task.ts";
import { aNamespace, useRedis } from "../redis/index.ts";

/** One damage, and what becomes of the task. */
interface Case {
  readonly name: string;
  /** Fields of the envelope. */
  readonly env?: Readonly<Record<string, { readonly set?: unknown; readonly remove?: true }>>;
  /** The whole envelope; as bytes in `hex`; as a text repeated, and its end. */
  readonly raw?: string;
  readonly hex?: string;
  readonly repeat?: readonly [text: string, times: number, end: string];
  /** Added at the envelope's end. */
  readonly rawEnvWith?: string;
  /** Fields of the record that are set, and that go. */
  readonly record?: Readonly<Record<string, string>>;
  readonly drop?: readonly string[];
  readonly delRecord?: true;
  readonly recordIs?: "string" | "list";
  /** An entry that is added. */
  readonly entry?: readonly [name: string, value: string];
  /** runs, waits, expired, cancelled; a letter's reason; ignored: nothing at all. */
  readonly expected: string;
}

const CASES = JSON.parse(readFileSync(new URL("../corpus/queue/records.json", import.meta.url), "utf8")) as Case[];

describe("damaged envelopes and records", () => {
  const server = useRedis();
  let namespace = "";
  let queue: RedisQueue;
  const problems: string[] = [];
  before(() => {
    const log = { ...silentLog, warn: (message: string, fields?: object) => void problems.push(`${message} ${JSON.stringify(fields)}`) };
    queue = createRedisQueue({ url: server().url, clock: systemClock, random: Math.random, log, timings: { blockMs: 20 } });
  });
  after(() => queue.tasks.close());
  beforeEach(() => {
    namespace = aNamespace();
  });

  const queueName = (): string => `${namespace}.news.writer`;
  const claimed = async (): Promise<string[]> => {
    const request = { queues: [queueName()], consumer: "pod:1", max: 5, leaseMs: 5_000, waitMs: 0 };
    const claims = await queue.tasks.claim(request, new AbortController().signal);
    for (const claim of claims) {
      expect(await queue.tasks.complete(claim, aResult(claim.task.key))).to.equal("recorded");
    }
    return claims.map(({ task }) => task.step);
  };

  async function damage(one: Case, key: string): Promise<void> {
    const redis = server();
    const record = `${queueName()}:task:${key}`;
    const text = (value: string): string => value.replaceAll("{ns}", namespace).replaceAll("{key}", key);
    const envelope = String(await redis.command("HGET", record, "env"));
    const setEnvelope = (value: string | Buffer): Promise<unknown> =>
      redis.command("EVAL", "return redis.call('HSET', KEYS[1], 'env', ARGV[1])", 1, record, value as string);
    if (one.env) {
      const changed = JSON.parse(envelope) as Record<string, unknown>;
      for (const [name, { set, remove }] of Object.entries(one.env)) {
        if (remove) delete changed[name];
        else changed[name] = typeof set === "string" ? text(set) : set;
      }
      await setEnvelope(JSON.stringify(changed));
    }
    if (one.raw !== undefined) await setEnvelope(one.raw);
    if (one.hex !== undefined) await server().command("EVAL", HEX, 1, record, one.hex);
    if (one.repeat) await setEnvelope(one.repeat[0].repeat(one.repeat[1]) + one.repeat[2].repeat(one.repeat[1]));
    if (one.rawEnvWith !== undefined) await setEnvelope(`${envelope.slice(0, -1)},${one.rawEnvWith}}`);
    for (const [name, value] of Object.entries(one.record ?? {})) await redis.command("HSET", record, name, value);
    for (const name of one.drop ?? []) await redis.command("HDEL", record, name);
    if (one.delRecord === true || one.recordIs !== undefined) await redis.command("DEL", record);
    if (one.recordIs === "string") await redis.command("SET", record, "x");
    if (one.recordIs === "list") await redis.command("RPUSH", record, "x");
    if (one.entry) await redis.command("XADD", queueName(), "*", one.entry[0], text(one.entry[1]));
  }

  it("are at least 150, each with what is expected", () => {
    expect(CASES.length).to.be.at.least(150);
    expect(new Set(CASES.map(({ name }) => name)).size).to.equal(CASES.length);
  });

  for (const one of CASES) {
    it(`${one.name}: ${one.expected}`, async () => {
      const key = "uid-1/hurt/1/1";
      await queue.tasks.enqueue(aTask(namespace, "hurt", { key }));
      await damage(one, key);
      await queue.tasks.enqueue(aTask(namespace, "neighbour"));
      const taken = [...(await claimed()), ...(await claimed())].sort();
      const letters = (await queue.deadLetters.list(namespace, { limit: 10 })).map(({ reason }) => reason);
      const { delayed, pending } = await queue.tasks.depth(queueName());
      const events = await queue.control.events([namespace], AbortSignal.timeout(2_000));
      const verdicts = events.flatMap((event) => (event.type === "settled" && event.key === key ? [event.state] : []));
      const said = { taken, letters, delayed, pending, verdicts };
      const [neighbour, both] = [["neighbour"], ["hurt", "neighbour"]];
      const none = { letters: [], delayed: 0, pending: 0, verdicts: [] };
      const WANTED: Readonly<Record<string, object>> = {
        runs: { ...none, taken: both, verdicts: ["done"] },
        waits: { ...none, taken: neighbour, delayed: 1 },
        expired: { ...none, taken: neighbour, verdicts: ["expired"] },
        cancelled: { ...none, taken: neighbour, verdicts: ["cancelled"] },
        BadEnvelope: { ...none, taken: neighbour, letters: ["BadEnvelope"], verdicts: ["dead"] },
        Foreign: { ...none, taken: neighbour, letters: ["Foreign"] },
        "Foreign+runs": { ...none, taken: both, letters: ["Foreign"], verdicts: ["done"] },
        ignored: { ...none, taken: neighbour },
      };
      expect(said).to.deep.equal(WANTED[one.expected]);
      expect(problems.splice(0).join("\n")).not.to.match(/\n\s+at |Error:/);
      expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
    });
  }
});

/** Sets the envelope to bytes that no argument can carry as text. */
const HEX = `
local bytes = string.gsub(ARGV[1], '%x%x', function(two) return string.char(tonumber(two, 16)) end)
return redis.call('HSET', KEYS[1], 'env', bytes)`;
