// The shortest texts of the formats that JSON Schema knows, and how to make them longer.

/** A text of a format at least `min` characters long, and a few others for lists of distinct ones. Unknown formats mean nothing: plain letters. */
export function* formatTexts(format: string, min: number): Generator<string> {
  for (let n = 0; n < 60; n++) {
    const text = textOf(format, n, min);
    if (Array.from(text).length >= min) yield text;
  }
}

/** The n-th text of a format. */
function textOf(format: string, n: number, min: number): string {
  const two = String(n).padStart(2, "0"); // n < 60: good for seconds, minutes and years
  const pad = (head: string, tail: string): string => {
    const name = letters(n);
    return head + name + "a".repeat(Math.max(0, Math.min(min, 1_000) - head.length - name.length - tail.length)) + tail;
  };
  switch (format) {
    case "date-time":
    case "iso-date-time":
      return `19${70 + (n % 30)}-01-01T00:00:${two}Z`;
    case "date":
      return `20${two}-01-01`;
    case "time":
    case "iso-time":
      return `00:00:${two}Z`;
    case "duration":
      return `PT${n}S`;
    case "email":
    case "idn-email":
      return pad("", "@a.co");
    case "hostname":
    case "idn-hostname":
      return pad("", "").slice(0, 63);
    case "ipv4":
      return `0.0.0.${n}`;
    case "ipv6":
      return `::${n}`;
    case "uri":
    case "iri":
    case "url":
      return pad("http://a.co/", "");
    case "uri-reference":
    case "iri-reference":
    case "uri-template":
      return pad("/", "");
    case "uuid":
      return `00000000-0000-4000-8000-0000000000${two}`;
    case "json-pointer":
    case "json-pointer-uri-fragment":
      return format === "json-pointer" ? pad("/", "") : pad("#/", "");
    case "relative-json-pointer":
      return n === 0 && min <= 1 ? "0" : pad("0/", "");
    case "byte":
      return "AAAA".repeat(Math.ceil(min / 4) + n);
    default:
      return min === 0 && n === 0 ? "" : pad("", "");
  }
}

/** a, b, … z, aa, ba, … */
function letters(n: number): string {
  return String.fromCharCode(97 + (n % 26)) + "a".repeat(Math.floor(n / 26));
}
