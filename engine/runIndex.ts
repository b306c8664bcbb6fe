// A run, opened for work. **Owned and mutable**: whoever opens it holds the only reference and calls `settle` and `plan` on it in turn; both
// read nothing but it and their arguments. Everything that has to outlive a process is in `status` (which is the live ArkRun status);
// all else here is derived from it by `openRun`, or is a question that the driver still has to answer (texts, events to forget, notes).
// Counters and maps make a result cost the same whether the run has ten steps or five thousand.
import type { ArkRun, ArkRunStatus, JsonValue, RunSnapshot, RunStep } from "../crds/index.ts";
import type { JournalEntry, QueueEvent, QueueName, TaskKey } from "../plugins/sdk/index.ts";
import type { Choice } from "./choice.ts";
import { rootStepOf } from "./identity.ts";
import { type Amount, addAmounts, amountOf, decimalOf, NO_AMOUNT } from "./money.ts";
import type { PlannedStep } from "./plannedStep.ts";
import { TextStore } from "./textStore.ts";

/** One entry of `status.steps`, with what is derived from it. */
export interface StepState {
  /** The live entry. */
  readonly entry: RunStep;
  /** Absent for delegated work. */
  readonly planned: PlannedStep | undefined;
  /** Index in `status.steps`. */
  readonly position: number;
  /** Planned steps that need this one. */
  readonly dependents: StepState[];
  /** Dependencies that have not ended. */
  pendingDeps: number;
  /** Its turn has come: `if` was asked, or it was dispatched. */
  begun: boolean;
  ended: boolean;
  /** The whole answer that a judge is asked about; not in the status (see `settle.ts`). */
  candidate: Answer | undefined;
  /** The round and attempt that a person has admitted, by its key (B50). */
  admitted: TaskKey | undefined;
  /** The tokens of the result that is awaited are in the status already: it was being judged when the process ended. */
  counted: boolean;
  /** Events whose effect is not in the status yet. */
  readonly held: QueueEvent[];
}

/** An answer: whole text, or where it is, and the JSON in it when a schema asks for one. */
export interface Answer {
  readonly text: string;
  readonly data?: JsonValue | undefined;
}

/** A task that somebody works on, or that waits in a queue. */
export interface Flight {
  readonly key: TaskKey;
  readonly queue: QueueName;
  readonly state: StepState;
  readonly what: "task" | "judge" | "delegated";
  /** Nobody knows whether the queue has it: tell it (again). */
  redrive: boolean;
  /** Its step or run has ended: only what it spent still counts. */
  abandoned: boolean;
}

/** A status of which `phase` and `steps` are always there. */
export type RunStatus = ArkRunStatus & Required<Pick<ArkRunStatus, "phase" | "steps">>;

/** Why a run has to end although steps are left. */
export interface Fatal {
  readonly reason: "StepFailed" | "BudgetExceeded";
  readonly step: StepState;
}

/** See the head of this file. Fields that end in `Of…` or take a state are bookkeeping for the engine's other files, not for drivers. */
export class RunIndex {
  /** Replaced by the driver when the spec has changed (`cancel`, `approvals`). */
  run: ArkRun;
  readonly snapshot: RunSnapshot;
  readonly snapshotDigest: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly status: RunStatus;
  /** The run's input over its defaults. */
  readonly input: Readonly<Record<string, JsonValue>>;

