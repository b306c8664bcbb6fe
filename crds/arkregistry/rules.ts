// What has to be true of a registry beyond its shape.
import { SPEC } from "../fieldPath.ts";
import type { ArkRegistrySpec } from "../generated/types.ts";
import { duplicates, type Rule } from "../rule.ts";
import { httpAddressFaults } from "../webAddress.ts";

const bindingsAreDistinct: Rule<ArkRegistrySpec> = ({ mcpBindings = [] }) =>
  duplicates(
    mcpBindings.map((binding) => binding.capabilityId),
    SPEC.child("mcpBindings"),
    "capabilityId",
    "capability",
  );

const bindingsLeadSomewhere: Rule<ArkRegistrySpec> = ({ mcpBindings = [] }) =>
  mcpBindings.flatMap((binding, i) => httpAddressFaults(binding.url, SPEC.child("mcpBindings", i, "url")));

/** All rules of an ArkRegistry. */
export const arkRegistryRules: readonly Rule<ArkRegistrySpec>[] = [bindingsAreDistinct, bindingsLeadSomewhere];
