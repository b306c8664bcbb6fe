// The API: kinds, their shapes, rules and canonical forms, and what is needed to read them. Pure, no I/O. Outsiders import this file only.

export {
  type AgentConfigFault,
  type AgentConfigInput,
  type AgentConfigResult,
  type AgentSurroundings,
  agentConfigOf,
  secretFile,
} from "./arkagent/agentConfig.ts";
export type {
  CanonicalAgent,
  CanonicalCapability,
  CanonicalHeader,
  CanonicalHttpTool,
  CanonicalLimits,
  CanonicalMcpServer,
} from "./arkagent/canonical.ts";
export {
  type AgentConfig,
  type HeaderConfig,
  type HttpToolConfig,
  type McpServerConfig,
  type MemoryConfig,
  SECRET_ROOT,
} from "./arkagent/config.ts";
export { DEFAULT_LIMITS, DEFAULT_RESOURCES, DEFAULT_VALIDATOR_PROMPT } from "./arkagent/defaults.ts";
export { type AgentFields, normalizeAgentFields, normalizeArkAgent } from "./arkagent/normalize.ts";
export { type AgentConfigReading, readAgentConfig } from "./arkagent/readAgentConfig.ts";
export type { CanonicalBudget } from "./arkbudget/canonical.ts";
export { normalizeArkBudget } from "./arkbudget/normalize.ts";
export type { CanonicalEvent, CanonicalEventAuth, CanonicalEventSource, CanonicalTarget } from "./arkevent/canonical.ts";
export { normalizeArkEvent } from "./arkevent/normalize.ts";
export type { CanonicalMemory } from "./arkmemory/canonical.ts";
export { normalizeArkMemory } from "./arkmemory/normalize.ts";
export type { CanonicalChannel, CanonicalNotify } from "./arknotify/canonical.ts";
export { normalizeArkNotify } from "./arknotify/normalize.ts";
export type { CanonicalRegistry } from "./arkregistry/canonical.ts";
export { normalizeArkRegistry } from "./arkregistry/normalize.ts";
export { AGENT_ROLE, agentOfRole, agentSnapshotOf, roleSnapshotOf } from "./arkrun/roleSnapshot.ts";
export type { RoleSnapshot, RunSnapshot } from "./arkrun/snapshot.ts";
export type { CanonicalService } from "./arkservice/canonical.ts";
export { normalizeArkService } from "./arkservice/normalize.ts";
export type { CanonicalSettings } from "./arksettings/canonical.ts";
export { mergeSettings, normalizeArkSettings } from "./arksettings/normalize.ts";
export {
  type CanonicalInput,
  type CanonicalLookup,
  type CanonicalRole,
  type CanonicalRouting,
  type CanonicalStep,
  type CanonicalTeam,
  type CanonicalValidation,
  TEAM_MODES,
  type TeamMode,
} from "./arkteam/canonical.ts";
export { DEFAULT_IDLE_SECONDS, DEFAULT_ROUTER_PROMPT } from "./arkteam/defaults.ts";
export { checkRunInput } from "./arkteam/inputRules.ts";
export { delegatesOf, normalizeArkTeam } from "./arkteam/normalize.ts";
export { ROUTE, routerAgentName, routerAgentOf, routerQueueName } from "./arkteam/router.ts";
export { checkObject, readAs } from "./check.ts";
export { checkSet, type SetFault, type SetVerdict } from "./checkSet.ts";
export { cronProblem, nextFireMs, timeZoneProblem } from "./cron.ts";
export { durationHint, formatGoDuration, parseGoDuration } from "./duration.ts";
export { FAULT_CODES, type FaultCode, type FieldError, fault, nearest, type Verdict } from "./fault.ts";
export { FieldPath, ROOT, SPEC } from "./fieldPath.ts";
export type * from "./generated/types.ts";
export { given } from "./given.ts";
export { ancestorsOf, findCycle, type GraphNode, topologicalOrder } from "./graph.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { type CompiledSchema, compileJsonSchema, JsonSchemaError, type SchemaFault } from "./jsonSchema.ts";
export { API_VERSION, CATEGORY, GROUP, isKindName, KINDS, type Kind, type KindName, kindOf, VERSION } from "./kinds.ts";
export { MAX_JSON_DEPTH, MAX_JSON_KEYS, MAX_PATTERN_CHARS, MAX_SCHEMA_BYTES, MAX_YAML_BYTES, MAX_YAML_CALL_BYTES } from "./limits.ts";
export {
  agentQueueName,
  DEFAULT_NAMESPACE,
  derivedName,
  isDnsLabel,
  isDnsSubdomain,
  isTemplateName,
  managedAgentName,
  roleQueueName,
  templateNameHint,
} from "./names.ts";
export { originOf } from "./originOf.ts";
export { type CompiledPattern, compilePattern, PatternError } from "./pattern.ts";
export { type Reference, referencesOf } from "./references.ts";
export { refName } from "./refs.ts";
export type { CheckContext } from "./rule.ts";
export { isSameJson } from "./sameJson.ts";
export { checkShape, checkStatusShape } from "./structural/checkShape.ts";
export { dumpYaml } from "./text/dump.ts";
export type { FileFault, TextPosition } from "./text/fileFault.ts";
export { type LoadedDocument, loadYaml } from "./text/load.ts";
export { parsePath } from "./text/parsePath.ts";
export { addressOf, isAllowedAddress } from "./webAddress.ts";
