// What has to be true of settings beyond their shape (B13a, B18).
import { SPEC } from "../fieldPath.ts";
import type { ArkSettingsSpec } from "../generated/types.ts";
import { duplicates, type Rule } from "../rule.ts";
import { httpAddressFaults } from "../webAddress.ts";

/** B13a. Of the fragments of several settings the later one of a name wins; within one it would be a slip. */
const fragmentsAreDistinct: Rule<ArkSettingsSpec> = ({ fragments = [] }) =>
  duplicates(
    fragments.map((fragment) => fragment.name),
    SPEC.child("fragments"),
    "name",
    "fragment",
  );

/** B18: an entry that is no address would match nothing. */
const allowlistHoldsAddresses: Rule<ArkSettingsSpec> = ({ security }) =>
  (security?.mcpAllowlist ?? []).flatMap((entry, i) => httpAddressFaults(entry, SPEC.child("security", "mcpAllowlist", i)));

/** All rules of ArkSettings. */
export const arkSettingsRules: readonly Rule<ArkSettingsSpec>[] = [fragmentsAreDistinct, allowlistHoldsAddresses];
