// What every verb of `ark` is handed, and how it ends.
import type { Output } from "../terminal/output.ts";

/** Exit codes (B100, B101). `docs/reference/exit-codes.md` explains each. */
export const EXIT = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  timedOut: 3,
  awaitingApproval: 4,
  interrupted: 130,
} as const;

/** The process, as far as a verb may see it. */
export interface CliContext {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Standard input whole, as bytes; stops reading after `maxBytes` + 1. */
  readonly readStdin: (maxBytes: number) => Promise<Uint8Array>;
  /** Asks a question on the terminal and resolves with the line that was typed; undefined when nobody can answer. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string | undefined>) | undefined;
  /** Aborted on the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** The user's mistake: a flag, a file, a value. Printed as one line; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
