// Events of the queue into the run. Any order, any number of times: a result counts when its key is awaited, and once. What is being judged
// is not in the status: its event is held, so that the queue brings it again if we end before the verdict is written.
import { NO_USAGE, type QueueEvent, type TaskFailure, type TaskResult } from "../plugins/sdk/index.ts";
import { isTrue, TemplateError } from "../template/index.ts";
import { choiceOf } from "./choice.ts";
import { render } from "./context.ts";
import { settleDelegated, spawn } from "./delegated.ts";
import { judgedStepOf, partsOfKey } from "./identity.ts";
import { MAX_MESSAGE } from "./limits.ts";
import { type Output, storeOutput } from "./outputs.ts";
import type { Answer, Flight, RunIndex, Spent, StepState } from "./runIndex.ts";
import { cutMessage } from "./text.ts";
import { abandonDelegated, again, fail, loseOutput, note, say, succeed, unblock, wait } from "./transitions.ts";
import { checkAnswer, isChecked } from "./validate.ts";
import { verdictOf } from "./verdict.ts";

/** Takes up one event. Its effect is in `index.status`; `index.takeDone()` says which events the queue may forget once that is written. */
export function settle(index: RunIndex, event: QueueEvent, nowMs: number): void {
  if (event.runUID !== index.uid) return index.done(event);
  if (event.type === "delegated") {
    spawn(index, event.task, nowMs);
    return index.done(event);
  }
  const flight = index.flights.get(event.key) ?? adopt(index, event, nowMs);
  if (flight === undefined) return isHeld(index, event) ? undefined : index.done(event);
  if (event.type === "waiting") {
    if (!flight.abandoned && !flight.state.ended) {
      leaveWarmUp(index, flight.state);
      wait(index, flight.state, event.waiting.reason, event.waiting.sinceMs);
    }
    return index.done(event);
  }
  if (flight.abandoned || flight.what === "delegated") {
    land(index, flight, event);
    settleDelegated(index, flight, event, nowMs);
    return index.done(event);
  }
  switch (flight.what) {
    case "task":
      return settleTask(index, flight, event, nowMs);
    case "judge":
      return settleJudge(index, flight, event, nowMs);
  }
}

/** A blob has been read: what waited for it goes on. Undefined: the store does not have it (P1, `OutputLost`). */
export function supplyText(index: RunIndex, sha256: string, text: string | undefined, nowMs: number): void {
  if (text !== undefined) index.texts.keep(sha256, text);
  else {
    const [lost, others] = partition(index.parked.splice(0), (event) => refOf(event)?.sha256 === sha256);
    index.parked.push(...others);
    loseOutput(index, sha256, nowMs);
    for (const event of lost) loseResult(index, event, nowMs);
  }
  settleParked(index, nowMs);
  unblock(index);
}

/** Tries the events again that waited for a text or for a step that runs again. */
export function settleParked(index: RunIndex, nowMs: number): void {
  for (const event of index.parked.splice(0)) settle(index, event, nowMs);
}

type Settled = Extract<QueueEvent, { type: "settled" }>;

/** A result for delegated work that nobody told us of: its `delegated` event is late. */
function adopt(index: RunIndex, event: QueueEvent, nowMs: number): Flight | undefined {
  const parts = partsOfKey(index.uid, event.key);
  return parts === undefined ? undefined : spawn(index, { key: event.key, ...parts }, nowMs);
}

/** An event for an answer that is being judged: kept until the verdict is written, also when a look has told the answer before it. */
function isHeld(index: RunIndex, event: QueueEvent): boolean {
  const step = partsOfKey(index.uid, event.key)?.step;
  const held = step === undefined ? undefined : index.steps.get(step)?.held;
  if (held === undefined || event.type !== "settled" || !held.some(({ key }) => key === event.key)) return false;
  if (!held.some(({ id }) => id === event.id)) held.push(event);
  return true;
}

/** The task is over: what it spent counts, whatever becomes of its answer. */
function land(index: RunIndex, flight: Flight, event: Settled): void {
  index.land(flight);
  const { usage, costUSD } = event.state === "done" ? event.result : event.failure;
  index.spend(flight.state, usage, costUSD);
}

