// How large a run's record may become, and what one task of it may use (RELIABILITY §5, "Constants"). Bytes are of UTF-8.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes of one answer that stand in the status; a longer one is a preview and a digest (P10). */
export const MAX_INLINE_OUTPUT = 8 * KIB;
/** Bytes of all answers of a run that stand in its status, parsed data included. */
export const MAX_RUN_OUTPUTS = 128 * KIB;
/** Kept free in {@link MAX_RUN_OUTPUTS} for the run's own output, written last. */
export const RUN_OUTPUT_RESERVE = MAX_INLINE_OUTPUT;
/** Bytes of a preview: answers that do not stand in the status show their beginning. */
export const MAX_PREVIEW = 2 * KIB;
/** Bytes of the preview of an answer that came when {@link MAX_RUN_OUTPUTS} was used up. */
export const MIN_PREVIEW = 64;
/** Bytes of any message in the status. */
export const MAX_MESSAGE = KIB;
/** Bytes of all messages of a run; then they are cut at {@link MIN_MESSAGE}, so that 500 failed steps still fit. */
export const MAX_RUN_MESSAGES = 64 * KIB;
/** Bytes of a message when {@link MAX_RUN_MESSAGES} is used up. */
export const MIN_MESSAGE = 120;
/** Bytes of an ArkRun (P10). */
export const MAX_RUN_OBJECT = 512 * KIB;
/** Bytes kept free for the end of a run: its failure has to fit too. */
export const FAILURE_RESERVE = 4 * KIB;
/** Bytes that a step without output and message takes in the status at most. */
export const STEP_BYTES = 420;
/** Bytes of the snapshot, metadata and spec that are reckoned with when delegated work is counted against {@link MAX_RUN_OBJECT}. */
export const RECORD_RESERVE = 64 * KIB;
/** Delegated steps that a run lists; what comes beyond is counted with its parent: (512 − 4 − 64 − 128 − 64) KiB / 420 B, steps included. */
export const MAX_LISTED_STEPS = Math.floor(
  (MAX_RUN_OBJECT - FAILURE_RESERVE - RECORD_RESERVE - MAX_RUN_OUTPUTS - MAX_RUN_MESSAGES) / STEP_BYTES,
);
/** Bytes of a prompt. */
export const MAX_PROMPT = MIB;
/** Bytes of the reason that an agent is shown when its answer was rejected. */
export const MAX_FEEDBACK = 4 * KIB;
/** Tool rounds of one task (B75). */
export const MAX_TOOL_ROUNDS = 50;
/** Bytes of texts that an index keeps in memory; beyond, they are read from the blob store again. */
export const MAX_TEXTS_KEPT = 16 * MIB;
