// Progress where there is no terminal: one plain line for everything that begins or ends, as a log is read.
import type { JournalEvent } from "../../../plugins/sdk/index.ts";
import type { Output } from "../../terminal/output.ts";
import { oneLine } from "../../terminal/visible.ts";
import type { Progress } from "./tree.ts";
import { shownDuration, shownTokens } from "./words.ts";

const MAX_LINE = 400;

/** Lines on `output`. */
export function plainLines(output: Output): Progress {
  return {
    event(event) {
      const line = lineOf(event);
      if (line !== undefined) output.write(`${oneLine(line, MAX_LINE)}\n`);
    },
    pause() {},
    resume() {},
    end() {},
  };
}

/** What is said of an event; undefined for those that are left to the journal. */
export function lineOf(event: JournalEvent): string | undefined {
  const round = (event.iteration ?? 1) > 1 ? ` #${event.iteration}` : "";
  const again = (event.attempt ?? 1) > 1 ? ` (attempt ${event.attempt})` : "";
  const name = `${event.step ?? event.run}${round}${again}`;
  const tail = event.error?.message ?? event.message;
  const said = tail === undefined || tail === "" ? "" : `: ${tail}`;
  const facts = [
    event.durationMs === undefined ? "" : shownDuration(event.durationMs),
    event.tokenUsage === undefined || event.tokenUsage.totalTokens === 0 ? "" : shownTokens(event.tokenUsage.totalTokens),
  ].filter((fact) => fact !== "");
  const inBrackets = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
  switch (event.type) {
    case "run.started":
      return `run ${event.run}: started`;
    case "run.finished":
      return `run ${event.run}: ${wordOf(event["phase"], "finished")}${inBrackets}${said}`;
    case "step.started":
      return `${name}: started`;
    case "step.finished":
      return `${name}: ${wordOf(event["phase"], "finished")}${inBrackets}${said}`;
    case "step.skipped":
      return `${name}: Skipped`;
    case "delegate.started":
      return `${name}: delegates to ${wordOf(event["toRole"], event.role ?? "")}`;
    case "delegate.finished":
      return `${name}: ${event.error ? "refused" : "answered"}${inBrackets}${said}`;
    case "retry":
      return `${name}: asked again${said}`;
    case "approval.requested":
      return `${name}: awaiting approval${said}`;
    case "approval.decided":
      return `${name}: ${tail === undefined || tail === "" ? wordOf(event["decision"], "decided") : tail}`;
    case "budget":
    case "error":
      return `${name}${said}`;
    default:
      return undefined;
  }
}

/** A field of an event that should be a text, or what is said instead. */
function wordOf(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