function settleTask(index: RunIndex, flight: Flight, event: Settled, nowMs: number): void {
  const { state } = flight;
  if (state.candidate !== undefined) return; // being judged: a copy of an event that is held
  if (event.state !== "done") {
    land(index, flight, event);
    failTask(index, state, event.failure, event.state, nowMs);
    return index.done(event);
  }
  const outcome = outcomeOf(index, state, event.result);
  if (outcome.is === "waiting") return park(index, event);
  const wasCounted = state.counted;
  state.counted = false;
  if (wasCounted) index.land(flight);
  else land(index, flight, event);
  leaveWarmUp(index, state);
  wait(index, state, undefined, nowMs);
  abandonDelegated(index, state, `step "${state.entry.name}" has its answer`);
  take(index, state, event, outcome, nowMs);
}

/** A child run as its parent sees it. `output` is whole: the child's blobs are not this run's, its driver reads them. */
export interface ChildView {
  readonly name: string;
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";
  readonly output: string;
  readonly message: string;
  /** Of its condition Ready. */
  readonly reason: string;
  readonly tokenUsage?: Spent | undefined;
  readonly costUSD?: string | undefined;
}

/** Takes up what has become of a child run (B48): output, failure, tokens and cost come up once, when it has ended. */
export function settleChild(index: RunIndex, child: ChildView, nowMs: number): void {
  const state = index.children.get(child.name) ?? index.abandonedChildren.get(child.name);
  if (state === undefined || state.candidate !== undefined) return;
  if (child.phase === "Pending" || child.phase === "Running") {
    if (child.phase === "Running" && !state.ended) wait(index, state, undefined, nowMs);
    return;
  }
  if (!state.counted) index.spend(state, child.tokenUsage, child.costUSD);
  state.counted = false;
  index.childrenToStart.delete(state);
  if (index.abandonedChildren.delete(child.name)) return;
  if (child.phase !== "Succeeded") {
    index.children.delete(child.name);
    const limit = index.snapshot.team?.maxTokens ?? 0;
    const reason = child.reason === "BudgetExceeded" && limit > 0 ? "BudgetExceeded" : "ChildRunFailed";
    return fail(index, state, reason, `run "${child.name}" ended as ${child.phase}: ${child.message}`, nowMs);
  }
  const result: TaskResult = { key: "", output: child.output, preview: "", usage: NO_USAGE, toolRounds: 0, stopReason: "end", agent: "" };
  const outcome = outcomeOf(index, state, result);
  if (outcome.is === "waiting") {
    state.counted = true; // its driver shows it again when the text is there
    return;
  }
  index.children.delete(child.name);
  wait(index, state, undefined, nowMs);
  const header = { id: "", namespace: index.namespace, key: "", run: index.name, runUID: index.uid };
  const counters = { crashes: 0, errors: 0, throttled: 0 };
  take(index, state, { ...header, type: "settled", state: "done", result, counters }, outcome, nowMs);
  if (state.entry.phase === "Succeeded" && state.entry.message === undefined) say(index, state, `done by run "${child.name}"`);
}

/** What follows from an answer. It is found before anything is changed, so that an answer whose texts are missing can wait whole. */
type Outcome =
  | { readonly is: "waiting" }
  | { readonly is: "routed"; readonly text: string }
  | { readonly is: "rejected"; readonly reason: string; readonly isFinal: boolean }
  | { readonly is: "judge"; readonly answer: Answer }
  | { readonly is: "accepted"; readonly output: Output; readonly isChecked: boolean; readonly next: AfterRound };

function outcomeOf(index: RunIndex, state: StepState, result: TaskResult): Outcome {
  const { planned } = state;
  const { outputRef: ref, preview } = result;
  const text = wholeText(index, state, result);
  if (text === undefined && needsText(state)) return { is: "waiting" };
  if (planned?.work.is === "route") return { is: "routed", text: text ?? "" };
  if (planned === undefined || text === undefined || !isChecked(planned.step)) {
    const next = afterRound(index, state, { text: text ?? "" });
    return next.is === "waiting" ? next : { is: "accepted", output: { text, ref, preview }, isChecked: false, next };
  }
  const checked = checkAnswer(planned.step, text, result.stopReason);
  if (checked.is !== "accepted") return checked;
  const next = afterRound(index, state, checked.answer);
  return next.is === "waiting" ? next : { is: "accepted", output: { text, ref, data: checked.answer.data }, isChecked: true, next };
}

