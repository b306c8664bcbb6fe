// One run while it is driven: gather, settle, plan, write, perform. The status is the record of the engine itself, in memory; everything
// that a cluster would write to the API server is written to the journal.
import type { ArkRun, RunSnapshot } from "../../crds/index.ts";
import {
  type Action,
  type ApprovalRequest,
  type ChildOrder,
  nextLookMs,
  openRun,
  outputOf,
  plan,
  type RunIndex,
  settle,
  settleChild,
  snapshotText,
  supplyText,
  type World,
} from "../../engine/index.ts";
import type { Clock, JournalEntry, QueueBackend, QueueEvent, Task } from "../../plugins/sdk/index.ts";

const QUEUE_FULL_RETRY_MS = 500;
/** Beyond this a timer would not be kept by Node; the run is asked again then, and finds that it is early. */
const MAX_TIMER_MS = 24 * 3_600_000;

/** What a run needs of the driver around it. */
export interface LiveRunParts {
  readonly backend: QueueBackend;
  readonly clock: Clock;
  world(run: LiveRun): World;
  journal(namespace: string, runUID: string, entry: JournalEntry): void;
  startChild(parent: LiveRun, order: ChildOrder): void;
  cancelChild(name: string, cause: string): void;
  requestApproval(run: LiveRun, request: ApprovalRequest): void;
  /** After each pass: it may have ended, or have nothing left to wait for but people. */
  passed(run: LiveRun): void;
  dispatched(run: LiveRun, task: Task): void;
  failed(error: unknown): void;
}

/** See the head of this file. */
export class LiveRun {
  readonly index: RunIndex;
  readonly parent: { readonly run: LiveRun; readonly step: string } | undefined;
  /** The whole output, once the run has succeeded. */
  output = "";
  readonly #parts: LiveRunParts;
  #inPass = false;
  #wanted = false;
  #cancelTimer: (() => void) | undefined;

  constructor(run: ArkRun, snapshot: RunSnapshot, parent: LiveRun["parent"], parts: LiveRunParts) {
    this.index = openRun(run, snapshot);
    this.parent = parent;
    this.#parts = parts;
  }

  get name(): string {
    return this.index.name;
  }

  /** Stores what agents read, and begins. */
  async start(): Promise<void> {
    await this.#parts.backend.blobs.put(this.index.namespace, this.index.uid, snapshotText(this.index.snapshot));
    this.pass();
  }