  readonly steps = new Map<string, StepState>();
  readonly planned: StepState[] = [];
  /** The step of each role that was asked last (B64). */
  readonly lastByRole = new Map<string, StepState>();
  /** Planned steps that have not ended. */
  unfinished = 0;
  /** Steps whose turn has come, in order. */
  ready: StepState[] = [];
  /** Steps whose turn has come, but a text that they read is not at hand. */
  readonly blocked = new Set<StepState>();
  /** Steps that run again because their stored answer is gone. */
  readonly lost = new Set<StepState>();
  readonly awaitingApproval = new Set<StepState>();
  readonly warmingUp = new Set<StepState>();
  /** Steps that are child runs, by the child's name. */
  readonly children = new Map<string, StepState>();
  /** Child runs that have to be started (again) after a restart. */
  readonly childrenToStart = new Set<StepState>();
  readonly flights = new Map<TaskKey, Flight>();
  readonly redrives = new Set<Flight>();
  /** Flights by the planned step that they are for, delegated ones included. */
  readonly #flightsByStep = new Map<StepState, Set<Flight>>();
  /** Earliest moment at which a step's own time is over; Infinity when none is limited. */
  nextStepDeadlineMs = Number.POSITIVE_INFINITY;
  fatal: Fatal | undefined;
  /** Delegated steps that `status.steps` lists. */
  listed = 0;
  outputBytes = 0;
  messageBytes = 0;
  /** What routers have said, or why they have not; the next plan decides. */
  readonly routed: { readonly state: StepState; readonly choice: Choice | undefined; readonly trouble: string }[] = [];
  /** Steps whose answer a judge is to be asked about by the next plan. */
  readonly toJudge = new Set<StepState>();
  /** Events that wait for a text, or for a step that runs again. */
  readonly parked: QueueEvent[] = [];
  /** Delegated tasks that are counted but not listed, and are settled. */
  readonly settledUnlisted = new Set<TaskKey>();
  /** Requests that have to be told (again) after a restart. */
  readonly approvalsToTell = new Set<StepState>();
  /** Child runs that nobody waits for any more; what they spent still counts. */
  readonly abandonedChildren = new Map<string, StepState>();
  /** Tasks and children that are to be cancelled by the next plan. */
  readonly cancels: ({ readonly flight: Flight; readonly cause: string } | { readonly child: string; readonly cause: string })[] = [];

  readonly texts = new TextStore();
  readonly #notes: JournalEntry[] = [];
  readonly #done: QueueEvent[] = [];
  readonly #changed = new Set<number>();
  #tokens = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  #cost: Amount | undefined;

  constructor(run: ArkRun, snapshot: RunSnapshot, digest: string, input: Readonly<Record<string, JsonValue>>, status: RunStatus) {
    this.run = run;
    this.snapshot = snapshot;
    this.snapshotDigest = digest;
    this.name = run.metadata.name;
    this.namespace = run.metadata.namespace ?? "default";
    this.uid = run.metadata.uid ?? "";
    this.input = input;
    this.status = status;
  }

  /** Whether the run has ended; its phase never changes again (B47). */
  get isTerminal(): boolean {
    const { phase } = this.status;
    return phase === "Succeeded" || phase === "Failed" || phase === "Cancelled";
  }

  /** Adds an entry at the end of `status.steps`. */
  addStep(entry: RunStep, planned: PlannedStep | undefined): StepState {
    const position = this.status.steps.length;
    this.status.steps.push(entry);
    this.#changed.add(position);
    return this.adopt(entry, planned, position);
  }

  /** Takes up an entry that stands in `status.steps`. */
  adopt(entry: RunStep, planned: PlannedStep | undefined, position: number): StepState {
    const state: StepState = {
      ...{ entry, planned, position, dependents: [], pendingDeps: 0, begun: false, ended: false },
      ...{ candidate: undefined, admitted: undefined, counted: false, held: [] },
    };
    this.steps.set(entry.name, state);
    if (planned === undefined) this.listed += 1;
    return state;
  }

  /** Marks an entry as changed since the driver last asked. */
  touch(state: StepState): void {
    this.#changed.add(state.position);
  }

  /** The same by position. */
  touchAt(position: number): void {
    this.#changed.add(position);
  }

