import type { FaultCode } from "../fault.ts";

/** A place in a file, both from 1; columns count UTF-16 code units, as editors do. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Text that could not be read as objects: what is wrong, where, and the way out. */
export interface FileFault extends TextPosition {
  readonly file: string;
  readonly code: FaultCode;
  readonly message: string;
}
