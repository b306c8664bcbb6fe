// A step's turn: is it wanted (B41), may it (B50), and then out to its agent or child run. What is written here is the intent; the driver
// writes the status before it performs the actions.
import type { JsonValue } from "../crds/index.ts";
import type { Task } from "../plugins/sdk/index.ts";
import { isTrue, TemplateError } from "../template/index.ts";
import type { ChildOrder } from "./actions.ts";
import { askApproval } from "./approval.ts";
import { type Reader, type Rendered, render } from "./context.ts";
import { childNameOf, taskKeyOfStep, traceparentOf } from "./identity.ts";
import { MAX_FEEDBACK, MAX_PROMPT, MAX_TOOL_ROUNDS } from "./limits.ts";
import type { Pass } from "./pass.ts";
import { EMPTY_PROMPT, inputsPrompt, routerPrompt, routerSchema, routerSystem, withSchema } from "./prompt.ts";
import { choices, decideRoute } from "./routing.ts";
import type { RunIndex, StepState } from "./runIndex.ts";
import { type Target, targetOf } from "./target.ts";
import { bytesOf, cutMessage, msOf, timeOf } from "./text.ts";
import { fail, note, skip, wait } from "./transitions.ts";

/** Takes a step whose dependencies have ended as far as it goes now. */
export function begin(pass: Pass, state: StepState): void {
  const { index, nowMs } = pass;
  try {
    if (!state.begun) {
      state.entry.attempt ??= 1;
      state.entry.iterations ??= 1;
      const wanted = isWanted(index, state);
      if (wanted === undefined) return block(index, state);
      state.begun = true;
      index.touch(state);
      if (!wanted) return skip(index, state, nowMs);
    }
    if (askApproval(pass, state) === "open" && !sendOut(pass, state)) block(index, state);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    fail(index, state, "TemplateError", error.message, nowMs);
  }
}

/** Tells the queue, or the maker of child runs, (again) what the status already says. False when a text that it needs is not at hand. */
export function redrive(pass: Pass, state: StepState): boolean {
  const { index, actions, nowMs } = pass;
  const { planned } = state;
  if (planned?.work.is === "team") {
    const input = childInput(index, state);
    if (input !== undefined) actions.push({ is: "startChild", child: childOrder(pass, state, planned.work.team, input) });
    return input !== undefined;
  }
  const prompt = promptOf(index, state);
  if (prompt === undefined) return false;
  const target = targetOf(pass, state);
  if ("reason" in target) fail(index, state, target.reason, target.message, nowMs);
  else actions.push({ is: "dispatch", task: taskOf(pass, state, target, prompt) });
  return true;
}

/** When a step's own time is over, ms; undefined: never, or it has not been dispatched. It is counted from the first dispatch on. */
export function stepDeadlineMs({ entry, planned }: StepState): number | undefined {
  const seconds = planned?.step.timeoutSeconds ?? 0;
  const startMs = msOf(entry.startTime);
  return seconds === 0 || startMs === undefined ? undefined : startMs + seconds * 1_000;
}

/** When the run's time is over, ms; undefined: never. */
export function runDeadlineMs({ status, snapshot }: RunIndex): number | undefined {
  const seconds = snapshot.team?.timeoutSeconds ?? 0;
  const startMs = msOf(status.startTime);
  return seconds === 0 || startMs === undefined ? undefined : startMs + seconds * 1_000;
}

