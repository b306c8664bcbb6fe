/** One document's text, `---` included, and the line of the file that it begins on, from 1. */
export interface Chunk {
  readonly text: string;
  readonly line: number;
}

/**
 * Cuts a file where a line begins with `---` and a space or its end. There, and only there, YAML begins a new document, whatever block
 * scalar or quote is open (kubectl cuts at the same place). Directives (`%YAML 1.1`) stay with the document that follows them.
 */
export function* splitDocuments(text: string): Generator<Chunk> {
  const marker = /^---(?=[ \t\r\n]|$)/gm;
  let start = 0;
  let line = 1;
  for (let match = marker.exec(text); match !== null; match = marker.exec(text)) {
    const before = text.slice(start, match.index);
    if (before.trim() === "" || onlyDirectives(before)) continue;
    yield { text: before, line };
    line += newlines(before);
    start = match.index;
  }
  yield { text: text.slice(start), line };
}

function onlyDirectives(text: string): boolean {
  return /^%/m.test(text) && text.split("\n").every((line) => /^(%|#|\s*$)/.test(line));
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
