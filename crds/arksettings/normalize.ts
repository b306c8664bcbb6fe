import type { ArkSettings, PromptFragment } from "../generated/types.ts";
import { given } from "../given.ts";
import type { CanonicalSettings } from "./canonical.ts";

/** The settings with defaults filled in. Takes an object of the right shape; pure. */
export function normalizeArkSettings({ spec }: ArkSettings): CanonicalSettings {
  const { outputFormat, memoryBackend, security } = spec;
  const temperature = spec.temperature === undefined ? undefined : Number(spec.temperature);
  return {
    promptFragments: spec.promptFragments ?? {},
    fragments: eachNameOnce((spec.fragments ?? []).map(fragmentOf)),
    requireMCPAuth: security?.requireMCPAuth ?? false,
    ...given({ temperature, outputFormat, memoryBackend, mcpAllowlist: security?.mcpAllowlist }),
  };
}

/**
 * Several settings as one, in the order in which an agent names them: of each field, prompt fragment and fragment the last one counts.
 * MCP authentication is required as soon as one of them requires it.
 */
export function mergeSettings(all: readonly CanonicalSettings[]): CanonicalSettings {
  return {
    ...all.reduce<Partial<CanonicalSettings>>((merged, settings) => ({ ...merged, ...settings }), {}),
    promptFragments: Object.fromEntries(all.flatMap((settings) => Object.entries(settings.promptFragments))),
    fragments: eachNameOnce(all.flatMap((settings) => settings.fragments)),
    requireMCPAuth: all.some((settings) => settings.requireMCPAuth),
  };
}

type Fragment = CanonicalSettings["fragments"][number];

function fragmentOf({ name, text, position }: PromptFragment): Fragment {
  return { name, text, position: position ?? "append" };
}

/** A later one of the same name takes the place of the earlier one. */
function eachNameOnce(fragments: readonly Fragment[]): Fragment[] {
  return [...new Map(fragments.map((fragment) => [fragment.name, fragment])).values()];
}
