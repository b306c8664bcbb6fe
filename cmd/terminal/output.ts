// Where a program writes: text to somebody's terminal or into a pipe. Handed to verbs, so that tests can read what a user would.
import picocolors from "picocolors";

/** One output stream. `columns` is the terminal's width, 80 when it is none. A closed pipe is not an error: `write` then does nothing. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
}

/** Colours, or their absence. */
export type Palette = ReturnType<typeof picocolors.createColors>;

/** Colour only on a terminal, and never with NO_COLOR set to anything (no-color.org) or TERM=dumb. */
export function paletteFor(output: Output, env: Readonly<Record<string, string | undefined>>): Palette {
  const wanted = output.isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return picocolors.createColors(wanted);
}
