/** "parse": the text is no template. "exec": it is one, but cannot be rendered with this data. "limit": it costs too much (B33). */
export type TemplateErrorCode = "parse" | "exec" | "limit";

/** Where in a template something stands, both from 1; columns count UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * What is wrong with a template, and where (B32, B35). The message names no file: whoever knows in which field the template
 * stands puts that in front. It quotes the template, never the data's text values.
 */
export class TemplateError extends Error implements Position {
  override readonly name = "TemplateError";
  readonly code: TemplateErrorCode;
  readonly line: number;
  readonly column: number;
  /** The message without the position in front of it. */
  readonly problem: string;

  constructor(code: TemplateErrorCode, problem: string, at: Position) {
    super(`line ${at.line}, column ${at.column}: ${problem}`);
    this.code = code;
    this.problem = problem;
    this.line = at.line;
    this.column = at.column;
  }
}

/** Line and column of an offset into a template's text. Cost: O(offset), so only for errors and references. */
export function positionOf(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let newline = text.indexOf("\n"); newline !== -1 && newline < offset; newline = text.indexOf("\n", newline + 1)) {
    line += 1;
    lineStart = newline + 1;
  }
  return { line, column: offset - lineStart + 1 };
}
