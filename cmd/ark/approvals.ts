// Who decides at an approval (B50, B100): the flags, else somebody at the terminal, else nobody.
import { oneLine, visible } from "../terminal/visible.ts";
import type { CliContext } from "./cli.ts";
import type { Progress } from "./progress/tree.ts";

/** What is asked about. */
interface Request {
  readonly step: string;
  readonly iteration: number;
  readonly attempt: number;
  readonly message: string;
}

/** A decision, and who made it. */
export interface Decision {
  readonly decision: "approve" | "reject";
  readonly by: string;
}

/** `--approve` and `--reject` hold for every round of the step. */
export function decider(
  flags: { readonly approve: readonly string[]; readonly reject: readonly string[] },
  context: CliContext,
  progress: Progress,
): (request: Request, signal: AbortSignal) => Promise<Decision | undefined> {
  const by = context.env["USER"] ?? "local";
  return async (request, signal) => {
    if (flags.reject.includes(request.step)) return { decision: "reject", by };
    if (flags.approve.includes(request.step)) return { decision: "approve", by };
    if (!context.ask) return undefined;
    progress.pause();
    try {
      const round = request.iteration > 1 ? ` (round ${request.iteration})` : "";
      const question = `Approve step "${visible(request.step)}"${round}? ${oneLine(request.message, 200)} [y/N] `;
      const answer = await context.ask(question, AbortSignal.any([signal, context.signal]));
      if (answer === undefined) return undefined;
      return { decision: /^\s*y(es)?\s*$/i.test(answer) ? "approve" : "reject", by };
    } finally {
      progress.resume();
    }
  };
}
