import { expect } from "chai";
import { compile } from "./index.ts";

/** Paths as people write them, in the order of the text; "." is all of the data. */
const readsOf = (template: string): string[] => compile(template).references.map(({ path }) => (path.length === 0 ? "." : path.join("/")));

describe("references: what a template reads of its data", () => {
  const cases: Record<string, { template: string; want: string[] }> = {
    "a chain of fields is a path": { template: "{{ .steps.writer.output }}", want: ["steps/writer/output"] },
    "from the root": { template: "{{ $.input.x }}", want: ["input/x"] },
    "the dot and the root used whole": { template: "{{ . }}{{ $ }}", want: [".", "."] },
    "a step used whole": { template: "{{ toJson .steps }}", want: ["steps"] },
    "index with literal keys": { template: '{{ index .steps "writer" "output" }}', want: ["steps/writer/output"] },
    "index with a piped key": { template: '{{ "writer" | index .steps }}', want: ["steps/writer"] },
    "index with a number goes no further": { template: '{{ index .input.list 0 "x" }}', want: ["input/list"] },
    "index with a key that is not known": { template: "{{ index .steps .input.name }}", want: ["steps", "input/name"] },
    "get with a literal key": { template: '{{ get .input "k" }}', want: ["input/k"] },
    "get of get": { template: '{{ get (get .steps "a") "output" }}', want: ["steps/a/output", "steps/a"] },
    "fields of what is in parentheses": { template: '{{ (index .steps "a").output }}', want: ["steps/a/output", "steps/a"] },
    "with binds the dot": { template: "{{ with .steps.a }}{{ .output }}{{ end }}", want: ["steps/a", "steps/a/output"] },
    "the dot of an else is the one outside": { template: "{{ with .a }}{{ .b }}{{ else }}{{ .c }}{{ end }}", want: ["a", "a/b", "c"] },
    "else with binds it too": { template: "{{ with .a }}{{ else with .b }}{{ .c }}{{ end }}", want: ["a", "b", "b/c"] },
    "if does not bind the dot": { template: "{{ if .a }}{{ .b }}{{ end }}", want: ["a", "b"] },
    "what a loop goes through is known, its elements are not": {
      template: "{{ range .list }}{{ .x }}{{ $.y }}{{ else }}{{ .z }}{{ end }}",
      want: ["list", "y", "z"],
    },
    "a variable stands for what it was given": { template: "{{ $s := .steps.a }}{{ $s.output }}", want: ["steps/a", "steps/a/output"] },
    "a variable of with": { template: "{{ with $s := .steps.a }}{{ $s.output }}{{ end }}", want: ["steps/a", "steps/a/output"] },
    "a variable that is given something else may be either": { template: "{{ $s := .a }}{{ $s = .b }}{{ $s.x }}", want: ["a", "b"] },
    "a root that is given something else too": { template: "{{ $.x }}{{ $ = .b }}{{ $.y }}{{ .z }}", want: ["b", "z"] },
    "a variable of an inner block does not leave it": {
      template: "{{ $s := .a }}{{ if .c }}{{ $s := .b }}{{ $s.x }}{{ end }}{{ $s.y }}",
      want: ["a", "c", "b", "b/x", "a/y"],
    },
    "variables of a loop are not known": { template: "{{ range $k, $v := .steps }}{{ $v.output }}{{ end }}", want: ["steps"] },
    "what a function gives is not known, what it gets is": {
      template: "{{ (default .steps.a .steps.b).output }}",
      want: ["steps/a", "steps/b"],
    },
    "all arguments and stages": { template: '{{ printf "%s%s" .a .b | replace "x" .c }}', want: ["a", "b", "c"] },
    "a template gets what it is handed": {
      template: '{{ define "t" }}{{ .output }}{{ end }}{{ template "t" .steps.a }}{{ template "t" .steps.b }}',
      want: ["steps/a/output", "steps/b/output", "steps/a", "steps/b"],
    },
    "a block is a template": {
      template: '{{ block "t" .steps }}{{ .a.output }}{{ $.b }}{{ end }}',
      want: ["steps", "steps/a/output", "steps/b"],
    },
    "a template that calls itself ends": {
      template: '{{ define "t" }}{{ .x }}{{ template "t" .y }}{{ end }}{{ template "t" . }}',
      want: ["x", "y", "."],
    },
    "a template that is handed nothing known": { template: '{{ define "t" }}{{ .x }}{{ end }}{{ template "t" (first .l) }}', want: ["l"] },
    "literals and comments read nothing": { template: '{{ "a" }}{{ 1 }}{{ true }}{{/* .x */}} .y', want: [] },
    "nothing in branches is left out": {
      template: "{{ if .a }}{{ .b }}{{ else if .c }}{{ .d }}{{ else }}{{ .e }}{{ end }}",
      want: ["a", "b", "c", "d", "e"],
    },
  };
  for (const [sentence, { template, want }] of Object.entries(cases)) {
    it(sentence, () => {
      expect(readsOf(template)).to.deep.equal(want);
    });
  }

  it("says where each begins, from 1", () => {
    expect(compile("a\n  {{ .b.c }}\n{{ .d }}").references).to.deep.equal([
      { path: ["b", "c"], line: 2, column: 6 },
      { path: ["d"], line: 3, column: 4 },
    ]);
  });

  it("ends soon when templates call each other in very many ways", () => {
    const calls = Array.from({ length: 60 }, (_, i) => `{{define "d${i}"}}{{template "d${i + 1}" .a}}{{template "d${i + 1}" .b}}{{end}}`);
    expect(readsOf(`${calls.join("")}{{define "d60"}}{{.x}}{{end}}{{template "d0" .}}`)).to.include("a");
  });
});
