// Completion for bash, zsh and fish: the scripts are the library's, what they offer is derived from the commands themselves, so that a
// flag cannot be forgotten. Where a file is wanted the shell completes files.
import { ShellCompDirective, script } from "@bomb.sh/tab";
import type { Command, Option } from "commander";
import { type CliContext, EXIT, UsageError } from "../cli.ts";

const SHELLS = ["bash", "zsh", "fish"];

/** Prints the script that makes `shell` ask `ark complete --`. */
export function completionVerb(shell: string, program: Command, context: CliContext): number {
  if (!SHELLS.includes(shell)) throw new UsageError(`no completion for "${shell}"; there is one for ${SHELLS.join(", ")}`);
  const name = program.name();
  const lines: string[] = [];
  const print = console.log;
  console.log = (text: string) => void lines.push(text); // the library prints by itself
  try {
    script(shell, name, name);
  } finally {
    console.log = print;
  }
  context.out.write(`${lines.join("\n")}\n`);
  return EXIT.succeeded;
}

/** One candidate and what it is for. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/**
 * What may stand where the last word is being typed. `files` when the shell should offer files instead.
 * Pure: the commands in, candidates out.
 */
export function candidatesFor(words: readonly string[], program: Command): { candidates: Candidate[]; files: boolean } {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const verb = program.commands.find((command) => command.name() === before[0] && command.name() !== "complete");
  if (!verb) {
    if (before.length > 0 && before[0] !== "help") return { candidates: [], files: false };
    const commands = program.commands.filter((command) => command.name() !== "complete");
    return {
      candidates: matching(
        commands.map((command) => ({ value: command.name(), description: command.summary() || command.description() })),
        typed,
      ),
      files: false,
    };
  }
  const previous = verb.options.find((option) => option.long === before.at(-1) || option.short === before.at(-1));
  if (previous && (previous.required || previous.optional)) return valuesOf(previous, typed);
  if (typed.startsWith("-")) {
    const flags = verb.options.map((option) => ({ value: option.long ?? option.short ?? "", description: option.description }));
    return { candidates: matching([...flags, { value: "--help", description: "print help" }], typed), files: false };
  }
  if (verb.name() === "completion")
    return {
      candidates: matching(
        SHELLS.map((value) => ({ value, description: "" })),
        typed,
      ),
      files: false,
    };
  return { candidates: [], files: verb.registeredArguments.some((argument) => argument.name() === "file") };
}

function valuesOf(option: Option, typed: string): { candidates: Candidate[]; files: boolean } {
  if (option.argChoices)
    return {
      candidates: matching(
        option.argChoices.map((value) => ({ value, description: "" })),
        typed,
      ),
      files: false,
    };
  return { candidates: [], files: /<(file|script|journal)>/.test(option.flags) };
}

const matching = (candidates: readonly Candidate[], typed: string): Candidate[] =>
  candidates.filter(({ value }) => value.startsWith(typed));

/** Answers a shell: `value<tab>description` lines and a directive, as Cobra's protocol has it. */
export function completeVerb(words: readonly string[], program: Command): number {
  const { candidates, files } = candidatesFor(words[0] === "--" ? words.slice(1) : words, program);
  for (const { value, description } of candidates) console.log(`${value}\t${description}`);
  console.log(`:${files ? ShellCompDirective.ShellCompDirectiveDefault : ShellCompDirective.ShellCompDirectiveNoFileComp}`);
  return EXIT.succeeded;
}
