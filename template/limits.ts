/**
 * What one template may cost (B33). Every limit that is passed is a `TemplateError` with code "limit", a line and a column:
 * a template is user input and runs on the same thread as everything else.
 */

/** The longest text that a render may give, and the longest string that a function may make: 1 MiB of UTF-8 bytes. */
export const MAX_TEMPLATE_OUTPUT = 1024 * 1024;

/**
 * Steps of work of one render: one for each action, function call and round of a loop, one for every `CHARS_PER_STEP` characters
 * or `ELEMENTS_PER_STEP` elements that a function reads or writes. A template with more nodes than this is refused when it is compiled.
 */
export const MAX_TEMPLATE_WORK = 100_000;

/** Calls of `template` inside each other; also blocks inside each other, parentheses inside each other, and levels of a value that is printed. */
export const MAX_TEMPLATE_DEPTH = 100;

/**
 * Blocks of all active `template` calls together. 100 calls, each from within 100 blocks, would be 10,000 levels of two stack frames
 * of about 200 bytes: 4 MB, where Node has 1 MB. 500 levels are 200 KB.
 */
export const MAX_ACTIVE_BLOCKS = 5 * MAX_TEMPLATE_DEPTH;

/** 100,000 steps × 256 characters are 25 MB of text, which a render copies in less than 50 ms. */
export const CHARS_PER_STEP = 256;

/** 100,000 steps × 8 elements are 800,000 elements to visit. */
export const ELEMENTS_PER_STEP = 8;
