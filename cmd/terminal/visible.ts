// Text of models, tools and files on its way to a terminal (B103, B114, S34).

/** C0 but tab and newline, DEL, C1, bidirectional controls, zero-width characters, line and paragraph separators, the BOM. */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

/**
 * The text with every control character made visible: `␛[2J` instead of a cleared screen, `\u202e` instead of reversed text. Tabs and
 * newlines stay; CRLF becomes a newline. What is printed can then neither move the cursor nor pretend to be another line.
 */
export function visible(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(CONTROLS, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** The same on one line, at most `width` columns long: for tables, trees and messages. Columns are counted as characters. */
export function oneLine(text: string, width: number): string {
  const line = visible(text).replace(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length <= width ? line : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}
