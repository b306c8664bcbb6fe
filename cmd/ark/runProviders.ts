// Which provider answers for whom in a local run (B70), and what is in the way. Nothing is called here.
import { chooseAuto, createProviders, PROVIDER_VARIABLES, type ProviderSource, type Providers } from "../../plugins/index.ts";
import type { MockScript } from "../../plugins/llm-mock/index.ts";
import { type LoadedPlugins, type Log, type Redactor, systemClock } from "../../plugins/sdk/index.ts";
import type { PreparedRun } from "../../runtime/local/index.ts";
import type { CliContext } from "./cli.ts";

/** The providers of a run. `notice`: what the user should know before it begins. */
export interface RunProviders {
  readonly providers: Providers;
  readonly obstacles: readonly string[];
  readonly notice: string | undefined;
}

const NO_KEY_NOTICE = `no model provider is configured, so the built-in mock answers (it echoes). For a real model set one of ${PROVIDER_VARIABLES.filter((name) => name !== "ANTHROPIC_BASE_URL" && name !== "GEMINI_BASE_URL").join(", ")}; --provider mock silences this.`;

/** Decides for every agent of the run, and for judges' own models; all obstacles at once. */
export function chooseProviders(
  prepared: PreparedRun,
  {
    flags,
    plugins,
    script,
    redactor,
    log,
  }: { flags: { provider: string }; plugins: LoadedPlugins; script: MockScript | undefined; redactor: Redactor; log: Log },
  context: CliContext,
): RunProviders {
  const { env } = context;
  const sources: ProviderSource[] = plugins.plugins.flatMap((plugin) =>
    plugin.kind === "llm" ? [{ name: plugin.name, models: plugin.models, open: async () => plugin.product }] : [],
  );
  const secret = (name: string): string | undefined => env[name];
  const asked = script !== undefined && flags.provider === "auto" ? "mock" : flags.provider;
  const agentProvider = env["AGENT_PROVIDER"];
  const models = modelsOf(prepared);
  const isOpen = asked === "auto" && (agentProvider ?? "") === "" && models.every(({ provider }) => provider === undefined);
  const auto = isOpen ? chooseAuto({ env: secret, plugins: sources }) : undefined;
  const providers = createProviders({
    host: { log, fetch: globalThis.fetch, clock: systemClock, secret: (name) => registered(name, secret(name), redactor) },
    sources,
    flag: auto ?? asked,
    agentProvider,
    options: script === undefined ? {} : { mock: { script } },
  });
  const obstacles = models.flatMap(({ model, provider }) => providers.obstacleFor(model, provider) ?? []);
  const isAllMock = models.every(({ model, provider }) => providers.nameFor(model, provider) === "mock");
  return { providers, obstacles: [...new Set(obstacles)], notice: auto === "mock" && isAllMock ? NO_KEY_NOTICE : undefined };
}

/** A variable that a provider reads; addresses are no secrets. */
function registered(name: string, value: string | undefined, redactor: Redactor): string | undefined {
  if (value !== undefined && !name.endsWith("_URL")) redactor.register(value);
  return value;
}

/** Every model that the run may ask. */
function modelsOf({ agents, teams }: PreparedRun): { model: string; provider: string | undefined }[] {
  const judges = [...teams.values()].flatMap(({ pipeline }) => pipeline.flatMap(({ validate }) => validate?.semanticModel ?? []));
  return [
    ...[...agents.values()].map(({ config }) => ({ model: config.model, provider: config.provider })),
    ...judges.map((model) => ({ model, provider: undefined })),
  ];
}
