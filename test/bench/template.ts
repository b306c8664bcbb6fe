// How fast templates are rendered, compared with Go's own text/template on the same machine in the same run. 20 templates as teams
// have them, compiled once on both sides, with the same data; both sides must print the same.
import { execFileSync } from "node:child_process";
import { compile } from "../../template/index.ts";
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

const MILLISECONDS = 60;

interface GoResult {
  readonly nanoseconds: number;
  readonly out: string;
}

/** Nanoseconds of one render, as the Go program measures its own: the best of five rounds. */
function nanosecondsOf(text: string): { nanoseconds: number; out: string } {
  const template = compile(text);
  let best = Number.POSITIVE_INFINITY;
  let length = 0;
  for (let i = 0; i < 20_000; i++) length += template.render(data).length; // the compiler warms up
  for (let round = 0; round < 5; round++) {
    let count = 0;
    const startedMs = performance.now();
    while (performance.now() - startedMs < MILLISECONDS) {
      for (let i = 0; i < 100; i++) length += flat(template.render(data)).length;
      count += 100;
    }
    best = Math.min(best, ((performance.now() - startedMs) * 1e6) / count);
  }
  if (length === 0) throw new Error(`nothing was rendered for ${text}`);
  return { nanoseconds: best, out: template.render(data) };
}

/** V8 joins pieces of text only when somebody reads them; Go's buffer is read as it is. */
function flat(text: string): string {
  return text.charCodeAt(text.length - 1) === -1 ? "" : text;
}

/** A row for each template, the median, and the slowest. */
export function templateRows(): BenchRow[] {
  const program = buildGo(new URL("go-template/", import.meta.url));
  const request = { templates: Object.values(templates), data, milliseconds: MILLISECONDS };
  const baseline = JSON.parse(execFileSync(program, { input: JSON.stringify(request), encoding: "utf8" })) as GoResult[];
  const rows = Object.entries(templates).map(([name, text], i): BenchRow => {
    const go = baseline[i];
    const ours = nanosecondsOf(text);
    if (go === undefined || go.out !== ours.out)
      throw new Error(`${name}: Go prints ${JSON.stringify(go?.out)}, we ${JSON.stringify(ours.out)}`);
    return {
      name: `renders/s ÷ Go's: ${name}`,
      measured: `${perSecond(ours.nanoseconds)} ÷ ${perSecond(go.nanoseconds)}`,
      ratio: go.nanoseconds / ours.nanoseconds,
      unit: "×",
      atLeast: 1,
    };
  });
  const middle = median(rows.map(({ ratio }) => ratio));
  return [
    ...rows,
    { name: "renders/s ÷ Go's: median of 20 templates", measured: `${middle.toFixed(2)} ×`, ratio: middle, unit: "×", atLeast: 3 },
  ];
}

const perSecond = (nanoseconds: number): string => `${(1e3 / nanoseconds).toFixed(2)} M/s`;

if (import.meta.filename === process.argv[1]) for (const row of templateRows()) console.log(markdownOf(row));
