// What a check costs: one team of 500 steps, the most a pipeline may have, from its text to its verdict. As JSON, as admission gets it,
// against a budget in milliseconds: the event loop of the webhook is never held longer. As YAML, as `ark validate` gets it, against what
// the YAML library alone takes for the same text.
import { parseAllDocuments } from "yaml";
import { checkObject } from "../../crds/check.ts";
import { ancestorsOf, findCycle } from "../../crds/graph.ts";
import { dumpYaml } from "../../crds/text/dump.ts";
import { loadYaml } from "../../crds/text/load.ts";
import { aRole, aTeam } from "../builders/team.ts";
import { type BenchRow, markdownOf, median } from "./row.ts";

const STEPS = 500;
const GRAPH = 1_000;
/** P23: nothing holds the event loop longer. */
const BUDGET_MS = 50;
const ROUNDS = 15;

/** Every step has a role of its own, waits for two earlier ones and reads both. Texts differ from round to round: no cache helps. */
function bigTeam(round: number): ReturnType<ReturnType<typeof aTeam>["build"]> {
  const names = Array.from({ length: STEPS }, (_, i) => `step_${i}`);
  return aTeam({
    roles: names.map((name) =>
      aRole(name, { systemPrompt: `You are ${name} of round ${round}. Do your part of the work, and say what you did.` }),
    ),
    pipeline: names.map((role, i) => {
      const before = names.slice(Math.max(0, i - 2), i);
      return {
        role,
        dependsOn: before,
        inputs: Object.fromEntries(before.map((name) => [name, `${round}: {{ .steps.${name}.output | trim }}`])),
      };
    }),
    output: `{{ .steps.step_${STEPS - 1}.output }}`,
  }).build();
}

function medianMs(measure: (round: number) => number): number {
  for (let round = 0; round < 5; round++) measure(-1 - round); // the compiler warms up
  return median(Array.from({ length: ROUNDS }, (_, round) => measure(round)));
}

function timed(work: () => void): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

/** The rows of this benchmark. */
export function checkRows(): BenchRow[] {
  const jsonMs = medianMs((round) => {
    const text = JSON.stringify(bigTeam(round));
    return timed(() => expectValid(JSON.parse(text)));
  });
  const yamlMs: number[] = [];
  const libraryMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const text = dumpYaml(bigTeam(round + 1_000));
    yamlMs.push(timed(() => expectValid(loadYaml(text, "team.yaml").documents[0]?.object)));
    libraryMs.push(timed(() => void parseAllDocuments(text).map((document): unknown => document.toJS())));
  }
  const nodes = Array.from({ length: GRAPH }, (_, i) => ({
    key: `n${i}`,
    deps: Array.from({ length: Math.min(i, 20) }, (_, j) => `n${i - j - 1}`),
  }));
  const graphMs = medianMs(() => timed(() => void [findCycle(nodes), ancestorsOf(nodes)]));
  return [
    budget(`JSON → verdict, team of ${STEPS} steps`, jsonMs),
    {
      name: `YAML → verdict ÷ the YAML library alone, team of ${STEPS} steps`,
      measured: `${median(yamlMs).toFixed(1)} ms ÷ ${median(libraryMs).toFixed(1)} ms`,
      ratio: median(yamlMs) / median(libraryMs),
      unit: "×",
      atMost: 2,
    },
    budget(`circles and ancestors of ${GRAPH} steps with 20 dependencies each`, graphMs),
  ];
}

function expectValid(object: unknown): void {
  const [first] = checkObject(object).errors;
  if (first !== undefined) throw new Error(`the team is valid, but ${first.path}: ${first.message}`);
}

function budget(name: string, ms: number): BenchRow {
  return { name, measured: `${ms.toFixed(1)} ms`, ratio: ms, unit: "ms", atMost: BUDGET_MS };
}

if (process.argv[1] === import.meta.filename) for (const one of checkRows()) console.log(markdownOf(one));
