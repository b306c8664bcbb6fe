// The flags and the environment of `ark-agent`.
import { Command, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { LOG_LEVELS, type LogLevel } from "../service/serviceLog.ts";

/** What an agent process is told. */
export interface AgentOptions {
  /** `agent.json`. */
  readonly configFile: string;
  readonly redisUrl: string | undefined;
  /** Queues in place of those of the configuration. */
  readonly queues: readonly string[] | undefined;
  /** File with each queue's signing key. */
  readonly queueKeysFile: string | undefined;
  readonly isCluster: boolean;
  readonly pod: string;
  readonly httpAddress: { readonly host?: string; readonly port: number };
  readonly pluginsFile: string | undefined;
  readonly agentProvider: string | undefined;
  readonly allowLoopback: boolean;
  readonly graceMs: number;
  readonly logLevel: LogLevel;
  /** JSON of times in ms, for tests. */
  readonly timings: string | undefined;
}

const HELP = `
Environment:
  ARK_CONFIG           agent.json; default /etc/ark/agent.json (--config)
  REDIS_URL            the queue: redis://user:password@host:6379, or rediss:// for TLS
  TASK_QUEUE_URL       queues to serve, comma-separated; default those of agent.json
  ARK_QUEUE_KEYS       file with each queue's signing key: {"<queue>": "<base64>"}; nothing is signed without it
  ARK_REDIS_CLUSTER    1 for a Redis in cluster mode
  ARK_POD_NAME         name of the pod, for logs and reports; default the host's name
  ARK_HTTP_ADDR        where /healthz, /readyz and /metrics are; default :8080
  ARK_PLUGINS          plugin configuration
  AGENT_PROVIDER       LLM provider for every model; OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, GEMINI_API_KEY for the providers
  ARK_ALLOW_LOOPBACK   1 lets tools reach this machine: for trying things by hand
  ARK_GRACE_SECONDS    how long running tasks may take after SIGTERM; default 25, the rest is handed back
  ARK_LOG_LEVEL        debug, info, warn, error; default info

It takes tasks until SIGTERM or SIGINT, then drains; a second signal ends it at once.
Exit codes: 0 stopped, 1 failed, 2 wrong usage or configuration.`;

const DEFAULT_GRACE_SECONDS = 25;

/** The flags as they were given, over what the environment says. @throws CommanderError */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { hostname, write }: { readonly hostname: string; readonly write: (text: string) => void },
): AgentOptions {
  const command = new Command("ark-agent")
    .description("One agent: takes tasks from its queues, talks to its model, calls its tools, reports.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .showHelpAfterError("(add --help for the usage)")
    .addHelpText("after", HELP)
    .configureOutput({ writeOut: write, writeErr: write })
    .exitOverride()
    .option("--config <file>", "agent.json (ARK_CONFIG)", env["ARK_CONFIG"] || "/etc/ark/agent.json")
    .addOption(new Option("--log-level <level>", "what to log (ARK_LOG_LEVEL)").choices(LOG_LEVELS).default(levelOf(env["ARK_LOG_LEVEL"])));
  command.parse(argv, { from: "user" });
  const said = command.opts<{ config: string; logLevel: LogLevel }>();
  const grace = Number(env["ARK_GRACE_SECONDS"] ?? DEFAULT_GRACE_SECONDS);
  if (!(grace >= 0)) command.error(`ARK_GRACE_SECONDS is "${env["ARK_GRACE_SECONDS"]}"; it must be a number of seconds`);
  const address = /^([^:]*):(\d{1,5})$/.exec(env["ARK_HTTP_ADDR"] || ":8080");
  if (!address) command.error(`ARK_HTTP_ADDR is "${env["ARK_HTTP_ADDR"]}"; it must be host:port, such as :8080`);
  return {
    configFile: said.config,
    redisUrl: env["REDIS_URL"] || undefined,
    queues: env["TASK_QUEUE_URL"]
      ? env["TASK_QUEUE_URL"]
          .split(",")
          .map((name) => name.trim())
          .filter(Boolean)
      : undefined,
    queueKeysFile: env["ARK_QUEUE_KEYS"] || undefined,
    isCluster: env["ARK_REDIS_CLUSTER"] === "1",
    pod: env["ARK_POD_NAME"] || hostname,
    httpAddress: { port: Number(address?.[2]), ...(address?.[1] ? { host: address[1] } : {}) },
    pluginsFile: env["ARK_PLUGINS"] || undefined,
    agentProvider: env["AGENT_PROVIDER"] || undefined,
    allowLoopback: env["ARK_ALLOW_LOOPBACK"] === "1",
    graceMs: grace * 1_000,
    logLevel: said.logLevel,
    timings: env["ARK_TIMINGS"] || undefined,
  };
}

const levelOf = (said: string | undefined): LogLevel => LOG_LEVELS.find((level) => level === said) ?? "info";
