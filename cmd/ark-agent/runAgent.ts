// `ark-agent` put together: the configuration, the queue, the providers, the agent, and their orderly end (B78).
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type AgentConfig, readAgentConfig } from "../../crds/index.ts";
import { BUILTIN_PLUGINS, createProviders, type ProviderSource, type Providers } from "../../plugins/index.ts";
import { createRedisQueue } from "../../plugins/queue-redis/index.ts";
import {
  type Clock,
  type LoadedPlugins,
  type Log,
  loadPlugins,
  type MemoryStore,
  type PluginHost,
  type Redactor,
} from "../../plugins/sdk/index.ts";
import { type Agent, BUILT_IN_PRICES, DEFAULT_TIMINGS, startAgent, type Timings } from "../../runtime/index.ts";
import { agentMetrics } from "./agentMetrics.ts";
import { startHealthServer } from "./healthServer.ts";
import { keptWhileBusy } from "./heartbeatThread.ts";
import { journalBatches } from "./journalBatches.ts";
import type { AgentOptions } from "./options.ts";

/** How a bundled program imports a module (scripts/launcher.cjs); not there when the sources run as they are. */
declare const __importModule: ((url: string) => Promise<unknown>) | undefined;

/** A configuration that cannot work, in one line for each fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** What running takes of the process. */
export interface RunParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Ends it: drains, then resolves. */
  readonly stopping: AbortSignal;
}

const SECRET_VARIABLE = /(_KEY|_TOKEN|_SECRET|_PASSWORD)$/;
const NO_PLUGINS: LoadedPlugins = { plugins: [], list: [], failures: [], close: async () => undefined };

/** Works until `stopping`, then drains. @throws ConfigError before anything has begun */
export async function runAgent(options: AgentOptions, parts: RunParts): Promise<void> {
  const { clock, random, log, redactor, env, stopping } = parts;
  for (const [name, value] of Object.entries(env)) if (value !== undefined && SECRET_VARIABLE.test(name)) redactor.register(value);
  const config = await configOf(options);
  const { backend, isConnected } = await queueOf(options, parts); // connects while the rest is made
  const plugins = await pluginsOf(options, parts);
  const host: PluginHost = { log, fetch: globalThis.fetch, clock, secret: (name) => env[name] };
  const timings = timingsOf(options);
  const tasks = keptWhileBusy(backend.tasks, { url: options.redisUrl ?? "", isCluster: options.isCluster, timings, log });
  let agent: Agent | undefined;
  const metrics = agentMetrics({ freeSlots: () => agent?.status().freeSlots ?? 0, isConnected });
  const journal = journalBatches({ store: backend.journal, clock, log });
  const providers = createProviders({ host, sources: sourcesOf(plugins), agentProvider: options.agentProvider });
  const obstacle = providers.obstacleFor(config.model, config.provider);
  if (obstacle !== undefined) throw new ConfigError(obstacle);
  const health = await startHealthServer(options.httpAddress, {
    obstacles: () => [
      ...(stopping.aborted ? ["the agent is stopping"] : []),
      ...(isConnected() ? [] : ["the queue cannot be reached; see the log"]),
      ...(agent === undefined
        ? ["the agent is starting"]
        : agent.status().probe?.healthy === false
          ? [`the probe failed: ${agent.status().probe?.message}`]
          : []),
    ],
    metrics: () => metrics.render(),
  });
  try {
    const memory = await memoryOf(config, plugins, parts);
    agent = await startAgent(config, {
      backend: { ...backend, tasks: metrics.observedQueue(tasks, () => clock.now()) },
      providerFor: observed(providers, metrics),
      memory,
      readFile: async (path) => {
        const text = await readFile(path, "utf8");
        redactor.register(text.trim());
        return text;
      },
      consumer: `${options.pod}:${randomBytes(4).toString("hex")}`,
      journal: (namespace, runUID, entry) => journal.write(namespace, runUID, entry),
      egress: { allowLoopback: options.allowLoopback },
      mcp: { enabled: true, stdio: false },
      prices: BUILT_IN_PRICES,
      timings,
      clock,
      random,
      log,
      redact: (text) => redactor.known(text),
      probe: true,
    });
    log.info("the agent works", {
      agent: config.agent,
      namespace: config.namespace,
      queues: config.queues.map(({ name }) => name),
      port: health.port,
    });
    void backend.audit().then(
      (findings) => findings?.forEach((finding) => log.warn("the queue's server should be set up otherwise", { finding })),
      () => undefined, // it cannot be reached: the log says so already
    );
    if (!stopping.aborted) await new Promise<void>((resolve) => stopping.addEventListener("abort", () => resolve(), { once: true }));
    log.info("draining: no new task is taken, running ones may finish", { graceMs: options.graceMs });
  } finally {
    await agent?.drain(options.graceMs);
    await journal.flush().catch(() => undefined);
    await tasks.close();
    await providers.close();
    await plugins.close();
    await health.close();
    log.info("stopped");
  }
}

async function configOf({ configFile, queues }: AgentOptions): Promise<AgentConfig> {
  const text = await readFile(configFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`cannot read ${configFile} (${error.code ?? "error"}); name the agent's configuration by --config or ARK_CONFIG`);
  });
  const read = readAgentConfig(text);
  if ("faults" in read) throw new ConfigError(read.faults.map((fault) => `${configFile}: ${fault}`).join("\n"));
  if (!queues) return read.config;
  return { ...read.config, queues: queues.map((name) => queueNamed(name, read.config.namespace)) };
}