function take(
  index: RunIndex,
  state: StepState,
  event: Settled & { state: "done" },
  outcome: Exclude<Outcome, { is: "waiting" }>,
  nowMs: number,
): void {
  switch (outcome.is) {
    case "routed":
      index.routed.push({ state, choice: choiceOf(outcome.text), trouble: "the router's answer is not {capability, reason}" });
      return index.done(event);
    case "accepted":
      if (outcome.isChecked) countCheck(index, state, undefined, nowMs);
      accept(index, state, outcome.output, outcome.next, noteOn(event.result), nowMs);
      return index.done(event);
    case "rejected":
      reject(index, state, outcome.reason, outcome.isFinal, nowMs);
      return index.done(event);
    case "judge": {
      state.entry.phase = "Validating";
      state.candidate = outcome.answer;
      index.toJudge.add(state);
      index.touch(state);
      const early = state.held.splice(0).find((held) => judgedStepOf(partsOfKey(index.uid, held.key)?.step ?? "") !== undefined);
      state.held.push(event);
      if (early !== undefined) settle(index, early, nowMs);
    }
  }
}

function settleJudge(index: RunIndex, flight: Flight, event: Settled, nowMs: number): void {
  const { state } = flight;
  const { candidate } = state;
  if (candidate === undefined) {
    // We were ended in between. The answer itself comes again, and then this is taken up.
    if (!state.held.some(({ key }) => key === event.key)) state.held.push(event);
    return;
  }
  const verdict = event.state === "done" ? verdictOf(event.result.output ?? event.result.preview) : undefined;
  const next = verdict?.isValid === true ? afterRound(index, state, candidate) : { is: "end" as const };
  if (next.is === "waiting") return park(index, event);
  land(index, flight, event);
  index.toJudge.delete(state);
  for (const held of state.held.splice(0)) index.done(held);
  index.done(event);
  if (event.state !== "done") {
    const { reason, message } = event.failure;
    return fail(index, state, reason === "BudgetExceeded" ? reason : "JudgeFailed", `the judge could not be asked: ${message}`, nowMs);
  }
  if (verdict?.isValid !== true) return reject(index, state, verdict?.reason ?? "", false, nowMs);
  countCheck(index, state, undefined, nowMs);
  accept(index, state, candidate, next, undefined, nowMs);
}

/** What follows a round of a loop (B45): another one, the end, or the end because the condition cannot be rendered (B32). */
type AfterRound = { readonly is: "again" | "end" | "capped" } | { readonly is: "broken"; readonly message: string };

/** Asks the loop's condition, the answer of this round being the step's. */
function afterRound(index: RunIndex, state: StepState, answer: Answer): AfterRound | { readonly is: "waiting" } {
  const loop = state.planned?.step.loop;
  if (loop === undefined) return { is: "end" };
  const iteration = state.entry.iterations ?? 1;
  try {
    const rendered = render(index, loop.condition, {
      state,
      iteration,
      self: { output: answer.text, data: answer.data ?? null, phase: "Succeeded" },
    });
    if (rendered.is === "waiting") return rendered;
    if (!isTrue(rendered.text)) return { is: "end" };
    return { is: iteration < loop.maxIterations ? "again" : "capped" };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { is: "broken", message: error.message };
  }
}

/** The answer stands: it is the step's, until another round of the loop replaces it (B45). */
function accept(index: RunIndex, state: StepState, output: Output, next: AfterRound, message: string | undefined, nowMs: number): void {
  const { entry, planned } = state;
  storeOutput(index, state, output);
  switch (next.is) {
    case "end":
      return succeed(index, state, nowMs, message);
    case "capped":
      return succeed(
        index,
        state,
        nowMs,
        `loop ended at maxIterations (${planned?.step.loop?.maxIterations ?? 0}) with its condition still true`,
      );
    case "broken":
      return fail(index, state, "TemplateError", `loop.condition: ${next.message}`, nowMs);
    case "again":
      delete entry.validationAttempts;
      delete entry.validationMessage;
      return again(index, state, (entry.iterations ?? 1) + 1, 1);
  }
}

