// A run that stopped at an approval, read back from its journal (B100): who it was, what it ran, and what had ended. What had not is done
// again; the same keys and prompts follow from the same record.
import type { ArkRun, RunApproval, RunSnapshot, RunStep } from "../../crds/index.ts";
import type { JournalEvent } from "../../plugins/sdk/index.ts";

/** One run of a journal, as far as it got. */
export interface JournalledRun {
  readonly run: ArkRun;
  readonly snapshot: RunSnapshot;
  /** Whole texts of answers that are too long for the record. */
  readonly texts: readonly string[];
}

/** What a journal holds. */
export interface Resumable {
  /** The run that was asked for; the others are its children. */
  readonly root: JournalledRun;
  readonly byName: ReadonlyMap<string, JournalledRun>;
  /** Where `seq` goes on. */
  readonly lastSeq: number;
}

/** Reads a journal back, or says why it cannot be gone on with. */
export function resumableOf(events: readonly JournalEvent[]): Resumable | string {
  const byName = new Map<string, JournalledRun>();
  let root: JournalledRun | undefined;
  for (const event of events) {
    if (event.type === "run.started") {
      const begun = begunRun(event);
      if (!begun) return `line ${event.seq}: run "${event.run}" was not journalled whole; it cannot be gone on with`;
      byName.set(event.run, begun);
      if (event["parentRun"] === undefined) root ??= begun;
      continue;
    }
    const known = byName.get(event.run);
    if (known) byName.set(event.run, after(known, event));
  }
  root = root && byName.get(root.run.metadata.name);
  if (!root) return "it holds no run that has started";
  const phase = root.run.status?.phase;
  if (phase === "Succeeded" || phase === "Failed" || phase === "Cancelled")
    return `run "${root.run.metadata.name}" has ended as ${phase}; start a new one`;
  return { root, byName, lastSeq: events.at(-1)?.seq ?? 0 };
}

function begunRun(event: JournalEvent): JournalledRun | undefined {
  const { run, snapshot } = event as { readonly record?: unknown; readonly run: string; readonly snapshot?: unknown };
  const record = event["record"] as ArkRun | undefined;
  if (typeof record !== "object" || record?.metadata?.name !== run || typeof snapshot !== "object" || snapshot === null) return undefined;
  return { run: { ...record, status: { phase: "Running", startTime: event.at, steps: [] } }, snapshot: snapshot as RunSnapshot, texts: [] };
}

function after(known: JournalledRun, event: JournalEvent): JournalledRun {
  const { run } = known;
  switch (event.type) {
    case "step.finished":
    case "step.skipped": {
      const entry = event["entry"] as RunStep | undefined;
      if (typeof entry !== "object" || entry?.name !== event.step) return known;
      const others = (run.status?.steps ?? []).filter(({ name }) => name !== entry.name);
      const text = event["output"];
      const texts = typeof text === "string" && entry.outputRef !== undefined ? [...known.texts, text] : known.texts;
      return { ...known, texts, run: { ...run, status: { ...run.status, steps: [...others, entry] } } };
    }
    case "approval.decided": {
      const approval = event["approval"] as RunApproval | undefined;
      return approval === undefined
        ? known
        : { ...known, run: { ...run, spec: { ...run.spec, approvals: [...(run.spec.approvals ?? []), approval] } } };
    }
    case "run.finished":
      return { ...known, run: { ...run, status: { ...run.status, phase: event["phase"] as "Succeeded" } } };
    default:
      return known;
  }
}