function queueNamed(name: string, namespace: string): AgentConfig["queues"][number] {
  const [ns, team, role, ...rest] = name.split(".");
  if (ns !== namespace || !team || !role || rest.length > 0) {
    throw new ConfigError(`TASK_QUEUE_URL: "${name}" is no queue of namespace "${namespace}"; queues are <namespace>.<team>.<role>`);
  }
  return { name, team, role };
}

async function queueOf(
  options: AgentOptions,
  { clock, random, log, redactor }: RunParts,
): Promise<{ backend: ReturnType<typeof createRedisQueue>; isConnected: () => boolean }> {
  const { redisUrl, queueKeysFile, isCluster } = options;
  if (redisUrl === undefined) throw new ConfigError("REDIS_URL is not set; it names the queue's server, such as redis://127.0.0.1:6379");
  const password = /^rediss?:\/\/[^@/]*:([^@/]+)@/.exec(redisUrl)?.[1];
  if (password !== undefined) redactor.register(decodeURIComponent(password));
  const keys = queueKeysFile === undefined ? undefined : await queueKeys(queueKeysFile);
  for (const key of keys?.values() ?? []) redactor.register(key.toString("base64"));
  try {
    const backend = createRedisQueue({ url: redisUrl, clock, random, log, isCluster, keyOf: keys && ((queue) => keys.get(queue)) });
    return { backend, isConnected: () => backend.link.isConnected };
  } catch (error) {
    throw new ConfigError(`REDIS_URL is no URL of a Redis: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function queueKeys(file: string): Promise<Map<string, Buffer>> {
  try {
    const keys = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    return new Map(Object.entries(keys).map(([queue, key]) => [queue, Buffer.from(String(key), "base64")]));
  } catch (error) {
    throw new ConfigError(
      `ARK_QUEUE_KEYS: ${file} is no JSON object of queues and keys (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

async function pluginsOf({ pluginsFile }: AgentOptions, { env, redactor, clock, log }: RunParts): Promise<LoadedPlugins> {
  if (pluginsFile === undefined) return NO_PLUGINS;
  const bytes = await readFile(pluginsFile).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`ARK_PLUGINS: cannot read ${pluginsFile} (${error.code ?? "error"})`);
  });
  const { compileJsonSchema, loadYaml } = await import("../../crds/index.ts");
  const { documents, faults } = loadYaml(bytes, pluginsFile);
  const [fault] = faults;
  if (fault) throw new ConfigError(`${fault.file}:${fault.line}:${fault.column}: ${fault.message}`);
  const loaded = await loadPlugins(documents[0]?.object ?? {}, {
    folder: dirname(pluginsFile),
    checkOptions: (schema, given) => compileJsonSchema(schema).check(given),
    secret: (name) => env[name],
    redactor,
    fetch: globalThis.fetch,
    clock,
    log,
    taken: BUILTIN_PLUGINS.map(({ kind, name }) => `${kind}/${name}`),
    ...(typeof __importModule === "function" && { importModule: __importModule }),
    contractURL: new URL("./plugin.mjs", import.meta.url).href,
  });
  for (const { name, from, message } of loaded.failures) log.error("a plugin is not loaded", { plugin: name, from, message });
  return loaded;
}

function sourcesOf(plugins: LoadedPlugins): ProviderSource[] {
  return plugins.plugins.flatMap((plugin) =>
    plugin.kind === "llm" ? [{ name: plugin.name, models: plugin.models, open: async () => plugin.product }] : [],
  );
}

/** The providers, each of them observed once. */
function observed(providers: Providers, metrics: ReturnType<typeof agentMetrics>): Providers["providerFor"] {
  const known = new Map<object, ReturnType<typeof metrics.observedProvider>>();
  return async (model, provider) => {
    const named = await providers.providerFor(model, provider);
    let inner = known.get(named.provider);
    if (!inner) known.set(named.provider, (inner = metrics.observedProvider(named.name, named.provider)));
    return { name: named.name, provider: inner };
  };
}

/** The store that the configuration names; without it the agent works, and says what it lacks (B81). */
async function memoryOf(config: AgentConfig, plugins: LoadedPlugins, { clock, log, env }: RunParts): Promise<MemoryStore | undefined> {
  const { memory } = config;
  if (!memory) return undefined;
  const loaded = plugins.plugins.find((plugin) => plugin.kind === "memory" && plugin.name === memory.backend);
  if (loaded?.kind === "memory") return loaded.product;
  const builtin = BUILTIN_PLUGINS.find((plugin) => plugin.kind === "memory" && plugin.name === memory.backend);
  if (!builtin) {
    log.error("the agent works without memory: no such store is known", { backend: memory.backend });
    return undefined;
  }
  try {
    const secrets = await Promise.all(
      Object.entries(memory.secrets).map(async ([name, file]) => [name, (await readFile(file, "utf8")).trim()] as const),
    );
    const plugin = await builtin.load();
    const host: PluginHost = { log, fetch: globalThis.fetch, clock, secret: (name) => env[name] };
    return (await plugin.create({ ...memory.options, ...Object.fromEntries(secrets) }, host)) as MemoryStore;
  } catch (error) {
    log.error("the agent works without memory", { backend: memory.backend, error });
    return undefined;
  }
}

function timingsOf({ timings }: AgentOptions): Timings {
  if (timings === undefined) return DEFAULT_TIMINGS;
  try {
    return { ...DEFAULT_TIMINGS, ...(JSON.parse(timings) as Partial<Timings>) };
  } catch {
    throw new ConfigError("ARK_TIMINGS is no JSON object of times");
  }
}
