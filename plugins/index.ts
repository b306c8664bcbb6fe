// The plugins that come with the product, and how a model finds its provider.
export { BUILTIN_PLUGINS, BUILTIN_PROVIDERS, type BuiltinPlugin } from "./builtin.ts";
export { createProviders, type NamedProvider, type ProviderSource, type Providers, type ProvidersParts, sourceOf } from "./providers.ts";
export {
  chooseAuto,
  type EnvironmentOf,
  matchesGlob,
  missingCredentials,
  PROVIDER_VARIABLES,
  type ProviderClaim,
  providerNameOf,
  type Route,
} from "./routing.ts";
