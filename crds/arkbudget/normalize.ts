import type { ArkBudget } from "../generated/types.ts";
import { given } from "../given.ts";
import { DEFAULT_NAMESPACE } from "../names.ts";
import { refName } from "../refs.ts";
import type { CanonicalBudget } from "./canonical.ts";
import { DEFAULT_PERIOD, DEFAULT_WARN_AT } from "./defaults.ts";

/** The budget with defaults filled in; `limit` may be a number or a decimal string. Takes an object of the right shape; pure. */
export function normalizeArkBudget({ metadata, spec }: ArkBudget): CanonicalBudget {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
    period: spec.period ?? DEFAULT_PERIOD,
    limitUSD: Number(spec.limit),
    warnAt: spec.warnAt ?? DEFAULT_WARN_AT,
    hardStop: spec.hardStop ?? false,
    ...given({ team: spec.selector?.team, matchLabels: spec.selector?.matchLabels, notifyRef: refName(spec.notifyRef) }),
  };
}