  /** Adds what was spent to a step and to the run; zero and nothing leave no trace in a step. */
  spend(state: StepState, usage: Spent | undefined, costUSD: string | undefined): void {
    const { entry } = state;
    if (usage !== undefined && (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) + (usage.totalTokens ?? 0) > 0) {
      entry.tokenUsage = sumOf(entry.tokenUsage ?? {}, usage);
      this.countTokens(usage);
    }
    const amount = costUSD === undefined ? undefined : amountOf(costUSD);
    if (amount !== undefined) {
      entry.costUSD = decimalOf(addAmounts(amountOf(entry.costUSD ?? "0") ?? NO_AMOUNT, amount));
      this.countCost(amount);
    }
    this.touch(state);
  }

  /** Adds tokens to the run's total alone. */
  countTokens(usage: Spent): void {
    this.#tokens = sumOf(this.#tokens, usage);
    if (this.#tokens.totalTokens > 0) this.status.totalTokenUsage = this.#tokens;
  }

  /** Adds money to the run's total alone. */
  countCost(amount: Amount): void {
    this.#cost = addAmounts(this.#cost ?? NO_AMOUNT, amount);
    this.status.totalCostUSD = decimalOf(this.#cost);
  }

  /** Tokens of the whole run so far. */
  get spentTokens(): number {
    return this.#tokens.totalTokens;
  }

  /** A task is (to be) in its queue. */
  takeOff(flight: Omit<Flight, "abandoned">): void {
    const made: Flight = { ...flight, abandoned: false };
    this.flights.set(made.key, made);
    if (made.redrive) this.redrives.add(made);
    const root = this.#rootOf(made.state);
    const beside = this.#flightsByStep.get(root);
    if (beside === undefined) this.#flightsByStep.set(root, new Set([made]));
    else beside.add(made);
  }

  /** What is under way for a planned step, delegated work included. */
  flightsOf(state: StepState): Flight[] {
    return [...(this.#flightsByStep.get(state) ?? [])];
  }

  /** The task is settled. */
  land(flight: Flight): void {
    this.flights.delete(flight.key);
    this.redrives.delete(flight);
    const root = this.#rootOf(flight.state);
    const beside = this.#flightsByStep.get(root);
    beside?.delete(flight);
    if (beside?.size === 0) this.#flightsByStep.delete(root);
  }

  #rootOf(state: StepState): StepState {
    return state.planned === undefined ? (this.steps.get(rootStepOf(state.entry.name)) ?? state) : state;
  }

  /** Nobody waits for the task any more; it is cancelled, and what it spent still counts. */
  abandon(flight: Flight, cause: string): void {
    if (flight.abandoned) return;
    flight.abandoned = true;
    this.redrives.delete(flight);
    this.cancels.push({ flight, cause });
  }

  /** Something for the journal. */
  note(note: JournalEntry): void {
    this.#notes.push(note);
  }

  /** The effect of an event is in the status: once that is written, the queue may forget it. */
  done(event: QueueEvent): void {
    this.#done.push(event);
  }

  /** What the driver has to write into the journal, in order; asked twice, it is told once. */
  takeNotes(): JournalEntry[] {
    return this.#notes.splice(0);
  }

  /** Events to forget after the status is written. */
  takeDone(): QueueEvent[] {
    return this.#done.splice(0).filter(({ id }) => id !== ""); // a look is no event
  }

  /** Positions in `status.steps` that have changed since the last call, ascending. */
  takeChanged(): number[] {
    const changed = [...this.#changed].sort((a, b) => a - b);
    this.#changed.clear();
    return changed;
  }
}

/** Tokens as status and results both have them. */
export interface Spent {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
}

function sumOf(a: Spent, b: Spent): { inputTokens: number; outputTokens: number; totalTokens: number } {
  return {
    inputTokens: (a.inputTokens ?? 0) + (b.inputTokens ?? 0),
    outputTokens: (a.outputTokens ?? 0) + (b.outputTokens ?? 0),
    totalTokens: (a.totalTokens ?? 0) + (b.totalTokens ?? 0),
  };
}
