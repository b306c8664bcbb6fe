// How big and how deep an object, and what a user writes into one, may be. One named constant each; bytes are bytes of UTF-8.

const KB = 1_000;
const KIB = 1_024;
const MIB = 1_024 * KIB;

/** B15: a longer prompt is accepted with a warning; models read it with every call. */
export const WARN_PROMPT_BYTES = 50 * KB;
/** B15: the longest system prompt. */
export const MAX_SYSTEM_PROMPT_BYTES = 512 * KB;
/** B15: all prompts of one team; with the rest of the team they have to fit into one object of 1.5 MiB. */
export const MAX_TEAM_PROMPTS_BYTES = 800 * KB;

/** Text of one JSON Schema. */
export const MAX_SCHEMA_BYTES = 64 * KIB;
/** Schemas inside each other; each level is a level of generated code. */
export const MAX_SCHEMA_DEPTH = 32;
/** Subschemas in one schema. The generated code of `anyOf` grows with the square: 500 alternatives take 0.1 s to compile, 2,000 take 1.7 s. */
export const MAX_SUBSCHEMAS = 500;
/** Times that `$ref` is followed in one check; a schema that refers to itself twice would otherwise double the work at each level. */
export const MAX_REFS_FOLLOWED = 100_000;
/** Faults that one check of a value reports. */
export const MAX_SCHEMA_FAULTS = 20;
/** Longest regular expression, in characters. */
export const MAX_PATTERN_CHARS = KIB;

/** Objects and lists inside each other; serialising deeper ones could overflow the stack. */
export const MAX_JSON_DEPTH = 64;
/** Keys of one value that comes from outside; a value with more is checked for its first fault only. */
export const MAX_JSON_KEYS = 10_000;

/** One YAML document. */
export const MAX_YAML_BYTES = MIB;
/** All documents of one call. */
export const MAX_YAML_CALL_BYTES = 10 * MIB;
/** Aliases (`*name`) in one document; what they repeat counts towards {@link MAX_JSON_KEYS}. */
export const MAX_YAML_ALIASES = 100;

/** B13a: steps of one pipeline. */
export const MAX_PIPELINE_STEPS = 500;
/** B12: longest derived name or label value; pods and Services add a suffix of their own to it and have to stay within 63. */
export const MAX_DERIVED_NAME_CHARS = 52;
