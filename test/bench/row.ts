// What a benchmark says: a figure of ours as a ratio to a baseline that was measured in the same run on the same machine, and its target.

/** One figure. `ratio` is ours ÷ baseline, or, for an absolute budget, the value itself in `unit`. Exactly one of the targets is given. */
export interface BenchRow {
  readonly name: string;
  /** What both sides were, in words with their units: `61 ms ÷ 40 ms`. */
  readonly measured: string;
  readonly ratio: number;
  /** "×" for a ratio. */
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Noise of a shared machine that a check forgives; the documented target stays what it is. */
const MARGIN = 0.1;

/** Whether the figure keeps its target, with ten per cent of margin. */
export function keeps(row: BenchRow): boolean {
  if (row.atMost !== undefined) return row.ratio <= row.atMost * (1 + MARGIN);
  if (row.atLeast !== undefined) return row.ratio >= row.atLeast * (1 - MARGIN);
  return false;
}

/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** A row as a line of Markdown. */
export function markdownOf(row: BenchRow): string {
  const target = row.atMost !== undefined ? `≤ ${row.atMost} ${row.unit}` : `≥ ${row.atLeast} ${row.unit}`;
  return `| ${row.name} | ${row.measured} | ${row.ratio.toFixed(2)} ${row.unit} | ${target} | ${keeps(row) ? "kept" : "**missed**"} |`;
}
