/** `now` and `date`: always UTC, and `now` is what the render was given, so the same run always renders the same text (B30a). */
import type { FunctionSet } from "./functionSet.ts";
import { formatTime } from "./goTime.ts";
import type { Run } from "./run.ts";
import { GoTime, kindOf, numberOf } from "./values.ts";

/** Seconds from 0000-01-01 to 9999-12-31 are what a Go layout can show. */
const isInRange = (ms: number): boolean => ms >= -62_167_219_200_000 && ms < 253_402_300_800_000;

/** As in Sprig: a time, or whole seconds since 1970; anything else stands for now. */
function date(layout: unknown, value: unknown, run: Run): string {
  const text = String(layout);
  const ms = value instanceof GoTime ? value.ms : kindOf(value) === "int" ? numberOf(value) * 1000 : run.nowMs();
  if (!isInRange(ms)) run.fail("a date has to lie in the years 0 to 9999");
  run.scan(text.length * 50); // each character is compared with every element of a layout
  run.chars(text.length * 9); // "Jan" can become "September"
  return formatTime(text, ms);
}

export const timeFunctions: FunctionSet = {
  now: { takes: [], call: (_, run) => new GoTime(run.nowMs()) },
  // date LAYOUT TIME
  date: { takes: ["text", "any"], call: ([layout, value], run) => date(layout, value, run), call2: date },
};
