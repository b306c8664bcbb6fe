// `npm run cluster`: a control plane with our CRDs and `ark-server`'s webhooks in force, for whoever develops, until Ctrl-C. Progress goes
// to stderr; on stdout are two lines for a shell, once all of it is ready.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { arkServer } from "./arkServer.ts";
import { startCluster } from "./startCluster.ts";

const MANIFESTS = fileURLToPath(new URL("../../manifests/crds", import.meta.url));
/** As shells have it: 128 and the number of SIGINT. */
const EXIT_INTERRUPTED = 130;

const say = (line: string): void => void process.stderr.write(`cluster: ${line}\n`);
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The first folder of a PATH: the rest is whatever the shell has. */
const programsOf = (searchPath: string): string => searchPath.split(path.delimiter)[0] ?? "";

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort(new Error("stopped")));

try {
  const cluster = await startCluster({ manifests: [MANIFESTS], components: [arkServer()], say, signal: stopping.signal });
  say(`ark-server logs to ${path.join(cluster.folder, "logs", "ark-server.log")}`);
  process.stdout.write(
    `export KUBECONFIG=${quoted(cluster.env.KUBECONFIG)}\nexport PATH=${quoted(programsOf(cluster.env.PATH))}:"$PATH"\n`,
  );
  say("paste these lines into a shell; Ctrl-C here ends the cluster and removes all of it");
  await aborted(stopping.signal);
  await cluster.stop();
  say("ended");
} catch (error) {
  if (!stopping.signal.aborted) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
if (stopping.signal.aborted) process.exitCode = EXIT_INTERRUPTED;

/** Keeps the process alive until then. */
async function aborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  clearInterval(alive);
}
