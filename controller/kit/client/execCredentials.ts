// Credentials from a program that the kubeconfig names (client.authentication.k8s.io): it prints an ExecCredential, which is kept until
// it ends or is refused. What it prints on stderr is for the user.
import { spawn } from "node:child_process";
import path from "node:path";
import type { Clock } from "../../../plugins/sdk/index.ts";
import type { CredentialSource, Credentials } from "./access.ts";
import { isRecord, stringOf } from "./json.ts";
import { type EndingCredentials, keptCredentials } from "./keptCredentials.ts";

/** When the program may ask the user something. */
export const INTERACTIVE_MODES = ["Never", "IfAvailable", "Always"] as const;

/** `users[].user.exec` of a kubeconfig. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string;
  readonly interactiveMode: (typeof INTERACTIVE_MODES)[number];
  /** The cluster as the program gets to see it; undefined unless `provideClusterInfo` is set. */
  readonly cluster: Readonly<Record<string, unknown>> | undefined;
  /** Folder of the kubeconfig: a command with a slash in it is relative to that. */
  readonly folder: string;
}

/** What running a program takes. */
export interface ExecParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Whether the user can be asked: the program then gets our standard input. */
  readonly interactive: boolean;
  /** Gets what the program says on stderr, as it comes. */
  readonly onPluginOutput: (text: string) => void;
}

const MAX_OUTPUT_BYTES = 1_048_576;
/** The end of what a failing program said, in the error. */
const MAX_COMPLAINT = 500;

/** Runs the program when credentials are needed; however many ask at once, it runs once. `rest` is what the kubeconfig says beside it. */
export function execCredentials(plugin: ExecPlugin, parts: ExecParts, rest: Credentials = {}): CredentialSource {
  const get = async (): Promise<EndingCredentials> => {
    const { credentials, endsAtMs } = readCredential(plugin, await runPlugin(plugin, parts));
    return { credentials: { ...rest, ...credentials }, endsAtMs };
  };
  return keptCredentials({ clock: parts.clock, get });
}

function runPlugin(plugin: ExecPlugin, { env, interactive, onPluginOutput }: ExecParts): Promise<string> {
  const { command, interactiveMode, apiVersion, cluster } = plugin;
  const mayAsk = interactive && interactiveMode !== "Never";
  if (interactiveMode === "Always" && !interactive)
    return Promise.reject(new Error(`the credential plugin "${command}" wants to ask you something; run this in a terminal`));
  const info = { kind: "ExecCredential", apiVersion, spec: { interactive: mayAsk, ...(cluster && { cluster }) } };
  const program = command.includes("/") && !path.isAbsolute(command) ? path.resolve(plugin.folder, command) : command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, plugin.args, {
      env: { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdio: [mayAsk ? "inherit" : "ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes <= MAX_OUTPUT_BYTES) return void output.push(chunk);
      // Its children may hold the pipe open for ever: nobody waits for its end.
      child.kill("SIGKILL");
      child.stdout.destroy();
      return reject(failed(plugin, `printed more than ${MAX_OUTPUT_BYTES} bytes`));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-MAX_COMPLAINT);
      onPluginOutput(text);
    });
    child.on("error", (error) => reject(failed(plugin, `cannot be run (${error.message})`, error)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(output).toString("utf8"));
      return reject(failed(plugin, `ended with ${signal ?? `exit code ${code}`}${complaint.trim() === "" ? "" : `: ${complaint.trim()}`}`));
    });
  });
}

function readCredential(plugin: ExecPlugin, text: string): EndingCredentials {
  const credential = parse(plugin, text);
  if (credential["kind"] !== "ExecCredential" || credential["apiVersion"] !== plugin.apiVersion)
    throw failed(plugin, `printed no ExecCredential of ${plugin.apiVersion}`);
  const status = isRecord(credential["status"]) ? credential["status"] : {};
  const token = stringOf(status["token"]);
  const cert = stringOf(status["clientCertificateData"]);
  const key = stringOf(status["clientKeyData"]);
  if ((cert === "") !== (key === "")) throw failed(plugin, "printed a certificate without its key, or a key without its certificate");
  if (token === "" && cert === "") throw failed(plugin, "printed neither a token nor a certificate");
  const ends = status["expirationTimestamp"];
  const endsAtMs = ends === undefined ? Number.POSITIVE_INFINITY : Date.parse(stringOf(ends));
  if (Number.isNaN(endsAtMs)) throw failed(plugin, "printed an expirationTimestamp that is no time");
  return {
    credentials: { ...(token !== "" && { authorization: `Bearer ${token}` }), ...(cert !== "" && { certificate: { cert, key } }) },
    endsAtMs,
  };
}

/** Never with what it printed: that is where the token would be. */
function parse(plugin: ExecPlugin, text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch {
    // said below
  }
  throw failed(plugin, "printed no JSON object");
}

function failed({ command, installHint }: ExecPlugin, what: string, cause?: unknown): Error {
  const hint = installHint === "" || cause === undefined ? "" : `\n${installHint}`;
  return new Error(`the credential plugin "${command}" ${what}${hint}`, cause === undefined ? undefined : { cause });
}
