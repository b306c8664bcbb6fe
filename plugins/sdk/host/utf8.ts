const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** The beginning of a text, at most `maxBytes` of UTF-8 and never half a character. Cost: O(maxBytes). */
export function cutUtf8(text: string, maxBytes: number): string {
  // No character takes less than one byte per UTF-16 unit, so a text this short cannot be too long when its bytes fit.
  if (text.length <= maxBytes && utf8Bytes(text) <= maxBytes) return text;
  const { read } = encoder.encodeInto(text.slice(0, maxBytes), new Uint8Array(maxBytes));
  return text.slice(0, read);
}
