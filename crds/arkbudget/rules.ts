// What has to be true of a budget beyond its shape.
import { fault } from "../fault.ts";
import { SPEC } from "../fieldPath.ts";
import type { ArkBudgetSpec } from "../generated/types.ts";
import type { Rule } from "../rule.ts";

/** A string goes by its pattern, which has no maximum; one that is no amount at all has been told by it. */
const LARGEST_USD = 1_000_000_000;

const limitIsAnAmount: Rule<ArkBudgetSpec> = ({ limit }) =>
  Number(limit) > LARGEST_USD ? [fault(SPEC.child("limit"), "range", `must be between 0 and ${LARGEST_USD}, not ${limit}`)] : [];

/** All rules of an ArkBudget. */
export const arkBudgetRules: readonly Rule<ArkBudgetSpec>[] = [limitIsAnAmount];
