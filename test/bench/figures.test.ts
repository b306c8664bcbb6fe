// The figures of docs/performance.md keep their targets, with the ten per cent that a shared machine takes (row.ts).
import { expect } from "chai";
import { admissionBench, createsBench } from "./admission.ts";
import { checkRows } from "./check.ts";
import { engineBench } from "./engine.ts";
import { localBench } from "./local.ts";
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
};

describe("the figures", () => {
  for (const [sentence, measure] of Object.entries(BENCHES)) {
    it(sentence, async () => {
      const rows = await measure();
      expect(rows.filter((row) => !keeps(row)).map(markdownOf)).to.deep.equal([]);
    });
  }
});
