// How the programs that run in a cluster log: one JSON line each on standard error, redacted by name and by value (S15).
import pino, { type Logger } from "pino";
import { errorText, type Log, type LogFields, type Redactor } from "../../plugins/sdk/index.ts";

/** Levels of `ARK_LOG_LEVEL` and `--log-level`. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a service's log takes. */
export interface ServiceLogParts {
  readonly level: LogLevel;
  readonly redactor: Redactor;
  /** Gets whole lines. */
  readonly write: (line: string) => void;
  /** On every line: `{ program: "ark-server" }`. */
  readonly fields?: LogFields;
}

/** A log whose lines have `time` (RFC 3339), `level`, `message` and the fields. Errors among the fields are told as text, never with a stack. */
export function serviceLog({ level, redactor, write, fields = {} }: ServiceLogParts): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: "message",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return logOver(logger, redactor, fields);
}

function logOver(logger: Logger, redactor: Redactor, fields: LogFields): Log {
  const plain = (more: LogFields | undefined): object => {
    const told = Object.entries({ ...fields, ...more }).map(([key, value]) => [
      key,
      value instanceof Error ? textOf(value, redactor) : value,
    ]);
    return redactor.value(Object.fromEntries(told)) as object;
  };
  const text = (message: string): string => redactor.text(message);
  return {
    debug: (message, more) => {
      if (logger.isLevelEnabled("debug")) logger.debug(plain(more), text(message));
    },
    info: (message, more) => logger.info(plain(more), text(message)),
    warn: (message, more) => logger.warn(plain(more), text(message)),
    error: (message, more) => logger.error(plain(more), text(message)),
    with: (more) => logOver(logger, redactor, { ...fields, ...more }),
  };
}

const textOf = (error: Error, redactor: Redactor): string => errorText(error, { redact: (message) => redactor.text(message) });
