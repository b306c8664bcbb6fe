// Cutting by bytes, never through a character, and digests.
import { createHash } from "node:crypto";

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** The longest beginning of whole characters that fits `maxBytes`. */
export function cutBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text; // a UTF-16 unit is at most three bytes
  const { read } = encoder.encodeInto(text, new Uint8Array(Math.max(maxBytes, 0)));
  return text.slice(0, read);
}

/** Like `cutBytes`, but a text that was cut ends in "…". */
export function cutMessage(text: string, maxBytes: number): string {
  return bytesOf(text) <= maxBytes ? text : `${cutBytes(text, maxBytes - 3)}…`;
}

/** sha256 of a text's UTF-8 bytes, 64 hex digits. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** An instant as status holds it: RFC 3339, UTC, milliseconds. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** The instant of an RFC 3339 text; undefined when there is none or it is not one. */
export function msOf(time: string | undefined): number | undefined {
  if (time === undefined) return undefined;
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}
