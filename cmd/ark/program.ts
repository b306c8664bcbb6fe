// The commands of `ark` and their flags. Each action loads its verb only when it is called, so that `--help` starts fast.
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { visible } from "../terminal/visible.ts";
import { type CliContext, EXIT } from "./cli.ts";

const RUN_EXAMPLES = `
Examples:
  ark run team.yaml topic=kubernetes                 run the team in the file; without a key the mock answers
  ark run team.yaml --mock script.yaml -o json       scripted answers, the finished ArkRun as JSON
  ark run . --team product --journal run.jsonl       a folder of manifests; keep the journal
  ark run team.yaml --approve publish                decide an approval beforehand
  ark run team.yaml --resume run.jsonl               go on with a run that stopped at an approval
  cat team.yaml | ark run - --input '{"n": 3}'       from standard input, with values of any type

Inputs are k=v (text, or the declared type of the input) or one JSON object by --input. The result alone goes to
standard output; progress and messages go to standard error.

Exit codes: 0 succeeded, 1 failed or cancelled, 2 wrong usage, manifest or input (nothing was spent), 3 timed out,
4 awaiting approval, 130 interrupted.`;

/** Collects a flag that may be given several times. */
const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** A whole number from 1, as a flag's value. */
function positive(value: string): number {
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new InvalidArgumentError("it must be a whole number from 1.");
  return Number(value);
}

