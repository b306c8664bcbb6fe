// The program `ark-agent`: the edge to the process and nothing else.
import { hostname } from "node:os";
import { CommanderError } from "commander";
import { createRedactor, errorText, systemClock } from "../../plugins/sdk/index.ts";
import { serviceLog } from "../service/serviceLog.ts";
import { type AgentOptions, readOptions } from "./options.ts";
import { ConfigError, runAgent } from "./runAgent.ts";

const EXIT = { stopped: 0, failed: 1, usage: 2 } as const;

function optionsOrExit(): AgentOptions | number {
  try {
    return readOptions(process.argv.slice(2), process.env, { hostname: hostname(), write: (text) => void process.stderr.write(text) });
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? EXIT.stopped : EXIT.usage;
  }
}

async function main(options: AgentOptions): Promise<number> {
  const redactor = createRedactor();
  const log = serviceLog({
    level: options.logLevel,
    redactor,
    write: (line) => void process.stderr.write(line),
    fields: { program: "ark-agent" },
  });
  const told = (error: unknown): string => errorText(error, { redact: (text) => redactor.text(text) });
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(EXIT.failed); // asked twice: at once, the leases see to the rest
      stopping.abort(new Error(`stopped by ${signal}`));
    });
  }
  process.on("unhandledRejection", (error) => {
    log.error("a fault of the program: a rejection that nobody handled", { error: told(error) });
    process.exit(EXIT.failed);
  });
  try {
    await runAgent(options, { env: process.env, clock: systemClock, random: Math.random, log, redactor, stopping: stopping.signal });
    return EXIT.stopped;
  } catch (error) {
    const isConfig = error instanceof ConfigError;
    for (const line of isConfig ? error.message.split("\n") : [told(error)])
      log.error(isConfig ? line : "ark-agent cannot go on", isConfig ? {} : { error: line });
    return isConfig ? EXIT.usage : EXIT.failed;
  }
}

const options = optionsOrExit();
if (typeof options === "number") process.exitCode = options;
else void main(options).then((code) => process.exit(code));
