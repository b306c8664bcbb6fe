// Carries a checked run out: progress, journal, approvals, memory, and the end of them all on every path.
import { resolve } from "node:path";
import { createInContextMemory } from "../../plugins/memory-in-context/index.ts";
import { createMemoryQueue } from "../../plugins/queue-memory/index.ts";
import { type MemoryStore, systemClock } from "../../plugins/sdk/index.ts";
import { BUILT_IN_PRICES } from "../../runtime/index.ts";
import { type LocalAgent, type LocalOutcome, runLocal } from "../../runtime/local/index.ts";
import { paletteFor } from "../terminal/output.ts";
import { visible } from "../terminal/visible.ts";
import { decider } from "./approvals.ts";
import type { CliContext } from "./cli.ts";
import { fileJournal, heldJournal } from "./journalFile.ts";
import { plainLines } from "./progress/lines.ts";
import { liveTree, type Progress } from "./progress/tree.ts";
import { streamedText } from "./progress/watch.ts";
import type { RunRequest } from "./verbs/run.ts";

/** Runs it. `resumeWith`: the journal by which a run that awaits approval is gone on with. */
export async function carryOut(
  request: RunRequest,
  context: CliContext,
): Promise<{ outcome: LocalOutcome; resumeWith: string | undefined }> {
  const { flags, prepared, providers, redactor, log, resume } = request;
  const redact = (text: string): string => redactor.known(text);
  const journalPath = flags.journal ?? flags.resume;
  const file =
    journalPath === undefined ? undefined : fileJournal(resolve(context.cwd, journalPath), { append: flags.journal === undefined, redact });
  const held = file === undefined ? heldJournal(redact) : undefined;
  const progress = progressOf(request, context, redact);
  if (providers.notice !== undefined && flags.quiet !== true) context.err.write(`note: ${providers.notice}\n`);
  const random = (): number => (globalThis.crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
  try {
    const outcome = await runLocal(prepared, {
      backend: createMemoryQueue({ clock: systemClock, random }),
      providerFor: (model, provider) => providers.providers.providerFor(model, provider),
      memoryFor: memoryOf(request, context),
      journal: (event) => {
        (file ?? held)?.write(event);
        progress.event(event);
      },
      approve: decider(flags, context, progress),
      mcp: { enabled: flags.mcp, stdio: true },
      prices: BUILT_IN_PRICES,
      redact,
      clock: systemClock,
      random,
      log,
      signal: context.signal,
      resume,
    });
    progress.end();
    if (outcome.outcome !== "awaitingApproval") return { outcome, resumeWith: undefined };
    if (journalPath !== undefined) return { outcome, resumeWith: journalPath };
    const name = `${outcome.run.metadata.name}.journal.jsonl`;
    held?.saveAs(resolve(context.cwd, name));
    return { outcome, resumeWith: name };
  } finally {
    progress.end();
    file?.close();
    await providers.providers.close();
  }
}

function progressOf({ flags }: RunRequest, context: CliContext, redact: (text: string) => string): Progress {
  if (flags.quiet === true) return { event: () => undefined, pause: () => undefined, resume: () => undefined, end: () => undefined };
  const { err } = context;
  const clean = {
    write: (text: string) => err.write(redact(text)),
    isTerminal: err.isTerminal,
    get columns() {
      return err.columns;
    },
  };
  if (flags.watch === true) return streamedText(clean, plainLines(clean));
  return err.isTerminal && context.env["TERM"] !== "dumb" ? liveTree(clean, paletteFor(err, context.env), systemClock) : plainLines(clean);
}

/** The store of an agent: a plugin's, or in-context; one that cannot be had here becomes in-context, with one warning each (B100). */
function memoryOf({ plugins }: RunRequest, { err }: CliContext): (agent: LocalAgent) => Promise<MemoryStore | undefined> {
  const shared = createInContextMemory();
  const warned = new Set<string>();
  return async ({ config: { memory } }) => {
    if (memory === undefined) return undefined;
    const plugin = plugins.plugins.find(({ kind, name }) => kind === "memory" && name === memory.backend);
    if (plugin?.kind === "memory") return plugin.product;
    if (memory.backend !== "in-context" && !warned.has(memory.backend)) {
      warned.add(memory.backend);
      err.write(
        `warning: memory backend "${visible(memory.backend)}" is not reachable from here; agents remember within their task only\n`,
      );
    }
    return shared;
  };
}
