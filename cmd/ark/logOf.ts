import { errorText, type Log, type LogFields, type Redactor } from "../../plugins/sdk/index.ts";
import type { Output } from "../terminal/output.ts";
import { oneLine } from "../terminal/visible.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** What the rooms below say, one JSON line each on `output`, from the level that ARK_LOG names; nothing without it. Redacted by name and value. */
export function logOf(output: Output, redactor: Redactor, level: string | undefined, fields: LogFields = {}): Log {
  const from = LEVELS.findIndex((each) => each === level);
  const say = (at: number, message: string, more: LogFields = {}): void => {
    if (from < 0 || at < from) return;
    const plain = Object.fromEntries(
      Object.entries({ ...fields, ...more }).map(([key, value]) => [
        key,
        value instanceof Error ? errorText(value, { redact: (text) => redactor.text(text) }) : value,
      ]),
    );
    output.write(`${oneLine(JSON.stringify(redactor.value({ level: LEVELS[at], message, ...plain })), 4_000)}\n`);
  };
  return {
    debug: (message, more) => say(0, message, more),
    info: (message, more) => say(1, message, more),
    warn: (message, more) => say(2, message, more),
    error: (message, more) => say(3, message, more),
    with: (more) => logOf(output, redactor, level, { ...fields, ...more }),
  };
}
