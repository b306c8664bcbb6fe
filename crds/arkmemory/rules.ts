// What has to be true of a memory beyond its shape.
import { fault } from "../fault.ts";
import { SPEC } from "../fieldPath.ts";
import type { ArkMemorySpec } from "../generated/types.ts";
import type { Rule } from "../rule.ts";
import { addressOf } from "../webAddress.ts";

const backendHasOptions: Rule<ArkMemorySpec> = ({ backend, redis, vectorStore }) => {
  if (backend === "redis" && redis === undefined)
    return [fault(SPEC.child("redis"), "required", "backend redis needs redis with secretRef")];
  if (backend === "vector-store" && vectorStore === undefined) {
    return [fault(SPEC.child("vectorStore"), "required", "backend vector-store needs vectorStore with provider and endpoint")];
  }
  return [];
};

/** Not only http: pgvector's is `postgres://`. */
const endpointIsAnAddress: Rule<ArkMemorySpec> = ({ vectorStore }) =>
  vectorStore === undefined || addressOf(vectorStore.endpoint) !== undefined
    ? []
    : [fault(SPEC.child("vectorStore", "endpoint"), "format", 'is no address; write for example "http://qdrant:6333"')];

/** All rules of an ArkMemory. */
export const arkMemoryRules: readonly Rule<ArkMemorySpec>[] = [backendHasOptions, endpointIsAnAddress];
