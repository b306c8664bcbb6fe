// How much of a model's traffic is read (RELIABILITY §5, "Model traffic"): endpoints are the user's, and answer what they like.

/** Text of one answer, in bytes of UTF-8 (`maxOutput`). What is longer is cut, and the answer stops with `length`. */
export const MAX_ANSWER_BYTES = 1_048_576;

/** Arguments of all tool calls of one answer together, in UTF-16 units: four times the text, since one call may write a whole file. */
export const MAX_ARGUMENTS = 4 * MAX_ANSWER_BYTES;

/** Tool calls of one answer: far above the 64 that the runtime makes in a turn, far below what fills a memory. */
export const MAX_TOOL_CALLS = 1_024;

/** One event of a stream, in UTF-16 units: an answer that comes in one piece, arguments and all, and its escapes. */
export const MAX_EVENT = 8 * MAX_ANSWER_BYTES;

/** A whole stream, in bytes after decompression: 1 MiB of text in events of 4 bytes and 300 bytes of JSON around each is 80 MB. */
export const MAX_STREAM_BYTES = 128 * 1_048_576;

/** A refusal's body: what is said in the message is 1 KiB of it. */
export const MAX_REFUSAL_BYTES = 65_536;

/** Message of an error that names what a vendor said. */
export const MAX_MESSAGE_BYTES = 1_024;

/** Depth of tool arguments (`maxJsonDepth`); deeper ones are handed on as text, for the runtime to refuse. */
export const MAX_JSON_DEPTH = 64;
