// What every controller and server of ours says or needs. Outsiders enter by this file, client/index.ts or informer/index.ts.
export type { PolicyRule } from "./policyRule.ts";