/** The program with all its verbs. `finish` is told the exit code of the verb that ran. */
export function arkProgram(context: CliContext, finish: (code: number) => void): Command {
  const program = new Command("ark")
    .description("Run and check teams of LLM agents from the YAML that Kubernetes takes: no cluster, no Redis, no key.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .showHelpAfterError("(add --help for the usage)")
    .configureHelp({ showGlobalOptions: false })
    .enablePositionalOptions();
  const output = (values: readonly string[], fallback: string): Option =>
    new Option("-o, --output <format>", "what to print").choices(values).default(fallback);

  program
    .command("run")
    .summary("run a team, or an agent, from its manifests")
    .description("Run a team, or an agent, from its manifests: a file, a folder, or - for standard input.")
    .argument("<file>", "manifests: a file, a folder, or -")
    .argument("[inputs...]", "values of the run: k=v")
    .option("-t, --team <name>", "the team to run; needed when there are several")
    .option("-a, --agent <name>", "run this ArkAgent instead of a team")
    .option("-i, --input <json>", "values of the run as one JSON object (or the prompt of an agent)")
    .option("-p, --provider <name>", "LLM provider for every role: auto, mock, openai, anthropic, gemini or a plugin's", "auto")
    .option("-m, --mock <script>", "answers of the mock model: a YAML or JSON file; implies --provider mock")
    .option("-w, --watch", "also stream what the models write")
    .option("-q, --quiet", "no progress")
    .addOption(output(["text", "json", "yaml"], "text"))
    .option("-f, --output-file <file>", "write the result there instead of standard output")
    .option("--max-tokens <n>", "budget of the run in tokens; overrides the team's", positive)
    .option("--timeout <duration>", "time for the run, such as 90s or 1h30m; overrides the team's")
    .option("--dry-run", "check everything and print what would run; call nothing")
    .option("--no-mcp", "start no MCP servers")
    .option("--journal <file>", "write the run's journal there, as JSON lines")
    .option("--plugins <file>", "configuration of plugins (default: $ARK_PLUGINS)")
    .option("--approve <step>", "approve this step's approvals; repeatable", collect, [])
    .option("--reject <step>", "reject this step's approvals; repeatable", collect, [])
    .option("--resume <journal>", "go on with the run of this journal")
    .option("-R, --recursive", "read folders below the folder, too")
    .addHelpText("after", RUN_EXAMPLES)
    .action(async (file: string, inputs: string[], flags: Record<string, unknown>) => {
      const { runVerb } = await import("./verbs/run.ts");
      finish(await runVerb({ file, inputs, flags }, context));
    });

  program
    .command("validate")
    .summary("report every fault of manifests, as kubectl apply would")
    .description("Report every fault of manifests with file, line and column: what the cluster would refuse at kubectl apply.")
    .argument("<file...>", "manifests: files, folders, or -")
    .addOption(output(["text", "json"], "text"))
    .option("-R, --recursive", "read folders below the folders, too")
    .option("-q, --quiet", "no warnings, no summary")
    .addHelpText("after", "\nExit codes: 0 valid, 1 invalid, 2 unreadable, not YAML, or nothing of ours in it.")
    .action(async (files: string[], flags: Record<string, unknown>) => {
      const { validateVerb } = await import("./verbs/validate.ts");
      finish(await validateVerb({ files, flags }, context));
    });

  program
    .command("init")
    .summary("make a project that runs at once")
    .description("Make a folder with a team, a script for the mock model and a README. Never overwrites a file.")
    .argument("<name>", "name of the folder and of the team")
    .option("--plugin <kind>", "make a plugin's project instead: llm")
    .action(async (name: string, flags: Record<string, unknown>) => {
      const { initVerb } = await import("./verbs/init.ts");
      finish(await initVerb({ name, flags }, context));
    });

  program
    .command("convert")
    .summary("turn older shapes of manifests into current ones")
    .description("Print manifests with older shapes (members, pipeline-output, ArkFlow, …) turned into current ones.")
    .argument("<file...>", "manifests: files, folders, or -")
    .addOption(output(["yaml", "json"], "yaml"))
    .option("-R, --recursive", "read folders below the folders, too")
    .action(async (files: string[], flags: Record<string, unknown>) => {
      const { convertVerb } = await import("./verbs/convert.ts");
      finish(await convertVerb({ files, flags }, context));
    });

  program
    .command("plugins")
    .summary("list the plugins that are loaded")
    .description(
      "List the plugins of the configuration and the built-in ones: what they claim, where they come from, and whether they load.",
    )
    .option("--plugins <file>", "configuration of plugins (default: $ARK_PLUGINS)")
    .addOption(output(["text", "json"], "text"))
    .action(async (flags: Record<string, unknown>) => {
      const { pluginsVerb } = await import("./verbs/plugins.ts");
      finish(await pluginsVerb({ flags }, context));
    });

  program
    .command("version")
    .summary("print the version")
    .description("Print the version.")
    .addOption(output(["text", "json"], "text"))
    .action((flags: { output: string }) => {
      const version = { version: packageJson.version, apiVersion: "arkonis.dev/v1alpha1" };
      context.out.write(
        flags.output === "json" ? `${JSON.stringify(version, null, 2)}\n` : `ark ${version.version} (${version.apiVersion})\n`,
      );
      finish(EXIT.succeeded);
    });

  program
    .command("completion")
    .summary("print a completion script for your shell")
    .description("Print a completion script: source <(ark completion bash), or put it where your shell looks for completions.")
    .argument("<shell>", "bash, zsh or fish")
    .action(async (shell: string) => {
      const { completionVerb } = await import("./verbs/completion.ts");
      finish(completionVerb(shell, program, context));
    });

  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { completeVerb } = await import("./verbs/completion.ts");
      finish(completeVerb(words, program));
    });
  return program;
}

/** Parses and runs; resolves with the exit code and never rejects: whatever a verb throws becomes one line with the way out. */
export async function runProgram(argv: readonly string[], context: CliContext): Promise<number> {
  let code: number = EXIT.succeeded;
  const program = arkProgram(context, (verdict) => {
    code = verdict;
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => context.out.write(text),
      writeErr: (text) => context.err.write(text),
      getOutHelpWidth: () => Math.min(context.out.columns, 120),
      getErrHelpWidth: () => Math.min(context.err.columns, 120),
    });
  }
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.succeeded : EXIT.usage;
    const message = error instanceof Error ? error.message : String(error);
    context.err.write(`error: ${visible(message)}\n`);
    return error instanceof Error && error.name === "UsageError" ? EXIT.usage : EXIT.failed; // verbs are bundles with copies of the class
  }
}
