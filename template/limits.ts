/**
 * What one template may cost (B33). Every limit that is passed is a `TemplateError` with code "limit", a line and a column:
 * a template is user input and runs on the same thread as everything else.
 */

/** The longest text that a render may give, and the longest string that a function may make: 1 MiB of UTF-8 bytes. */
export const MAX_TEMPLATE_OUTPUT = 1024 * 1024;

/**
 * Steps of work of one render: one for each action, function call, round of a loop and element that is written, two for each key that is sorted, one
 * for every `CHARS_PER_STEP` characters that are copied, and more where a character is more work. A step is about half a microsecond. A template with more nodes than this is refused when it is compiled.
 */
export const MAX_TEMPLATE_WORK = 100_000;

/** Calls of `template` inside each other; also blocks inside each other, parentheses inside each other, and levels of a value that is printed. */
export const MAX_TEMPLATE_DEPTH = 100;

/**
 * Blocks of all active `template` calls together. 100 calls, each from within 100 blocks, would be 10,000 levels of two stack frames
 * of about 200 bytes: 4 MB, where Node has 1 MB. 500 levels are 200 KB.
 */
export const MAX_ACTIVE_BLOCKS = 5 * MAX_TEMPLATE_DEPTH;

/** Variables that are declared inside parentheses, which `and` and `or` may skip: each of them is asked whether it was, when it is read. */
export const MAX_VARIABLES_IN_PARENTHESES = 100;

/** Copying, searching, comparing: 100,000 steps × 128 characters are 13 MB of text. */
export const CHARS_PER_STEP = 128;

/** Work on each single character: 100,000 steps × 32 are three times the longest text. */
export const WALKED_CHARS_PER_STEP = 32;

/** Characters that are replaced by others, which costs a call of a function each: 200,000 of them. */
export const REPLACED_CHARS_PER_STEP = 2;

/** Elements of a list or map that are only counted or copied. */
export const ELEMENTS_PER_STEP = 8;

/** Pieces that a longer text is made of, such as the brackets and numbers of a list. */
export const PIECES_PER_STEP = 4;

/** A float that has to be rounded from its exact value, which has up to 767 digits. */
export const STEPS_PER_EXACT_FLOAT = 100;
