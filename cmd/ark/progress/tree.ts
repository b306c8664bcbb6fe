// The live tree of a run on a terminal (B100): drawn over itself, at most ten times a second, never wider or higher than the screen.
import type { Clock, JournalEvent } from "../../../plugins/sdk/index.ts";
import type { Output, Palette } from "../../terminal/output.ts";
import { oneLine } from "../../terminal/visible.ts";
import { applyEvent, EMPTY_VIEW, inTreeOrder, type RunView, type StepView } from "./model.ts";
import { markOf, shownDuration, shownTokens } from "./words.ts";

const FRAME_MS = 100;
const MAX_LINES = 40;

/** Something that is told of every event, and is ended once. */
export interface Progress {
  event(event: JournalEvent): void;
  /** Clears or completes what is on the screen, so that others may write. Until `resume` nothing is drawn. */
  pause(): void;
  resume(): void;
  end(): void;
}

/** A tree that redraws itself on `output`. */
export function liveTree(output: Output, colour: Palette, clock: Clock): Progress {
  let view: RunView = EMPTY_VIEW;
  let drawnLines = 0;
  let cancelTimer: (() => void) | undefined;
  let paused = false;

  const erase = (): void => {
    if (drawnLines > 0) output.write(`\u001b[${drawnLines}A\u001b[0J`);
    drawnLines = 0;
  };
  const draw = (): void => {
    const lines = treeLines(view, clock.now(), output.columns, colour);
    erase();
    output.write(lines.map((line) => `${line}\n`).join(""));
    drawnLines = lines.length;
  };
  const tick = (): void => {
    cancelTimer = undefined;
    if (paused) return;
    draw();
    if (isActive(view)) cancelTimer = clock.after(FRAME_MS, tick);
  };
  return {
    event(event) {
      view = applyEvent(view, event);
      if (!paused) cancelTimer ??= clock.after(FRAME_MS, tick);
    },
    pause() {
      cancelTimer?.();
      cancelTimer = undefined;
      if (!paused) draw();
      drawnLines = 0; // what stands there stays; the next drawing begins below it
      paused = true;
    },
    resume() {
      paused = false;
      cancelTimer ??= clock.after(FRAME_MS, tick);
    },
    end() {
      cancelTimer?.();
      cancelTimer = undefined;
      if (!paused) draw();
      paused = true;
    },
  };
}

const isActive = (view: RunView): boolean => [...view.steps.values()].some(({ phase }) => phase === "Running" || phase === "Validating");

/** The picture as lines of at most `columns`. A run of more than 40 steps shows those that move and counts the rest. */
export function treeLines(view: RunView, nowMs: number, columns: number, colour: Palette): string[] {
  const steps = inTreeOrder(view);
  const shown =
    steps.length <= MAX_LINES ? steps : steps.filter(({ phase }) => phase !== "Succeeded" && phase !== "Skipped").slice(0, MAX_LINES - 1);
  const lines = shown.map((step) => stepLine(step, nowMs, columns, colour));
  const hidden = steps.length - shown.length;
  if (hidden > 0) lines.unshift(colour.dim(`  ${hidden} more steps ended or waiting`));
  return lines;
}

function stepLine(step: StepView, nowMs: number, columns: number, colour: Palette): string {
  const running = step.durationMs === undefined && step.phase === "Running";
  const duration = running ? shownDuration(nowMs - step.startedMs) : step.durationMs === undefined ? "" : shownDuration(step.durationMs);
  const label = step.name.includes("~") ? step.role : step.name;
  const rounds = step.iteration > 1 ? ` #${step.iteration}` : "";
  const head = `${"  ".repeat(step.depth)}${step.depth > 0 ? "└ " : ""}`;
  const facts = [step.phase, duration, step.tokens > 0 ? shownTokens(step.tokens) : ""].filter((fact) => fact !== "").join("  ");
  const body = oneLine(`${head}${label}${rounds}`, 32).padEnd(32 - 2);
  const indent = " ".repeat(head.length - head.trimStart().length);
  const line = oneLine(`${facts}${step.message === "" ? "" : `  ${step.message}`}`, Math.max(10, columns - 38));
  return `${markOf(step.phase, colour)} ${indent}${body}  ${step.phase === "Failed" ? colour.red(line) : line}`;
}
