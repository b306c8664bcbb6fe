// Go durations (B16), as `time.ParseDuration` reads them: `168h`, `90m`, `1h30m`, `1.5h`, `250ms`, `0`.

const MS_OF_UNIT: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const NS_OF_MS = 1e6;

/** Go keeps durations as int64 nanoseconds: 2⁶³−1 ns, about 292 years. */
const MAX_MS = (2 ** 63 - 1) / NS_OF_MS;

/** The longest text that is read: a dozen parts of a dozen digits. */
const MAX_CHARS = 128;

/**
 * Milliseconds of a Go duration, a fraction for what is shorter. Undefined for all that Go refuses, for what does not fit into its 292
 * years, and for negative durations, which no field of ours can mean; {@link durationHint} says why.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text.length === 0 || text.length > MAX_CHARS) return undefined;
  const body = text.startsWith("+") ? text.slice(1) : text;
  if (body === "0") return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) return undefined;
    total += Number(match[1]) * (MS_OF_UNIT[match[2] ?? ""] ?? Number.NaN);
  }
  return body !== "" && total <= MAX_MS ? rounded(total) : undefined;
}

/** To whole nanoseconds, or to whole milliseconds where a number holds no finer: 59.999 × 1000 is not quite 59999. */
function rounded(ms: number): number {
  return ms * NS_OF_MS <= Number.MAX_SAFE_INTEGER ? Math.round(ms * NS_OF_MS) / NS_OF_MS : Math.round(ms);
}

/** Why a text is no duration and what to write instead; for texts that {@link parseGoDuration} refuses. */
export function durationHint(text: string): string {
  const days = /^(\d{1,6})\s*(d|w|day|days|week|weeks)$/.exec(text.trim());
  if (days) {
    const hours = Number(days[1]) * 24 * ((days[2] ?? "").startsWith("w") ? 7 : 1);
    return `Go durations have no days or weeks; write "${hours}h"`;
  }
  if (text.startsWith("-")) return "a duration cannot be negative";
  if (/^\d+(\.\d+)?$/.test(text)) return `a duration needs a unit; write for example "${text.slice(0, 12)}s"`;
  return 'write a Go duration such as "168h", "90m" or "1h30m"';
}

/**
 * The shortest Go duration of whole hours, minutes, seconds and milliseconds: `168h`, `1h30m`, `1.5s`, `250ms`, `0s`. Rounded to whole
 * milliseconds; what it writes, {@link parseGoDuration} reads back as the same number.
 */
export function formatGoDuration(ms: number): string {
  const whole = Math.round(ms);
  if (whole < 0) return `-${formatGoDuration(-whole)}`;
  if (whole === 0) return "0s";
  if (whole < 1_000) return `${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = (whole % 60_000) / 1_000;
  return [hours > 0 ? `${hours}h` : "", minutes > 0 ? `${minutes}m` : "", seconds > 0 ? `${seconds}s` : ""].join("");
}