/** The answer does not stand: another attempt, if the step allows one, or the end of the step (B43, B44). */
function reject(index: RunIndex, state: StepState, reason: string, isFinal: boolean, nowMs: number): void {
  const { entry, planned } = state;
  countCheck(index, state, reason, nowMs);
  const rule = planned?.step.validate;
  const rejections = entry.validationAttempts ?? 1;
  if (!isFinal && rule?.onFailure === "retry" && rejections <= rule.maxRetries) {
    const attempt = (entry.attempt ?? 1) + 1;
    note(index, nowMs, "retry", state, { reason: "OutputRejected", delayMs: 0, message: entry.validationMessage });
    return again(index, state, entry.iterations ?? 1, attempt);
  }
  fail(index, state, "OutputRejected", reason, nowMs);
}

function countCheck(index: RunIndex, state: StepState, refusal: string | undefined, nowMs: number): void {
  const { entry } = state;
  entry.validationAttempts = (entry.validationAttempts ?? 0) + 1;
  if (refusal === undefined) delete entry.validationMessage;
  else entry.validationMessage = cutMessage(refusal, MAX_MESSAGE);
  note(index, nowMs, "validation", state, {
    valid: refusal === undefined,
    ...(refusal !== undefined && { message: entry.validationMessage }),
  });
}

function failTask(index: RunIndex, state: StepState, failure: TaskFailure, how: "dead" | "cancelled" | "expired", nowMs: number): void {
  const reason = how === "cancelled" ? "Cancelled" : how === "expired" ? "TimedOut" : failure.reason;
  if (state.planned?.work.is === "route" && failure.reason !== "BudgetExceeded") {
    index.routed.push({ state, choice: undefined, trouble: `the router failed (${reason}: ${failure.message})` });
    return;
  }
  fail(index, state, failure.reason === "BudgetExceeded" ? failure.reason : reason, failure.message, nowMs);
}

function loseResult(index: RunIndex, event: QueueEvent, nowMs: number): void {
  const flight = index.flights.get(event.key);
  if (flight === undefined || event.type !== "settled") return index.done(event);
  land(index, flight, event);
  note(index, nowMs, "retry", flight.state, { reason: "OutputLost", delayMs: 0 });
  again(index, flight.state, flight.state.entry.iterations ?? 1, (flight.state.entry.attempt ?? 1) + 1);
  index.done(event);
}

/** The whole answer, undefined when it is a blob that is not at hand. */
function wholeText(index: RunIndex, state: StepState, result: TaskResult): string | undefined {
  if (result.output !== undefined) return result.output;
  if (result.outputRef === undefined) return result.preview;
  return needsText(state) ? index.texts.get(result.outputRef.sha256) : undefined;
}

/** Whether anything looks into the answer before it is accepted. */
function needsText({ planned }: StepState): boolean {
  return planned !== undefined && (planned.work.is === "route" || isChecked(planned.step) || planned.step.loop !== undefined);
}

function park(index: RunIndex, event: Settled): void {
  if (!index.parked.some(({ key }) => key === event.key)) index.parked.push(event);
}

function refOf(event: QueueEvent): TaskResult["outputRef"] {
  return event.type === "settled" && event.state === "done" ? event.result.outputRef : undefined;
}

function partition<T>(all: readonly T[], belongs: (each: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((each) => !belongs(each))];
}

function leaveWarmUp(index: RunIndex, state: StepState): void {
  index.warmingUp.delete(state);
  if (state.entry.phase === "WarmingUp") state.entry.phase = "Running";
}

function noteOn(result: TaskResult): string | undefined {
  if (result.truncated === true) return "the answer was longer than 1 MiB and was cut";
  if (result.stopReason === "length") return "the answer was cut at limits.maxTokensPerCall";
  return result.stopReason === "refusal" ? "the model refused to answer" : undefined;
}
