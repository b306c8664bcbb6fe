// What history costs the queue: its throughput before and after a million settled tasks, whose events were heard and forgotten. Takes some minutes,
// so it is measured only when it is named: `npm run bench -- growth`.
import { createRedisQueue } from "../../plugins/queue-redis/index.ts";
import { silentLog, systemClock } from "../../plugins/sdk/index.ts";
import { startRedis } from "../redis/startRedis.ts";
import { QUEUE_NAMESPACE, settleTasks } from "./queue.ts";
import { type BenchRow, median } from "./row.ts";

const SETTLED = 1_000_000;
const AT_ONCE = 10_000;
const SAMPLE = 20_000;
const SAMPLES = 5;

/** The row of growth. */
export async function queueGrowthBench(): Promise<BenchRow[]> {
  const server = await startRedis({ appendonly: false });
  const queue = createRedisQueue({ url: server.url, clock: systemClock, random: Math.random, log: silentLog });
  const hear = async (count: number): Promise<void> => {
    for (let heard = 0; heard < count; ) {
      const events = await queue.control.events([QUEUE_NAMESPACE], AbortSignal.timeout(60_000));
      heard += events.length;
      await queue.control.forget(events);
    }
  };
  const rates = async (name: string): Promise<number> => {
    const measured: number[] = [];
    for (let n = 0; n < SAMPLES; n++) {
      measured.push(await settleTasks(queue, SAMPLE, `${name}-${n}`));
      await hear(SAMPLE);
    }
    return median(measured);
  };
  try {
    await rates("warm");
    const before = await rates("before");
    for (let done = 0; done < SETTLED; done += AT_ONCE) {
      await settleTasks(queue, AT_ONCE, `history-${done}`);
      await hear(AT_ONCE);
    }
    const after = await rates("after");
    return [
      {
        name: `Queue throughput after ${SETTLED.toLocaleString("en")} settled tasks ÷ before`,
        measured: `${after.toFixed(0)} ÷ ${before.toFixed(0)} tasks/s`,
        ratio: after / before,
        unit: "×",
        atLeast: 0.9,
      },
    ];
  } finally {
    await queue.tasks.close();
    await server.stop();
  }
}
