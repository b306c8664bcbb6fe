// How fast templates are rendered, compared with Go's own text/template on the same machine in the same run. 20 templates as teams
// have them, compiled once on both sides, with the same data; both sides must print the same.
import { execFileSync } from "node:child_process";
import { type CompiledTemplate, compile } from "../../template/index.ts";
import { buildGo } from "../differential/goTemplate.ts";
import { type BenchRow, markdownOf, median } from "./row.ts";

const data = {
  input: { topic: "solar storage", language: "German", audience: "engineers", limit: 5, draft: false, tags: ["energy", "grid", "battery"] },
  steps: {
    research: { phase: "Succeeded", output: "Batteries get cheaper every year. ".repeat(20), data: { score: 0.87, sources: 12 } },
    outline: { phase: "Succeeded", output: "1. Why\n2. How\n3. What it costs", data: { sections: ["why", "how", "cost"] } },
    review: {
      phase: "Succeeded",
      output: "APPROVED",
      data: {
        approved: true,
        remarks: [
          { line: 3, text: "unit?" },
          { line: 9, text: "typo" },
        ],
      },
    },
  },
  roles: { lead: { output: "Go on." } },
  run: { name: "news-7", namespace: "team-a" },
  loop: { iteration: 2 },
  trigger: { name: "nightly", firedAt: "2026-01-05T00:00:00Z", body: { repo: "ark", number: 42, labels: { kind: "bug", area: "queue" } } },
};

const templates: Readonly<Record<string, string>> = {
  "one input": "{{ .input.topic }}",
  "the output of a step": "{{ .steps.research.output }}",
  "a sentence around an input": "Write an article about {{ .input.topic }} in {{ .input.language }}.",
  "a prompt of several parts":
    "You are the writer of {{ .run.namespace }}/{{ .run.name }}.\n\nTopic: {{ .input.topic }}\nAudience: {{ .input.audience }}\n\nResearch:\n{{ .steps.research.output }}\n\nOutline:\n{{ .steps.outline.output }}\n",
  "a condition on an output": '{{ eq .steps.review.output "APPROVED" }}',
  "a condition on a phase": '{{ and (eq .steps.review.phase "Succeeded") (not .input.draft) }}',
  "a condition on a number": "{{ gt .input.limit 3 }}",
  "the condition of a loop": '{{ and (lt .loop.iteration 5) (ne .steps.review.output "APPROVED") }}',
  "if and else": "{{ if .steps.review.data.approved }}publish{{ else }}revise: {{ .steps.review.output }}{{ end }}",
  "else if": '{{ if eq .input.language "English" }}Write.{{ else if eq .input.language "German" }}Schreibe.{{ else }}Escribe.{{ end }}',
  "a list of tags": "{{ range .input.tags }}- {{ . }}\n{{ end }}",
  "a list with numbers": "{{ range $i, $tag := .input.tags }}{{ if $i }}, {{ end }}{{ $i }}: {{ $tag }}{{ end }}",
  "a list of objects": "{{ range .steps.review.data.remarks }}line {{ .line }}: {{ .text }}\n{{ end }}",
  "a map of labels": "{{ range $key, $value := .trigger.body.labels }}{{ $key }}={{ $value }} {{ end }}",
  with: "{{ with .steps.review.data }}{{ .approved }}{{ else }}nothing{{ end }}",
  "a variable": "{{ $body := .trigger.body }}{{ $body.repo }}#{{ $body.number }}",
  printf: '{{ printf "%s/%s (%d)" .run.namespace .run.name .trigger.body.number }}',
  "printf of a score": '{{ printf "%.2f" .steps.research.data.score }}',
  "index and len": '{{ index .steps "outline" "output" }} {{ len .input.tags }}',
  "a whole map": "{{ .trigger.body }}",
};

const MILLISECONDS = 50;
const ROUNDS = 5;

/** What one side needs for a render, and what it prints. */
interface Measured {
  readonly nanoseconds: number;
  readonly out: string;
}

function measureGo(program: string, template: string): Measured {
  const input = JSON.stringify({ template, data, milliseconds: MILLISECONDS });
  return JSON.parse(execFileSync(program, { input, encoding: "utf8" })) as Measured;
}

function measureOurs(template: CompiledTemplate): Measured {
  let count = 0;
  let length = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < MILLISECONDS) {
    for (let i = 0; i < 100; i++) length += lastUnitOf(template.render(data));
    count += 100;
  }
  const nanoseconds = ((performance.now() - startedMs) * 1e6) / count;
  if (length === 0) throw new Error("nothing was rendered");
  return { nanoseconds, out: template.render(data) };
}

/** V8 joins pieces of text only when somebody reads them; Go's buffer is joined as it is. */
const lastUnitOf = (text: string): number => text.charCodeAt(text.length - 1);

/** Both sides in turns, so that a machine which gets slower does so for both; the best round of each counts. */
function compare(program: string, name: string, text: string): BenchRow {
  const template = compile(text);
  for (let i = 0; i < 20_000; i++) template.render(data); // the compiler warms up
  let go = Number.POSITIVE_INFINITY;
  let ours = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const theirs = measureGo(program, text);
    const mine = measureOurs(template);
    if (theirs.out !== mine.out) throw new Error(`${name}: Go prints ${JSON.stringify(theirs.out)}, we ${JSON.stringify(mine.out)}`);
    go = Math.min(go, theirs.nanoseconds);
    ours = Math.min(ours, mine.nanoseconds);
  }
  return {
    name: `renders/s ÷ Go's: ${name}`,
    measured: `${perSecond(ours)} ÷ ${perSecond(go)}`,
    ratio: go / ours,
    unit: "×",
    atLeast: 1,
  };
}

/** A row for each template, and the median. */
export function templateRows(): BenchRow[] {
  const program = buildGo(new URL("go-template/", import.meta.url));
  const rows = Object.entries(templates).map(([name, text]) => compare(program, name, text));
  const middle = median(rows.map(({ ratio }) => ratio));
  return [
    ...rows,
    { name: "renders/s ÷ Go's: median of 20 templates", measured: `${middle.toFixed(2)} ×`, ratio: middle, unit: "×", atLeast: 3 },
  ];
}

const perSecond = (nanoseconds: number): string => `${(1e3 / nanoseconds).toFixed(2)} M/s`;

if (import.meta.filename === process.argv[1]) for (const row of templateRows()) console.log(markdownOf(row));
