// The program `ark`: the edge to the process and nothing else. Arguments, environment, streams and signals are read here.
import type { Output } from "../terminal/output.ts";
import { type CliContext, EXIT } from "./cli.ts";
import { runProgram } from "./program.ts";

const SECOND_INTERRUPT = "interrupted again: stopping at once, the journal may lack its last lines\n";

/** A stream of the process, made when it is first used: that loads half of Node's network code. A reader that has gone (EPIPE) ends the output, not the program. */
function outputOf(streamOf: () => NodeJS.WriteStream): Output {
  let open: NodeJS.WriteStream | undefined;
  let isClosed = false;
  const stream = (): NodeJS.WriteStream => {
    open ??= streamOf().on("error", () => {
      isClosed = true;
    });
    return open;
  };
  return {
    write: (text) => {
      if (!isClosed) stream().write(text);
    },
    get isTerminal() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns || 80;
    },
  };
}

/** Standard input up to a limit: a caller that gets more bytes than it asked for knows that it was too long. */
async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

/** Asks on the terminal; Ctrl-D or an abort is no answer. */
async function ask(question: string, signal: AbortSignal): Promise<string | undefined> {
  const { createInterface } = await import("node:readline/promises");
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      prompt.on("close", () => resolve(undefined));
      prompt.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
      prompt.question(question, { signal }).then(resolve, reject);
    });
  } catch {
    return undefined;
  } finally {
    prompt.close();
  }
}

const interrupt = new AbortController();
let interrupts = 0;
const onSignal = (): void => {
  interrupts += 1;
  if (interrupts === 1) {
    interrupt.abort(new Error("interrupted"));
    return;
  }
  process.stderr.write(SECOND_INTERRUPT);
  process.exit(EXIT.interrupted);
};
process.on("SIGINT", onSignal);
process.on("SIGTERM", onSignal);

const context: CliContext = {
  out: outputOf(() => process.stdout),
  err: outputOf(() => process.stderr),
  env: process.env,
  cwd: process.cwd(),
  readStdin,
  get ask() {
    return process.stderr.isTTY === true && process.stdin.isTTY === true ? ask : undefined;
  },
  signal: interrupt.signal,
};

void runProgram(process.argv.slice(2), context).then((code) => {
  process.exitCode = code;
  // Everything that has to be written is written. Should a stranger's socket or child process still hold the loop, it does not hold the terminal.
  setTimeout(() => process.exit(), 500).unref();
});