/** The earlier of the two, 0 when there is none. */
export function deadlineOf(index: RunIndex, state: StepState): number {
  const deadlineMs = Math.min(runDeadlineMs(index) ?? Number.POSITIVE_INFINITY, stepDeadlineMs(state) ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(deadlineMs) ? deadlineMs : 0;
}

/** An envelope for work on behalf of a step: what steps and judges have in common. */
export function envelopeOf(pass: Pass, state: StepState, target: Target): Omit<Task, "key" | "kind" | "step" | "prompt" | "role"> {
  const { index, nowMs } = pass;
  return {
    ...{ v: 1, queue: target.queue, ns: index.namespace, team: target.team, agent: target.agent, run: index.name, runUID: index.uid },
    ...{ iteration: state.entry.iterations ?? 1, attempt: state.entry.attempt ?? 1, snapshot: index.snapshotDigest },
    limits: {
      timeoutMs: target.limits.timeoutSeconds * 1_000,
      maxTokensPerCall: target.limits.maxTokensPerCall,
      runMaxTokens: index.snapshot.team?.maxTokens ?? 0,
      maxToolRounds: MAX_TOOL_ROUNDS,
    },
    retries: state.planned?.step.retries ?? target.limits.retries,
    deadlineMs: deadlineOf(index, state),
    ...{ depth: 0, chain: [target.role], mayDelegate: target.mayDelegate },
    traceparent: traceparentOf(index.uid, state.entry.name),
    dispatchedAtMs: nowMs,
  };
}

function isWanted(index: RunIndex, state: StepState): boolean | undefined {
  const condition = state.planned?.step.if;
  if (condition === undefined) return true;
  const rendered = render(index, condition, readerOf(state));
  return rendered.is === "waiting" ? undefined : isTrue(rendered.text);
}

/** Dispatches the step, as far as its texts are at hand. */
function sendOut(pass: Pass, state: StepState): boolean {
  const { index, nowMs, world } = pass;
  const { entry, planned } = state;
  const limit = index.snapshot.team?.maxTokens ?? 0;
  if (limit > 0 && index.spentTokens >= limit) {
    note(index, nowMs, "budget", state, { limit, spent: index.spentTokens });
    fail(index, state, "BudgetExceeded", `maxTokens (${limit}) is used up`, nowMs);
    return true;
  }
  if (planned?.work.is === "team") {
    const input = childInput(index, state);
    if (input === undefined) return false;
    goesOut(index, state, nowMs);
    index.children.set(childNameOf(index.name, entry.name, entry.iterations ?? 1, entry.attempt ?? 1), state);
    pass.actions.push({ is: "startChild", child: childOrder(pass, state, planned.work.team, input) });
    return true;
  }
  if (planned?.work.is === "route" && choices(pass, planned.work.routing).length === 0) {
    decideRoute(pass, state, planned.work.routing, undefined, "no agent offers any capability");
    return true;
  }
  const prompt = promptOf(index, state);
  if (prompt === undefined) return false;
  const bytes = bytesOf(prompt);
  if (bytes > MAX_PROMPT) {
    fail(index, state, "PromptTooLong", `the rendered prompt has ${bytes} bytes, ${MAX_PROMPT} are possible; put less into inputs`, nowMs);
    return true;
  }
  const target = targetOf(pass, state);
  if ("reason" in target) {
    fail(index, state, target.reason, target.message, nowMs);
    return true;
  }
  goesOut(index, state, nowMs);
  if (!world.isReady(target.agent)) {
    entry.phase = "WarmingUp";
    wait(index, state, "WarmingUp", nowMs);
    index.warmingUp.add(state);
  }
  const task = taskOf(pass, state, target, prompt);
  index.takeOff({ key: task.key, queue: task.queue, state, what: "task", redrive: false });
  pass.actions.push({ is: "dispatch", task });
  return true;
}

function goesOut(index: RunIndex, state: StepState, nowMs: number): void {
  const { entry } = state;
  entry.startTime ??= timeOf(nowMs);
  entry.phase = "Running";
  wait(index, state, "Queued", nowMs);
  if (entry.role !== undefined) index.lastByRole.set(entry.role, state);
  const deadlineMs = stepDeadlineMs(state);
  if (deadlineMs !== undefined) index.nextStepDeadlineMs = Math.min(index.nextStepDeadlineMs, deadlineMs);
  index.touch(state);
  note(index, nowMs, "step.started", state);
}

function taskOf(pass: Pass, state: StepState, target: Target, prompt: string): Task {
  const { index } = pass;
  const { entry, planned } = state;
  const shared = { ...envelopeOf(pass, state, target), key: taskKeyOfStep(index, entry), step: entry.name, prompt };
  if (planned?.work.is === "route") {
    const { routing } = planned.work;
    const offered = choices(pass, routing);
    const outputSchema = routerSchema(offered.map(({ id }) => id));
    return {
      ...shared,
      kind: "route",
      role: target.role,
      system: routerSystem(routing.systemPrompt, offered),
      model: routing.model,
      outputSchema,
    };
  }
  const isAnotherTry = (entry.validationAttempts ?? 0) > 0 && entry.validationMessage !== undefined;
  return {
    ...shared,
    ...{ kind: "step", role: target.role },
    ...(isAnotherTry && { feedback: cutMessage(entry.validationMessage ?? "", MAX_FEEDBACK) }),
    ...(planned?.step.outputSchema !== undefined && { outputSchema: planned.step.outputSchema }),
  };
}

/** The prompt; undefined when a text that it reads is not at hand. */
function promptOf(index: RunIndex, state: StepState): string | undefined {
  const { planned } = state;
  const ofRun = (): string => inputsPrompt(index.input) ?? EMPTY_PROMPT;
  if (planned === undefined) return undefined;
  if (planned.prompt === "verbatim") return index.run.spec.prompt ?? EMPTY_PROMPT;
  if (planned.work.is === "route") return routerPrompt(ofRun());
  if (planned.prompt === "run") return ofRun();
  const inputs = renderedInputs(index, state);
  return inputs === undefined ? undefined : withSchema(inputsPrompt(inputs) ?? ofRun(), planned.step.outputSchema);
}

function renderedInputs(index: RunIndex, state: StepState): Record<string, JsonValue> | undefined {
  const reader = readerOf(state);
  const inputs = Object.create(null) as Record<string, JsonValue>;
  let isWhole = true;
  for (const [key, template] of Object.entries(state.planned?.step.inputs ?? {})) {
    const rendered: Rendered = render(index, template, reader);
    if (rendered.is === "waiting") isWhole = false;
    else inputs[key] = rendered.text;
  }
  return isWhole ? inputs : undefined;
}

/** A child run's input: the step's inputs, or, when it has none, this run's. */
function childInput(index: RunIndex, state: StepState): Readonly<Record<string, JsonValue>> | undefined {
  return Object.keys(state.planned?.step.inputs ?? {}).length === 0 ? index.input : renderedInputs(index, state);
}

function childOrder({ index }: Pass, state: StepState, team: string, input: Readonly<Record<string, JsonValue>>): ChildOrder {
  const { entry } = state;
  const [iteration, attempt] = [entry.iterations ?? 1, entry.attempt ?? 1];
  const limit = index.snapshot.team?.maxTokens ?? 0;
  return {
    ...{ name: childNameOf(index.name, entry.name, iteration, attempt), team, input, step: entry.name, iteration, attempt },
    maxTokens: limit === 0 ? 0 : Math.max(1, limit - index.spentTokens),
    deadlineMs: deadlineOf(index, state),
  };
}

function readerOf(state: StepState): Reader {
  const iteration = state.entry.iterations ?? 1;
  return state.planned?.step.loop === undefined ? { state } : { state, iteration, ...(iteration === 1 && { self: NO_ANSWER }) };
}

/** `.steps.<self>` in the first round of a loop (B45). */
const NO_ANSWER = { output: "", data: null, phase: "" };

function block(index: RunIndex, state: StepState): void {
  index.blocked.add(state);
}