  /** An event of the queue for this run. */
  hear(event: QueueEvent): void {
    settle(this.index, event, this.#parts.clock.now());
    this.pass();
  }

  /** What has become of a child. */
  hearChild(child: LiveRun): void {
    const { status } = child.index;
    settleChild(
      this.index,
      {
        name: child.name,
        phase: status.phase,
        output: child.output,
        message: status.message ?? "",
        reason: status.conditions?.find(({ type }) => type === "Ready")?.reason ?? "",
        tokenUsage: status.totalTokenUsage,
        costUSD: status.totalCostUSD,
      },
      this.#parts.clock.now(),
    );
    this.pass();
  }

  /** A child that may not begin: its team is not there, or its input does not fit. */
  refuseChild(name: string, reason: string, message: string): void {
    settleChild(this.index, { name, phase: "Failed", output: "", message, reason }, this.#parts.clock.now());
    this.pass();
  }

  /** Changes what a user may change: `cancel`, and decisions about approvals. */
  edit(change: Partial<Pick<ArkRun["spec"], "cancel" | "approvals">>): void {
    this.index.run = { ...this.index.run, spec: { ...this.index.run.spec, ...change } };
    this.pass();
  }

  /** Plans as soon as nothing else is being planned. Passes of one run never overlap. */
  pass(): void {
    this.#wanted = true;
    if (this.#inPass) return;
    this.#inPass = true;
    this.#passAll().then(
      () => this.#parts.passed(this),
      (error: unknown) => this.#parts.failed(error),
    );
  }

  async #passAll(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        await this.#passOnce();
      }
    } finally {
      this.#inPass = false;
    }
    this.#schedule();
  }

  async #passOnce(): Promise<void> {
    const { index } = this;
    const { backend, clock } = this.#parts;
    const actions = plan(index, this.#parts.world(this), clock.now());
    for (const { text } of index.texts.takeUnstored()) await backend.blobs.put(index.namespace, index.uid, text);
    for (const note of index.takeNotes()) this.#parts.journal(index.namespace, index.uid, await this.#whole(note));
    for (const action of actions) await this.#perform(action);
    const done = index.takeDone();
    if (done.length > 0) await backend.control.forget(done);
    for (const sha256 of index.texts.wanted()) {
      supplyText(index, sha256, await backend.blobs.get(index.namespace, index.uid, sha256), clock.now());
      this.#wanted = true;
    }
  }

  /** Notes carry what a journal has to hold so that the run can be gone on with: the record and its snapshot, entries and whole outputs. */
  async #whole(note: JournalEntry): Promise<JournalEntry> {
    const { index, parent } = this;
    const family = parent && { parentRun: parent.run.name, parentStep: parent.step };
    switch (note.type) {
      case "run.started": {
        const { status: _, ...record } = index.run;
        return { ...note, ...family, record, input: index.run.spec.input ?? {}, snapshot: index.snapshot };
      }
      case "run.finished":
        return { ...note, ...family };
      case "step.finished":
      case "step.skipped": {
        const entry = note.step === undefined ? undefined : index.steps.get(note.step)?.entry;
        if (!entry) return note;
        const whole = entry.outputRef && (await this.#parts.backend.blobs.get(index.namespace, index.uid, entry.outputRef.sha256));
        return { ...note, ...family, parent: entry.parent, depth: entry.depth, output: whole ?? entry.output, entry: { ...entry } };
      }
      case "step.started": {
        const entry = note.step === undefined ? undefined : index.steps.get(note.step)?.entry;
        return { ...note, ...family, parent: entry?.parent, depth: entry?.depth };
      }
      case "approval.decided": {
        const approval = index.run.spec.approvals?.find(
          (each) => each.step === note.step && (each.iteration ?? 1) === note.iteration && (each.attempt ?? 1) === note.attempt,
        );
        return { ...note, approval };
      }
      default:
        return note;
    }
  }

  async #perform(action: Action): Promise<void> {
    const { backend } = this.#parts;
    switch (action.is) {
      case "dispatch":
        return this.#dispatch(action.task);
      case "cancelTask":
        await backend.control.cancel(action.key, action.cause, action.queue);
        return;
      case "startChild":
        this.#parts.startChild(this, action.child);
        return;
      case "cancelChild":
        this.#parts.cancelChild(action.name, action.cause);
        return;
      case "requestApproval":
        this.#parts.requestApproval(this, action.request);
        return;
      case "finish":
        if (action.phase === "Succeeded") await this.#readOutput();
    }
  }

  async #dispatch(task: Task): Promise<void> {
    if ((await this.#parts.backend.tasks.enqueue(task)) === "full") {
      this.#parts.clock.after(QUEUE_FULL_RETRY_MS, () => {
        if (this.index.flights.has(task.key)) this.#dispatch(task).catch((error: unknown) => this.#parts.failed(error));
      });
      return;
    }
    this.#parts.dispatched(this, task);
  }

  async #readOutput(): Promise<void> {
    const { index } = this;
    const ref = index.status.outputRef;
    this.output =
      (ref && (await this.#parts.backend.blobs.get(index.namespace, index.uid, ref.sha256))) ??
      outputOf(index) ??
      index.status.output ??
      "";
  }

  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const atMs = nextLookMs(this.index);
    if (!Number.isFinite(atMs)) return;
    const waitMs = Math.min(Math.max(atMs - this.#parts.clock.now(), 0), MAX_TIMER_MS);
    this.#cancelTimer = this.#parts.clock.after(waitMs, () => this.pass());
  }

  /** No timer is left behind. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
