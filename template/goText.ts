/**
 * Strings as Go sees them: UTF-8 bytes. We hold them as JavaScript strings. Half a character, as `slice` can cut it, is held
 * as one lone surrogate U+DC80…U+DCFF per byte (no text has those), and put together again at the end (`joinBytes`).
 */

const BYTE_BASE = 0xdc00;

const isLoneByte = (code: number): boolean => code >= 0xdc80 && code <= 0xdcff;
const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

/** One byte that is no character by itself. */
export const loneByte = (byte: number): string => String.fromCharCode(BYTE_BASE + byte);

/** The byte that a code unit stands for, if it stands for one. */
export const byteOfUnit = (unit: number): number | undefined => (isLoneByte(unit) ? unit - BYTE_BASE : undefined);

/** Length in UTF-8 bytes. */
export function utf8Length(text: string): number {
  const { length } = text;
  if (isAscii(text)) return length;
  let bytes = length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (isHigh(code) && isLow(text.charCodeAt(i + 1))) {
      bytes += 2;
      i += 1;
    } else if (!isLoneByte(code)) bytes += 2;
  }
  return bytes;
}

/** Number of characters (code points; every stray byte counts as one). */
export function runeCount(text: string): number {
  let runes = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      runes -= 1;
      i += 1;
    }
  }
  return runes;
}

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (isLoneByte(code)) bytes.push(code - BYTE_BASE);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code >= 0xd800 && code <= 0xdfff) bytes.push(0xef, 0xbf, 0xbd);
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

/** The text of UTF-8 bytes; bytes that are no character stay, one by one. */
export function textOf(bytes: readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i] ?? 0;
    const size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    const code = size === 0 ? -1 : size === 1 ? first : decode(bytes, i, size);
    if (code < 0) {
      text += loneByte(first);
      i += 1;
    } else {
      text += String.fromCodePoint(code);
      i += size;
    }
  }
  return text;
}

/** The character of `size` bytes at `start`, or -1 when there is none: cut off, too long for its value, a surrogate, too high. */
function decode(bytes: readonly number[], start: number, size: number): number {
  let code = (bytes[start] ?? 0) & (0xff >> (size + 1));
  for (let i = start + 1; i < start + size; i++) {
    const next = bytes[i] ?? 0;
    if ((next & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (next & 63);
  }
  const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
  return code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? -1 : code;
}

/** Bytes `from` (included) to `to` (not included) of a text. Cost: O(to). */
export function sliceBytes(text: string, from: number, to: number): string {
  if (isAscii(text)) return text.slice(from, to);
  const start = seek(text, from);
  const end = seek(text, to);
  const cut = (unit: number, first: number, last: number): string => textOf(bytesOf(characterAt(text, unit)).slice(first, last));
  if (start.unit === end.unit) return cut(start.unit, start.inside, end.inside);
  const head = start.inside === 0 ? "" : cut(start.unit, start.inside, 4);
  const tail = end.inside === 0 ? "" : cut(end.unit, 0, end.inside);
  const whole = start.inside === 0 ? start.unit : start.unit + characterAt(text, start.unit).length;
  return head + text.slice(whole, end.unit) + tail;
}

/** One byte of a text. Cost: O(position). */
export function byteAt(text: string, position: number): number {
  const { unit, inside } = seek(text, position);
  return bytesOf(characterAt(text, unit))[inside] ?? 0;
}

const characterAt = (text: string, unit: number): string => {
  const code = text.codePointAt(unit);
  return code === undefined ? "" : String.fromCodePoint(code);
};

/** Where a byte lies: the first unit of its character, and how many bytes of that stand before it. */
function seek(text: string, position: number): { unit: number; inside: number } {
  let left = position;
  for (let unit = 0; unit < text.length; ) {
    const code = text.charCodeAt(unit);
    const isPair = isHigh(code) && isLow(text.charCodeAt(unit + 1));
    const size = code < 0x80 || isLoneByte(code) ? 1 : code < 0x800 ? 2 : isPair ? 4 : 3;
    if (left < size) return { unit, inside: left };
    left -= size;
    unit += isPair ? 2 : 1;
  }
  return { unit: text.length, inside: 0 };
}

const NOT_ASCII = /[\u0080-\uffff]/;

/** Whether every character is one byte. */
export const isAscii = (text: string): boolean => !NOT_ASCII.test(text);

/** Order of two texts by their bytes: that of code points, which UTF-16 order is not beyond U+D7FF. */
export function compareText(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const isStray = (isLoneByte(left) || isLoneByte(right)) && !(i > 0 && isHigh(a.charCodeAt(i - 1)));
    return isStray ? compareBytes(a, b, i) : rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
}

/** Order of two texts that are the same before `start`, of which one goes on with half a character: a few bytes decide. */
function compareBytes(a: string, b: string, start: number): number {
  const left = bytesOf(a.slice(start, start + 8));
  const right = bytesOf(b.slice(start, start + 8));
  const differing = left.findIndex((byte, i) => byte !== right[i]);
  return differing === -1 ? left.length - right.length : (left[differing] ?? 0) - (right[differing] ?? -1);
}

/** Puts surrogates, which stand for the highest code points, behind all other units. */
const rankOf = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

const STRAY = /\p{Cs}/gu;

/** Puts cut characters together again; what is left of them becomes U+FFFD, as wherever Go's bytes become text. */
export const joinBytes = (text: string): string => textOf(bytesOf(text)).replace(STRAY, "\uFFFD");
