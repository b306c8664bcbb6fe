// What one task may use at most (RELIABILITY §5, "Constants"). Bytes are of UTF-8, counts are whole.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Tool rounds of one task; one more and it fails with `ToolRoundsExceeded` (B75). */
export const MAX_TOOL_ROUNDS = 50;
/** Calls that one turn of the model may ask for; those beyond get a tool error (S65). */
export const MAX_CALLS_PER_TURN = 64;
/** The same call, name and arguments, within one task; those beyond get a tool error (S65). */
export const MAX_EQUAL_CALLS = 5;
/** Tools of one MCP server. */
export const MAX_TOOLS_PER_SERVER = 128;
/** Characters of a tool's name: what the strictest provider accepts. */
export const MAX_TOOL_NAME = 64;
/** Bytes of a tool's description that the model is shown. */
export const MAX_TOOL_DESCRIPTION = 8 * KIB;
/** Pages of an MCP tool list; a cursor loop ends here. */
export const MAX_TOOL_PAGES = 64;
/** Bytes of a tool's answer, after decompression (B74). */
export const MAX_TOOL_BODY = MIB;
/** Bytes of a tool's answer that reach the model. */
export const MAX_TOOL_TEXT = 256 * KIB;
/** Bytes of a failed tool's answer that reach the model (B74). */
export const MAX_TOOL_ERROR_TEXT = 2 * KIB;
/** Bytes of one call's arguments. */
export const MAX_TOOL_ARGS = MIB;
/** Nesting of arguments and answers: stringify overflows the stack otherwise. */
export const MAX_JSON_DEPTH = 64;
/** Levels of delegation below the entry (B62). */
export const MAX_DEPTH = 8;
/** Tasks that one task may ask for (S63). */
export const MAX_CHILDREN = 20;
/** Keys in one `look` at the queue. */
export const MAX_LOOK_KEYS = 100;
/** Bytes of an answer; the rest is cut off, `truncated` says so. */
export const MAX_OUTPUT = MIB;
/** Bytes of an answer that travel inline; a longer one is a blob. */
export const MAX_INLINE_OUTPUT = 8 * KIB;
/** Bytes of a long answer that travel beside its blob. */
export const MAX_PREVIEW = 2 * KIB;
/** Bytes of a failure's message. */
export const MAX_FAILURE_MESSAGE = KIB;
/** Bytes of a prompt for a delegate (§1.3). */
export const MAX_PROMPT = MIB;
/** Bytes of one journal event's text, leaving room for its other fields in 16 KiB. */
export const MAX_JOURNAL_TEXT = 12 * KIB;
/** Bytes of arguments and answers of tools in the journal. */
export const MAX_JOURNAL_DETAIL = 4 * KIB;
/** Entries recalled before a task (B80). */
export const MAX_RECALLED = 20;
/** Bytes of what is recalled, and of each exchange that is remembered. */
export const MAX_MEMORY_TEXT = 64 * KIB;
/** Tokens that a provider may report for one call; more is taken for nonsense. */
export const MAX_REPORTED_TOKENS = 1_000_000_000;
/** Least room for an answer: a call that leaves less is not made (B47). */
export const MIN_ANSWER_TOKENS = 1;
/** Tries of a call whose provider threw something that is no ProviderError. */
export const MAX_TRIES_IN_PLACE = 2;
/** Snapshots kept decoded, by digest: one per run in work, with room. */
export const MAX_CACHED_SNAPSHOTS = 64;
/** Unavailable answers in a row, within `BREAKER_WINDOW_MS`, that open the breaker. */
export const BREAKER_THRESHOLD = 5;
/** See `BREAKER_THRESHOLD`. */
export const BREAKER_WINDOW_MS = 30_000;
/** Retries that one success allows (P15: extra calls ≤ 10 % of the successful ones). */
export const RETRIES_PER_SUCCESS = 0.1;
/** A retry is allowed at least so often. */
export const RETRY_EVERY_MS = 10_000;
/** Retries saved up at most, and at start. */
export const MAX_SAVED_RETRIES = 10;
/** Retries that a fresh pod may make before it has earned any. */
export const FIRST_RETRIES = 3;
/** Failures in a row of the semantic probe that take an agent out of service (B77). */
export const PROBE_FAILURES = 3;
/** Tokens of a probe's answer (S68). */
export const PROBE_MAX_TOKENS = 64;
