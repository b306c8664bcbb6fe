// The flags of `ark-server`.
import { Command, InvalidArgumentError, Option } from "commander";
import { parseGoDuration } from "../../crds/index.ts";
import packageJson from "../../package.json" with { type: "json" };
import type { CertificateLifetimes } from "../../webhook/index.ts";
import { LOG_LEVELS, type LogLevel } from "../service/serviceLog.ts";

/** What the flags say. */
export interface ServerOptions {
  readonly address: { readonly host?: string; readonly port: number };
  readonly namespace: string;
  readonly service: string;
  /** Further names and addresses that the certificate is for. */
  readonly certHosts: readonly string[];
  readonly certDir: string | undefined;
  /** How long certificates of its own live. */
  readonly lifetimes: Partial<CertificateLifetimes>;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly logLevel: LogLevel;
  readonly shutdownDelayMs: number;
  readonly graceMs: number;
}

const HELP = `
The server answers the API server's admission reviews by the rules that "ark validate" has, and serves /healthz, /readyz and
/metrics on the same port. It makes and rotates its own certificate in the Secret ark-webhook-certs, or takes the one in --cert-dir.
Any number of replicas serve beside each other. SIGTERM drains it.

Exit codes: 0 stopped, 1 failed, 2 wrong usage.`;

/** The flags as they were given, with what the environment says in place of those that were not. @throws CommanderError */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  write: (text: string) => void,
): ServerOptions {
  const command = new Command("ark-server")
    .description("Admission for the kinds of arkonis.dev: wrong manifests are refused at kubectl apply.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .showHelpAfterError("(add --help for the usage)")
    .addHelpText("after", HELP)
    .configureOutput({ writeOut: write, writeErr: write })
    .exitOverride()
    .option("--https-address <host:port>", "where to listen; port 0 is any (default :8443)", address)
    .option("-n, --namespace <name>", "the server's own namespace (POD_NAMESPACE)", env["POD_NAMESPACE"] || "ark-system")
    .option("--service <name>", "the Service in front of the server; its names are in the certificate", "ark-server")
    .option("--cert-host <name>", "a further name or address for the certificate (repeatable)", collect)
    .option("--cert-dir <folder>", "serve tls.crt and tls.key from there, as cert-manager writes them, instead of a certificate of its own")
    .option("--cert-lifetime <duration>", "life of a certificate of its own (default 2160h)", duration)
    .option("--cert-renew-before <duration>", "renew it so long before its end (default 720h)", duration)
    .option("--ca-lifetime <duration>", "life of the authority that signs it (default 87600h)", duration)
    .option("--kubeconfig <file>", "kubeconfig to use; in a pod, its service account")
    .option("--context <name>", "context of the kubeconfig")
    .option("--shutdown-delay <duration>", "how long to go on serving after SIGTERM, until no new connections come (default 5s)", duration)
    .option("--grace <duration>", "how long what has been asked may then take (default 15s)", duration)
    .addOption(new Option("--log-level <level>", "what to log (ARK_LOG_LEVEL)").choices(LOG_LEVELS).default(levelOf(env["ARK_LOG_LEVEL"])))
    .parse(argv, { from: "user" });
  const said = command.opts<{
    httpsAddress?: ServerOptions["address"];
    namespace: string;
    service: string;
    certHost?: string[];
    certDir?: string;
    certLifetime?: number;
    certRenewBefore?: number;
    caLifetime?: number;
    kubeconfig?: string;
    context?: string;
    logLevel: LogLevel;
    shutdownDelay?: number;
    grace?: number;
  }>();
  return {
    address: said.httpsAddress ?? { port: 8_443 },
    namespace: said.namespace,
    service: said.service,
    certHosts: said.certHost ?? [],
    certDir: said.certDir,
    lifetimes: {
      ...(said.certLifetime !== undefined && { certLifetimeMs: said.certLifetime }),
      ...(said.certRenewBefore !== undefined && { renewBeforeMs: said.certRenewBefore }),
      ...(said.caLifetime !== undefined && { caLifetimeMs: said.caLifetime }),
    },
    kubeconfig: said.kubeconfig,
    context: said.context,
    logLevel: said.logLevel,
    shutdownDelayMs: said.shutdownDelay ?? 5_000,
    graceMs: said.grace ?? 15_000,
  };
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** `:8443`, `127.0.0.1:0`, `[::1]:8443`. */
function address(value: string): ServerOptions["address"] {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new InvalidArgumentError("it must be host:port, such as :8443 or 127.0.0.1:0.");
  const host = match[1] ?? match[2] ?? "";
  return host === "" ? { port } : { host, port };
}

function duration(value: string): number {
  const ms = parseGoDuration(value);
  if (ms === undefined) throw new InvalidArgumentError("it must be a duration, such as 5s.");
  return ms;
}

const levelOf = (said: string | undefined): LogLevel => LOG_LEVELS.find((level) => level === said) ?? "info";
