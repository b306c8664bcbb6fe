// What the templates of a run may read (SPEC §5): `.input`, `.steps`, `.roles`, `.run` and, in loops, `.loop`. Only steps that a template
// names are put in, so that rendering costs the same in a run of any size; a template that ranges over `.steps` gets what the step waited
// for. `now` is the run's start: the same run renders the same bytes whenever and wherever it is asked (P13).
import { type CompiledTemplate, templateCache } from "../template/index.ts";
import { dataOf, textOf } from "./outputs.ts";
import type { RunIndex, StepState } from "./runIndex.ts";
import { msOf } from "./text.ts";

const compiled = templateCache();

/** A text is rendered, or has to wait for texts that the index now wants. */
export type Rendered = { readonly is: "text"; readonly text: string } | { readonly is: "waiting" };

/** For whom a template is rendered: a step in its round of a loop, or the run as a whole. */
export interface Reader {
  readonly state?: StepState | undefined;
  /** `.loop.iteration`; only where the step has a loop. */
  readonly iteration?: number | undefined;
  /** What `.steps.<self>` is when it is not the step's entry: nothing in the first round, whatever attempt it is (B45); this round's answer where the condition is asked. */
  readonly self?: { readonly output: string; readonly data: unknown; readonly phase: string } | undefined;
}

/**
 * Renders a template of the run.
 * @throws TemplateError when it does not parse, or cannot be rendered with this data (B32)
 */
export function render(index: RunIndex, template: string, reader: Reader): Rendered {
  if (!template.includes("{{")) return { is: "text", text: template };
  const program = compiled(template);
  const read = readsOf(program);
  const steps = stepsFor(index, read, reader);
  const roles = rolesFor(index, read);
  if (steps === undefined || roles === undefined) return { is: "waiting" };
  const data = record({
    input: index.input,
    run: record({ name: index.name, namespace: index.namespace }),
    ...(reader.iteration !== undefined && { loop: record({ iteration: reader.iteration }) }),
    steps,
    roles,
  });
  const nowMs = msOf(index.status.startTime) ?? 0;
  return { is: "text", text: program.render(data, { nowMs }) };
}

/** Names below `.steps` and `.roles` that a template reads; undefined: it may read any. */
interface Reads {
  readonly steps: ReadonlySet<string> | undefined;
  readonly roles: ReadonlySet<string> | undefined;
}

const reads = new WeakMap<CompiledTemplate, Reads>();

function readsOf(program: CompiledTemplate): Reads {
  const known = reads.get(program);
  if (known !== undefined) return known;
  const fresh = { steps: namesBelow(program, "steps"), roles: namesBelow(program, "roles") };
  reads.set(program, fresh);
  return fresh;
}

function namesBelow(program: CompiledTemplate, root: string): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { path } of program.references) {
    const [first, second] = path;
    if (first === undefined) return undefined;
    if (first !== root) continue;
    if (second === undefined) return undefined;
    names.add(second);
  }
  return names;
}

/** `.steps`; undefined when a text is not at hand. */
function stepsFor(index: RunIndex, { steps }: Reads, reader: Reader): Record<string, unknown> | undefined {
  const { state } = reader;
  const names = steps ?? namesInReach(index, state);
  const made = record({});
  let isWhole = true;
  for (const name of names) {
    const step = index.steps.get(name);
    if (step?.planned === undefined) continue;
    if (step === state && reader.self !== undefined) {
      made[name] = record(reader.self);
      continue;
    }
    if (index.lost.has(step)) isWhole = false; // it comes again
    if (step !== state && !step.ended) continue; // nothing that is not settled is ever read: the text would depend on time
    const view = viewOf(index, step);
    if (view === undefined) isWhole = false;
    else made[name] = view;
  }
  return isWhole ? made : undefined;
}

/** `.roles`: what each role answered when it was asked last (B64). */
function rolesFor(index: RunIndex, { roles }: Reads): Record<string, unknown> | undefined {
  const made = record({});
  let isWhole = true;
  for (const role of roles ?? index.lastByRole.keys()) {
    const step = index.lastByRole.get(role);
    if (step === undefined) continue;
    const view = viewOf(index, step);
    if (view === undefined) isWhole = false;
    else made[role] = view;
  }
  return isWhole ? made : undefined;
}

function viewOf(index: RunIndex, step: StepState): Record<string, unknown> | undefined {
  const output = textOf(index, step.entry);
  if (output === undefined) return undefined;
  return record({ output, data: dataOf(index, step) ?? null, phase: step.entry.phase });
}

/** What a template that reads all of `.steps` is given: everything that the step waited for; at the end, every planned step. */
function namesInReach(index: RunIndex, state: StepState | undefined): string[] {
  if (state === undefined) return index.planned.map((step) => step.entry.name);
  const found = new Set<string>([state.entry.name]);
  for (const name of found) for (const needed of index.steps.get(name)?.planned?.step.dependsOn ?? []) found.add(needed);
  return [...found].sort();
}

/** Fields without a prototype: a step may be called `constructor`. */
function record(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, fields);
}
