// `ark run` (B100): complete (read, check, find) → validate (refuse before anything is called) → run → deliver.
import { join } from "node:path";
import { checkSet, durationHint, GROUP, type JsonValue, type LoadedDocument, loadYaml, parseGoDuration } from "../../../crds/index.ts";
import { type LoadedPlugins, type Log, type Redactor } from "../../../plugins/sdk/index.ts";
import {
  LocalObjects,
  type LocalOutcome,
  type PreparedRun,
  prepare,
  type Resumable,
  resumableOf,
  targetOf,
} from "../../../runtime/local/index.ts";
import { visible } from "../../terminal/visible.ts";
import { carryOut } from "../carryOut.ts";
import { type CliContext, EXIT, UsageError } from "../cli.ts";
import { isOurs, readManifests } from "../files.ts";
import { type InputTypes, parseInput } from "../input.ts";
import { readJournal } from "../journalFile.ts";
import { logOf } from "../logOf.ts";
import { readMockScript } from "../mockScript.ts";
import { pluginSet } from "../pluginSet.ts";
import { deliver, resultText } from "../result.ts";
import { describePlan } from "../runPlan.ts";
import { chooseProviders, type RunProviders } from "../runProviders.ts";
import { redactorFor } from "../secrets.ts";

/** The command line of `ark run`. */
export interface RunArgs {
  readonly file: string;
  readonly inputs: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

/** The flags, each of the type that the program gives it. */
export interface RunFlags {
  readonly team?: string;
  readonly agent?: string;
  readonly input?: string;
  readonly provider: string;
  readonly mock?: string;
  readonly watch?: boolean;
  readonly quiet?: boolean;
  readonly output: "text" | "json" | "yaml";
  readonly outputFile?: string;
  readonly maxTokens?: number;
  readonly timeout?: string;
  readonly dryRun?: boolean;
  readonly mcp: boolean;
  readonly journal?: string;
  readonly plugins?: string;
  readonly approve: readonly string[];
  readonly reject: readonly string[];
  readonly resume?: string;
  readonly recursive?: boolean;
}

/** Everything that a run is carried out with. */
export interface RunRequest {
  readonly args: RunArgs;
  readonly flags: RunFlags;
  readonly prepared: PreparedRun;
  readonly providers: RunProviders;
  readonly plugins: LoadedPlugins;
  readonly redactor: Redactor;
  readonly log: Log;
  readonly resume: Resumable | undefined;
}

/** Exit codes as B100 has them. */
export async function runVerb(args: RunArgs, context: CliContext): Promise<number> {
  const flags = args.flags as unknown as RunFlags; // commander has checked choices and numbers, and fills in the defaults
  const redactor = redactorFor(context.env);
  const log = logOf(context.err, redactor, context.env["ARK_LOG"]);
  const documents = await readDocuments(args, flags, context);
  if (!documents) return EXIT.usage;
  const plugins = await pluginSet(flags.plugins, context, redactor, log);
  try {
    const request = await complete(args, flags, documents, { plugins, redactor, log }, context);
    if (typeof request === "number") return request;
    if (flags.dryRun === true) {
      await deliver(describePlan(request, flags.output), flags.outputFile, flags.output, context);
      return EXIT.succeeded;
    }
    const { outcome, resumeWith } = await carryOut(request, context);
    await deliver(
      resultText(outcome, flags.output, (text) => redactor.known(text)),
      flags.outputFile,
      flags.output,
      context,
    );
    return exitOf(outcome, resumeWith, args, context);
  } finally {
    await plugins.close();
  }
}

/** The documents of the files, when they are right; else every fault on standard error, and undefined. */
async function readDocuments({ file }: RunArgs, flags: RunFlags, context: CliContext): Promise<LoadedDocument[] | undefined> {
  const read = await readManifests([file], { recursive: flags.recursive === true }, context);
  const loaded = read.files.map((each) => loadYaml(each.bytes, each.name));
  const documents = loaded.flatMap((each) => each.documents);
  const faults = [
    ...read.troubles.map((trouble) => `${trouble.file}: ${trouble.message}`),
    ...loaded.flatMap((each) => each.faults.map((fault) => `${fault.file}:${fault.line}:${fault.column}: ${fault.message}`)),
    ...checkSet(documents).errors.map(
      (fault) => `${fault.file}:${fault.line}:${fault.column}: ${fault.path === "" ? "" : `${fault.path}: `}${fault.message}`,
    ),
  ];
  for (const fault of faults) context.err.write(`${visible(fault)}\n`);
  if (faults.length > 0) return undefined;
  if (!documents.some(({ object }) => isOurs(object))) {
    throw new UsageError(`${file}: no object of the group ${GROUP} in it; check the file, and its apiVersion (${GROUP}/v1alpha1)`);
  }
  return documents;
}

/** Finds and checks everything; a number is the exit code of a refusal that has been printed. */
async function complete(
  args: RunArgs,
  flags: RunFlags,
  documents: readonly LoadedDocument[],
  { plugins, redactor, log }: Pick<RunRequest, "plugins" | "redactor" | "log">,
  context: CliContext,
): Promise<RunRequest | number> {
  const objects = new LocalObjects(documents);
  for (const secret of objects.secretValues()) redactor.register(secret);
  const resume = flags.resume === undefined ? undefined : resumableOf(await readJournal(join2(context.cwd, flags.resume)));
  if (typeof resume === "string") throw new UsageError(`--resume ${flags.resume}: ${resume}`);
  const spec = resume?.root.run.spec;
  const named = { team: flags.team ?? spec?.teamRef, agent: flags.agent ?? spec?.agent };
  const target = targetOf({ objects, ...named });
  if (typeof target === "string") throw new UsageError(target);
  if (target.agent !== undefined && (flags.maxTokens !== undefined || flags.timeout !== undefined)) {
    throw new UsageError(
      "--max-tokens and --timeout are limits of a team's run; set limits.timeoutSeconds and limits.maxTokensPerCall on the agent",
    );
  }
  if (resume && (flags.input !== undefined || args.inputs.length > 0))
    throw new UsageError("a resumed run has its input already; leave out the input");
  const types: InputTypes = Object.fromEntries((target.team?.inputs ?? []).map(({ name, type }) => [name, type]));
  const given = parseInput(flags.input, args.inputs, types, { bareIsPrompt: target.agent !== undefined });
  const input = resume
    ? ((spec?.input ?? (spec?.prompt === undefined ? {} : { prompt: spec.prompt })) as Record<string, JsonValue>)
    : given;
  const prepared = prepare({ objects, ...named, input, maxTokens: flags.maxTokens, timeoutSeconds: secondsOf(flags.timeout) });
  const broken = plugins.failures.map(({ name, from, message }) => `plugin ${name === "" ? from : name} is not loaded: ${message}`);
  if (!("agents" in prepared)) return refuse([...broken, ...prepared], context);
  const script = flags.mock === undefined ? undefined : await readMockScript(flags.mock, context);
  const providers = chooseProviders(prepared, { flags, plugins, script, redactor, log }, context);
  if (broken.length + providers.obstacles.length > 0) return refuse([...broken, ...providers.obstacles], context);
  return { args, flags, prepared, providers, plugins, redactor, log, resume };
}

function refuse(obstacles: readonly string[], context: CliContext): number {
  for (const obstacle of obstacles) context.err.write(`error: ${visible(obstacle)}\n`);
  return EXIT.usage;
}

/** `90s`, `1h30m`, or whole seconds as kubectl takes them. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : parseGoDuration(text);
  if (ms === undefined || ms <= 0)
    throw new UsageError(`--timeout: "${text}" is no duration${durationHint(text) === "" ? "" : `; ${durationHint(text)}`}`);
  return ms / 1_000;
}

const join2 = (cwd: string, path: string): string => (path.startsWith("/") ? path : join(cwd, path));

function exitOf({ run, outcome }: LocalOutcome, resumeWith: string | undefined, { file }: RunArgs, context: CliContext): number {
  const message = visible(run.status?.message ?? "");
  switch (outcome) {
    case "succeeded":
      return EXIT.succeeded;
    case "timedOut":
      context.err.write(`error: run ${run.metadata.name} timed out: ${message}\n`);
      return EXIT.timedOut;
    case "awaitingApproval": {
      const steps = (run.status?.steps ?? []).filter(({ phase }) => phase === "AwaitingApproval").map(({ name }) => name);
      const flag = steps.map((step) => `--approve ${step}`).join(" ");
      context.err.write(`run ${run.metadata.name} awaits approval; go on with: ark run ${file} --resume ${resumeWith ?? ""} ${flag}\n`);
      return EXIT.awaitingApproval;
    }
    case "cancelled":
      context.err.write(`run ${run.metadata.name} was cancelled\n`);
      return context.signal.aborted ? EXIT.interrupted : EXIT.failed;
    case "failed":
      context.err.write(`error: run ${run.metadata.name} failed: ${message}\n`);
      return EXIT.failed;
  }
}
