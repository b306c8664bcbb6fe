/** Fields of a log line: run, step and task ids first of all. Values pass the redactor. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a room says what it does. Handed in; `cmd/` decides what becomes of it. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields`. */
  with(fields: LogFields): Log;
}

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLog };
