// Schedules (B16): five fields, as crontab(5) has them, in a named time zone. Our own reading decides what is accepted, so that an
// extension of the library (`@reboot`, `L`, `1#2`, a sixth field) never becomes part of the API; the library finds the times.
import { createRequire } from "node:module";

const load = createRequire(import.meta.url); // croner is loaded with the first schedule

/** One of the five fields: which numbers it may hold and which names stand for them. */
interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const WEEKDAY: CronField = { name: "day of week", min: 0, max: 7, names: WEEKDAYS };
const FIELDS: readonly CronField[] = [
  { name: "minute", min: 0, max: 59, names: [] },
  { name: "hour", min: 0, max: 23, names: [] },
  { name: "day of month", min: 1, max: 31, names: [] },
  { name: "month", min: 1, max: 12, names: MONTHS },
  WEEKDAY,
];

/** Days of each month in a leap year: 29 February is rare, but it comes. */
const MOST_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What is wrong with a schedule, with the way out; undefined when it is five good fields that match some day. */
export function cronProblem(text: string): string | undefined {
  if (text.startsWith("@")) return `${JSON.stringify(text)} is no schedule of five fields; write for example "0 9 * * 1-5"`;
  const parts = text.trim().split(/[ \t]+/);
  if (parts.length !== FIELDS.length) {
    return `a schedule has five fields (minute, hour, day of month, month, day of week), this one has ${parts.length}; write for example "0 9 * * 1-5"`;
  }
  const sets: ReadonlySet<number>[] = [];
  for (const [i, field] of FIELDS.entries()) {
    const values = valuesOf(parts[i] ?? "", field);
    if (typeof values === "string") return values;
    sets.push(values);
  }
  const [, , days, months, weekdays] = sets;
  if (!days || !months || !weekdays) return undefined;
  // When both day fields are restricted either may match (crontab's rule), and a weekday always comes.
  const dayDecides = isEveryWeekday(weekdays);
  if (dayDecides && ![...months].some((month) => [...days].some((day) => day <= (MOST_DAYS[month - 1] ?? 0)))) {
    return "no month that it names has such a day, so it would never fire; correct the day of month or the month";
  }
  return undefined;
}

function isEveryWeekday(values: ReadonlySet<number>): boolean {
  return new Set([...values].map((value) => value % 7)).size === 7;
}

/** The numbers that one field means, or what is wrong with it. */
function valuesOf(text: string, field: CronField): ReadonlySet<number> | string {
  const values = new Set<number>();
  const refuse = (why: string): string => `${field.name} ${JSON.stringify(text)}: ${why}`;
  for (const part of text.split(",")) {
    const match = /^(\*|[0-9]{1,4}|[A-Za-z]{3})(?:-([0-9]{1,4}|[A-Za-z]{3}))?(?:\/([0-9]{1,4}))?$/.exec(part);
    if (!match || (match[1] === "*" && match[2] !== undefined)) return refuse("write *, numbers, ranges (1-5), lists (1,3) or steps (*/5)");
    const [, low = "", high, stepText] = match;
    const from = low === "*" ? field.min : numberOf(low, field);
    const to = low === "*" ? lastOf(field) : high === undefined ? from : numberOf(high, field);
    if (from === undefined || to === undefined) return refuse(`only ${field.min} to ${field.max}${namesOf(field)}`);
    if (from > to) return refuse(`the range runs backwards; write ${to}-${from}, or two ranges`);
    if (stepText !== undefined && low !== "*" && high === undefined) {
      return refuse(`a step needs a range; write ${from}-${lastOf(field)}/${stepText}`);
    }
    const step = stepText === undefined ? 1 : Number(stepText);
    if (step < 1 || step > lastOf(field)) return refuse(`a step is a number from 1 to ${lastOf(field)}`);
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

/** The last number without the second name of Sunday, 7. */
function lastOf(field: CronField): number {
  return field.names === WEEKDAYS ? 6 : field.max;
}

/** A number or a name as a number of the field; undefined when it is neither. */
function numberOf(text: string, field: CronField): number | undefined {
  const named = field.names.indexOf(text.toLowerCase());
  if (named !== -1) return named + field.min;
  const value = Number(text);
  return Number.isInteger(value) && value >= field.min && value <= field.max ? value : undefined;
}

function namesOf(field: CronField): string {
  const [first] = field.names;
  return first === undefined ? "" : ` or ${first.toUpperCase()} to ${field.names.at(-1)?.toUpperCase()}`;
}

/** What is wrong with a time zone, with the way out; undefined for a name of the IANA data base that this machine knows. */
export function timeZoneProblem(name: string): string | undefined {
  const wayOut = `write a name of the time zone data base, for example "Europe/Berlin" or "UTC"`;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return `${JSON.stringify(name)} is no time zone; ${wayOut}`;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return undefined;
  } catch {
    return `unknown time zone ${JSON.stringify(name)}; ${wayOut}`;
  }
}

/**
 * The first time after `afterMs` at which a schedule fires, in milliseconds since 1970; undefined when there is none. A time that the
 * clock skips in spring fires when the clock has jumped; one that comes twice in autumn fires once.
 * @throws RangeError when {@link cronProblem} or {@link timeZoneProblem} would have refused it
 */
export function nextFireMs(cron: string, timeZone: string, afterMs: number): number | undefined {
  const problem = cronProblem(cron) ?? timeZoneProblem(timeZone);
  if (problem !== undefined) throw new RangeError(problem);
  const parts = cron.trim().split(/[ \t]+/);
  const weekdays = valuesOf(parts[4] ?? "", WEEKDAY);
  // The library takes `0-6` for a restriction; for us every weekday is no restriction, however it is written.
  if (typeof weekdays !== "string" && isEveryWeekday(weekdays)) parts[4] = "*";
  const { Cron } = load("croner") as typeof import("croner");
  const next = new Cron(parts.join(" "), { timezone: timeZone, mode: "5-part", paused: true }).nextRun(new Date(afterMs));
  return next?.getTime();
}
