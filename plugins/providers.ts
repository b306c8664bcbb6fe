// The providers of one process: found by B70, made when first needed, closed once.
import { BUILTIN_PROVIDERS } from "./builtin.ts";
import { missingCredentials, type ProviderClaim, providerNameOf } from "./routing.ts";
import { type LlmProvider, type Plugin, type PluginHost, ProviderError } from "./sdk/index.ts";

/** A provider that a third party brings, loaded and with its options checked. */
export interface ProviderSource extends ProviderClaim {
  /** Makes the provider; asked once, and again only after it has failed. */
  open(): Promise<LlmProvider>;
}

/** What providers are made with. */
export interface ProvidersParts {
  /** For the built-in ones. Its `secret` says what the environment holds. */
  readonly host: PluginHost;
  /** Of third parties: they come before the built-in ones, by name and by claim. */
  readonly sources?: readonly ProviderSource[];
  /** `--provider`; `auto` and absent decide nothing. */
  readonly flag?: string | undefined;
  /** `AGENT_PROVIDER`. */
  readonly agentProvider?: string | undefined;
  /** Options of built-in providers by name: `{ mock: { script } }`. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A provider, and what it is called. */
export interface NamedProvider {
  readonly name: string;
  readonly provider: LlmProvider;
}

/** All providers of a process. */
export interface Providers {
  /** Which provider a model goes to. */
  nameFor(model: string, provider?: string): string;
  /** What stands in the way of asking a model, as a sentence with the way out; undefined when nothing does. Makes nothing, calls nothing. */
  obstacleFor(model: string, provider?: string): string | undefined;
  /** @throws ProviderError permanent when a model has no usable provider */
  providerFor(model: string, provider: string | undefined): Promise<NamedProvider>;
  /** Closes what was made, the last one first. Twice is once; nothing can be asked for afterwards. */
  close(): Promise<void>;
}

/** The source of a loaded plugin. */
export function sourceOf(plugin: Plugin<"llm">, options: Readonly<Record<string, unknown>>, host: PluginHost): ProviderSource {
  return { name: plugin.name, models: plugin.models, open: async () => plugin.create(options, host) };
}

/** Providers that are found by B70: `flag`, `agentProvider`, what the agent says, a claim, the rule. */
export function createProviders(parts: ProvidersParts): Providers {
  const sources = new Map<string, ProviderSource>();
  for (const { name, models, load } of BUILTIN_PROVIDERS) {
    const open = async (): Promise<LlmProvider> => (await load()).create(parts.options?.[name] ?? {}, parts.host);
    sources.set(name, { name, models, open });
  }
  for (const source of parts.sources ?? []) sources.set(source.name, source);
  const made = new Map<string, Promise<LlmProvider>>();
  let closing: Promise<void> | undefined;

  const nameFor = (model: string, provider?: string): string =>
    providerNameOf(model, { flag: parts.flag, agentProvider: parts.agentProvider, provider, plugins: parts.sources });

  const obstacleFor = (model: string, provider?: string): string | undefined => {
    const name = nameFor(model, provider);
    if (!sources.has(name)) return `provider "${name}" is not known; it is one of ${[...sources.keys()].sort().join(", ")}, or a plugin's`;
    const isBuiltin = !parts.sources?.some((source) => source.name === name);
    if (!isBuiltin || parts.options?.[name]?.["apiKey"] !== undefined) return undefined;
    const variable = missingCredentials(name, parts.host.secret);
    return variable === undefined ? undefined : `model "${model}" is asked through provider ${name}, which has no key; set ${variable}`;
  };

  return {
    nameFor,
    obstacleFor,
    async providerFor(model, provider) {
      if (closing) throw new ProviderError("permanent", "the providers are closed");
      const name = nameFor(model, provider);
      const obstacle = obstacleFor(model, provider);
      const source = sources.get(name);
      if (obstacle !== undefined || !source) throw new ProviderError("permanent", obstacle ?? `provider "${name}" is not known`);
      let making = made.get(name);
      if (!making) {
        making = source.open();
        made.set(name, making);
        making.catch(() => made.delete(name)); // the next one who asks tries again
      }
      try {
        return { name, provider: await making };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ProviderError("permanent", `provider "${name}" could not be made: ${reason}`, { cause: error });
      }
    },
    close() {
      closing ??= (async () => {
        for (const making of [...made.values()].reverse()) {
          const provider = await making.catch(() => undefined);
          // One that fails to close must not keep the others open; there is nobody left to tell but the log.
          await provider?.close?.().catch((error: unknown) => parts.host.log.warn("a provider did not close", { error }));
        }
      })();
      return closing;
    },
  };
}
