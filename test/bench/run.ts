// `npm run bench`: every figure, as a ratio to a baseline of the same run. `-- template startup` measures the named ones, `-- --write`
// also puts the table into docs/performance.md. Exits with 1 when a target is missed by more than ten per cent.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { admissionBench, createsBench } from "./admission.ts";
import { agentBench } from "./agent.ts";
import { checkRows } from "./check.ts";
import { engineBench } from "./engine.ts";
import { localBench } from "./local.ts";
import { queueBench } from "./queue.ts";
import { queueGrowthBench } from "./queueGrowth.ts";
import { type BenchRow, keeps, markdownOf } from "./row.ts";
import { startupBench } from "./startup.ts";
import { templateRows } from "./template.ts";

const BENCHES: Record<string, () => BenchRow[] | Promise<BenchRow[]>> = {
  template: templateRows,
  check: checkRows,
  engine: engineBench,
  local: localBench,
  startup: () => startupBench(),
  admission: admissionBench,
  creates: createsBench,
  queue: queueBench,
  agent: agentBench,
};
/** Takes minutes: measured only when it is named. */
const ON_DEMAND: typeof BENCHES = { growth: queueGrowthBench };
const PAGE = join(import.meta.dirname, "../../docs/performance.md");
const [BEGIN, END] = ["<!-- figures -->", "<!-- end of figures -->"];

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith("-"));
const all = { ...BENCHES, ...ON_DEMAND };
const unknown = wanted.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")}; there are ${Object.keys(all).join(", ")}`);
  process.exit(2);
}
const rows: BenchRow[] = [];
for (const [name, measure] of Object.entries(wanted.length > 0 ? all : BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring ${name}`);
  rows.push(...(await measure()));
}
const table = ["| Figure | Measured | Ratio | Target | |", "|---|---|---|---|---|", ...rows.map(markdownOf)].join("\n");
console.log(table);
if (args.includes("--write")) {
  const page = readFileSync(PAGE, "utf8");
  const [before = "", rest = ""] = page.split(BEGIN);
  const after = rest.split(END)[1] ?? "";
  const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown processor"}`;
  writeFileSync(PAGE, `${before}${BEGIN}\nMeasured with ${machine}.\n\n${table}\n${END}${after}`);
}
if (!rows.every(keeps)) process.exitCode = 1;
