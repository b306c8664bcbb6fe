// What is known of a run while it goes on, made from its journal. Pure: the same events, the same picture.
import type { JournalEvent } from "../../../plugins/sdk/index.ts";

/** One step or delegation, in the order of creation. */
export interface StepView {
  readonly key: string;
  readonly run: string;
  readonly name: string;
  readonly role: string;
  readonly phase: string;
  /** Levels below the run: a delegated step hangs below the one that asked; a child run's steps below the step that is that run. */
  readonly depth: number;
  readonly parent?: string;
  readonly startedMs: number;
  readonly durationMs?: number;
  readonly tokens: number;
  readonly iteration: number;
  readonly attempt: number;
  readonly message: string;
}

/** A run and its children's steps, in creation order, parents before what hangs below them. */
export interface RunView {
  readonly steps: ReadonlyMap<string, StepView>;
  readonly phase: string;
  readonly message: string;
}

/** Nothing yet. */
export const EMPTY_VIEW: RunView = { steps: new Map(), phase: "Pending", message: "" };

const keyOf = (run: string, step: string): string => `${run}/${step}`;
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The picture after one more event. Types that it does not know change nothing (B125). */
export function applyEvent(view: RunView, event: JournalEvent): RunView {
  switch (event.type) {
    case "run.started":
      return event["parentRun"] === undefined ? { ...view, phase: "Running" } : view;
    case "run.finished":
      return event["parentRun"] === undefined ? { ...view, phase: text(event["phase"]), message: event.message ?? "" } : view;
    case "step.started":
    case "delegate.started":
    case "approval.requested":
    case "step.finished":
    case "step.skipped":
    case "delegate.finished":
    case "model.finished":
    case "retry":
    case "validation":
      return event.step === undefined ? view : { ...view, steps: withStep(view.steps, event, event.step) };
    default:
      return view;
  }
}

function withStep(steps: ReadonlyMap<string, StepView>, event: JournalEvent, step: string): ReadonlyMap<string, StepView> {
  const key = keyOf(event.run, step);
  const known = steps.get(key);
  if (known === undefined && (event.type === "model.finished" || event.type === "retry")) return steps;
  const atMs = Date.parse(event.at);
  const before: StepView = known ?? {
    key,
    run: event.run,
    name: step,
    role: event.role ?? "",
    phase: "Pending",
    depth: depthOf(steps, event),
    ...parentOf(event),
    startedMs: atMs,
    tokens: 0,
    iteration: 1,
    attempt: 1,
    message: "",
  };
  return new Map(steps).set(key, after(before, event, atMs));
}

function after(step: StepView, event: JournalEvent, atMs: number): StepView {
  const round = { iteration: event.iteration ?? step.iteration, attempt: event.attempt ?? step.attempt };
  switch (event.type) {
    case "step.started":
    case "delegate.started":
      return { ...step, ...round, role: event.role ?? step.role, phase: "Running", message: "" };
    case "approval.requested":
      return { ...step, phase: "AwaitingApproval", message: event.message ?? "" };
    case "step.skipped":
      return { ...step, phase: "Skipped", durationMs: 0, message: event.message ?? "" };
    case "step.finished":
    case "delegate.finished":
      return {
        ...step,
        ...round,
        phase: text(event["phase"]) || (event.error ? "Failed" : "Succeeded"),
        durationMs: event.durationMs ?? Math.max(0, atMs - step.startedMs),
        tokens: event.tokenUsage?.totalTokens ?? step.tokens,
        message: event.error?.message ?? event.message ?? "",
      };
    case "model.finished":
      return { ...step, tokens: step.tokens + (event.tokenUsage?.totalTokens ?? 0) };
    case "retry":
    case "validation":
      return { ...step, message: event.message ?? step.message };
    default:
      return step;
  }
}

function parentOf(event: JournalEvent): { parent: string } | Record<string, never> {
  const parent = text(event["parent"]);
  if (parent !== "") return { parent: keyOf(event.run, parent) };
  const [parentRun, parentStep] = [text(event["parentRun"]), text(event["parentStep"])];
  return parentRun === "" ? {} : { parent: keyOf(parentRun, parentStep) };
}

function depthOf(steps: ReadonlyMap<string, StepView>, event: JournalEvent): number {
  const { parent } = parentOf(event);
  const above = parent === undefined ? undefined : steps.get(parent);
  return above === undefined ? 0 : above.depth + 1;
}

/** The steps as a tree is read: each parent followed by what hangs below it. Cost O(n). */
export function inTreeOrder(view: RunView): StepView[] {
  const below = new Map<string, StepView[]>();
  const roots: StepView[] = [];
  for (const step of view.steps.values()) {
    if (step.parent !== undefined && view.steps.has(step.parent)) {
      const siblings = below.get(step.parent);
      if (siblings) siblings.push(step);
      else below.set(step.parent, [step]);
    } else roots.push(step);
  }
  const ordered: StepView[] = [];
  const stack = roots.reverse();
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    ordered.push(step);
    stack.push(...(below.get(step.key) ?? []).reverse());
  }
  return ordered;
}
