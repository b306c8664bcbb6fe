// Cutting texts by bytes, never through a character.

import { cutUtf8, utf8Bytes } from "../plugins/sdk/index.ts";

/** The beginning of a text, at most `maxBytes`; one that was cut says so at its end, with `note`, which counts too. */
export function cutWithNote(text: string, maxBytes: number, note: string): string {
  const cut = cutUtf8(text, maxBytes);
  return cut.length === text.length ? text : cutUtf8(text, maxBytes - utf8Bytes(note)) + note;
}

/** The text with each half of a character that stands alone replaced by U+FFFD, so that it can be encoded and travels unchanged. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, "\uFFFD");
}
