// The program `ark-server`: the edge to the process and nothing else.
import { homedir } from "node:os";
import { CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { createRedactor, errorText, systemClock } from "../../plugins/sdk/index.ts";
import { serviceLog } from "../service/serviceLog.ts";
import { readOptions, type ServerOptions } from "./options.ts";
import { serve } from "./serve.ts";

const EXIT = { stopped: 0, failed: 1, usage: 2 } as const;

function optionsOrExit(): ServerOptions | number {
  try {
    return readOptions(process.argv.slice(2), process.env, (text) => void process.stderr.write(text));
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? EXIT.stopped : EXIT.usage;
  }
}

async function main(options: ServerOptions): Promise<number> {
  const redactor = createRedactor();
  const log = serviceLog({
    level: options.logLevel,
    redactor,
    write: (line) => void process.stderr.write(line),
    fields: { program: "ark-server" },
  });
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(EXIT.failed); // asked twice: at once
      stopping.abort(new Error(`stopped by ${signal}`));
    });
  }
  process.on("unhandledRejection", (error) => {
    log.error("a fault of the program: a rejection that nobody handled", {
      error: errorText(error, { redact: (text) => redactor.text(text) }),
    });
    process.exit(EXIT.failed);
  });
  try {
    await serve(options, {
      env: process.env,
      home: homedir(),
      userAgent: `ark-server/${packageJson.version}`,
      clock: systemClock,
      random: Math.random,
      log,
      stopping: stopping.signal,
    });
    return EXIT.stopped;
  } catch (error) {
    if (stopping.signal.aborted && error === stopping.signal.reason) return EXIT.stopped;
    log.error("ark-server cannot go on", { error: errorText(error, { redact: (text) => redactor.text(text) }) });
    return EXIT.failed;
  }
}

const options = optionsOrExit();
if (typeof options === "number") process.exitCode = options;
else void main(options).then((code) => process.exit(code));
