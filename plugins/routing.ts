// Which provider answers for a model (B70), and whether it has what it needs. Pure: the environment is handed in.
import { BUILTIN_PROVIDERS } from "./builtin.ts";

/** A value of the environment by name. Empty is as good as absent. */
export type EnvironmentOf = (name: string) => string | undefined;

/** A provider of a third party, as far as routing goes. */
export interface ProviderClaim {
  readonly name: string;
  readonly models?: readonly string[] | undefined;
}

/** What decides, strongest first: `--provider`, `AGENT_PROVIDER`, `spec.provider`, a plugin's `models`, the rule. `auto` decides nothing. */
export interface Route {
  readonly flag?: string | undefined;
  readonly agentProvider?: string | undefined;
  readonly provider?: string | undefined;
  readonly plugins?: readonly ProviderClaim[] | undefined;
}

/** The provider for a model; the first of a {@link Route} that is set wins (B70). */
export function providerNameOf(model: string, route: Route = {}): string {
  for (const said of [route.flag, route.agentProvider, route.provider]) if (isSet(said) && said !== "auto") return said;
  const claims = [...(route.plugins ?? []), ...BUILTIN_PROVIDERS];
  return claims.find(({ models }) => models?.some((glob) => matchesGlob(model, glob)))?.name ?? "openai";
}

/** The variables that a built-in provider is reached with: either is enough, since an endpoint of one's own may ask for no key. */
const CREDENTIALS: Readonly<Record<string, { readonly key: string; readonly baseURL: string }>> = {
  openai: { key: "OPENAI_API_KEY", baseURL: "OPENAI_BASE_URL" },
  anthropic: { key: "ANTHROPIC_API_KEY", baseURL: "ANTHROPIC_BASE_URL" },
  gemini: { key: "GEMINI_API_KEY", baseURL: "GEMINI_BASE_URL" },
};

/** Names of all variables that say how to reach a built-in provider. */
export const PROVIDER_VARIABLES: readonly string[] = Object.values(CREDENTIALS).flatMap(({ key, baseURL }) => [key, baseURL]);

/**
 * What `auto` comes to (B70, locally only): `mock` when the environment says how to reach no provider at all and no plugin brings one;
 * undefined when each role's provider is to be found by {@link providerNameOf}.
 */
export function chooseAuto(parts: { readonly env: EnvironmentOf; readonly plugins?: readonly ProviderClaim[] }): "mock" | undefined {
  if ((parts.plugins ?? []).length > 0) return undefined;
  return PROVIDER_VARIABLES.some((name) => isSet(parts.env(name))) ? undefined : "mock";
}

/** The variable that a provider lacks, or undefined when it can be asked; a plugin's provider knows itself what it needs. */
export function missingCredentials(provider: string, env: EnvironmentOf): string | undefined {
  const needs = Object.hasOwn(CREDENTIALS, provider) ? CREDENTIALS[provider] : undefined;
  return needs && !isSet(env(needs.key)) && !isSet(env(needs.baseURL)) ? needs.key : undefined;
}

/** Whether a model id fits a glob: `*` is any text, `?` one character, case counts. Cost: O(id × glob), whatever they hold. */
export function matchesGlob(text: string, glob: string): boolean {
  let [at, of, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    if (of < glob.length && glob[of] !== "*" && (glob[of] === "?" || glob[of] === text[at])) {
      at++;
      of++;
    } else if (glob[of] === "*") [star, resume] = [of++, at];
    else if (star >= 0) [of, at] = [star + 1, ++resume];
    else return false;
  }
  while (glob[of] === "*") of++;
  return of === glob.length;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== "";
}
