/** Points in time as Go's `time` package writes them, in UTC. */

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

const DAY_MS = 86_400_000;

const two = (n: number): string => String(n).padStart(2, "0");
const spaced = (n: number, width: number): string => String(n).padStart(width, " ");
const yearDay = (t: Date): number => Math.floor((t.getTime() - Date.UTC(t.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
const hour12 = (t: Date): number => t.getUTCHours() % 12 || 12;
const month = (t: Date): string => MONTHS[t.getUTCMonth()] ?? "";
const day = (t: Date): string => DAYS[t.getUTCDay()] ?? "";

/** What may stand in a layout, longest first where one begins another. */
const ELEMENTS: readonly (readonly [string, (t: Date) => string])[] = [
  ["January", month],
  ["Jan", (t) => month(t).slice(0, 3)],
  ["Monday", day],
  ["Mon", (t) => day(t).slice(0, 3)],
  ["MST", () => "UTC"],
  ["002", (t) => String(yearDay(t)).padStart(3, "0")],
  ["01", (t) => two(t.getUTCMonth() + 1)],
  ["02", (t) => two(t.getUTCDate())],
  ["03", (t) => two(hour12(t))],
  ["04", (t) => two(t.getUTCMinutes())],
  ["05", (t) => two(t.getUTCSeconds())],
  ["06", (t) => two(t.getUTCFullYear() % 100)],
  ["15", (t) => two(t.getUTCHours())],
  ["1", (t) => String(t.getUTCMonth() + 1)],
  ["2006", (t) => String(t.getUTCFullYear()).padStart(4, "0")],
  ["2", (t) => String(t.getUTCDate())],
  ["__2", (t) => spaced(yearDay(t), 3)],
  ["_2006", (t) => `_${String(t.getUTCFullYear()).padStart(4, "0")}`],
  ["_2", (t) => spaced(t.getUTCDate(), 2)],
  ["3", (t) => String(hour12(t))],
  ["4", (t) => String(t.getUTCMinutes())],
  ["5", (t) => String(t.getUTCSeconds())],
  ["PM", (t) => (t.getUTCHours() < 12 ? "AM" : "PM")],
  ["pm", (t) => (t.getUTCHours() < 12 ? "am" : "pm")],
  ["-07:00:00", () => "+00:00:00"],
  ["-070000", () => "+000000"],
  ["-07:00", () => "+00:00"],
  ["-0700", () => "+0000"],
  ["-07", () => "+00"],
  ["Z07:00:00", () => "Z"],
  ["Z070000", () => "Z"],
  ["Z07:00", () => "Z"],
  ["Z0700", () => "Z"],
  ["Z07", () => "Z"],
];

const FRACTION = /([.,])(0+|9+)(?![0-9])/y;

/**
 * A point in time (milliseconds since 1970) by a Go layout such as `2006-01-02 15:04:05`.
 * @see https://pkg.go.dev/time#Layout
 */
export function formatTime(layout: string, ms: number): string {
  const time = new Date(ms);
  let out = "";
  for (let at = 0; at < layout.length; ) {
    FRACTION.lastIndex = at;
    const fraction = FRACTION.exec(layout);
    if (fraction !== null) {
      out += fractionOf(time, fraction[1] ?? "", fraction[2] ?? "");
      at = FRACTION.lastIndex;
      continue;
    }
    const element = ELEMENTS.find(([name]) => layout.startsWith(name, at) && !isPartOfWord(name, layout[at + name.length]));
    out += element === undefined ? (layout[at] ?? "") : element[1](time);
    at += element === undefined ? 1 : element[0].length;
  }
  return out;
}

/** "Jan" and "Mon" at the beginning of a longer word are text. */
const isPartOfWord = (name: string, next: string | undefined): boolean =>
  (name === "Jan" || name === "Mon") && next !== undefined && next >= "a" && next <= "z";

function fractionOf(time: Date, point: string, digits: string): string {
  const nanos = `${String(time.getUTCMilliseconds()).padStart(3, "0")}${"0".repeat(Math.max(digits.length - 3, 0))}`.slice(
    0,
    digits.length,
  );
  if (digits[0] === "0") return point + nanos;
  const shown = nanos.replace(/0+$/, "");
  return shown === "" ? "" : point + shown;
}

/** What Go prints for a time. */
export const goTimeText = (ms: number): string => formatTime("2006-01-02 15:04:05.999999999 -0700 MST", ms);
