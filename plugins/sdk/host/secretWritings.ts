// The ways in which a secret may be written somewhere (I10): as it is, in base64 at any offset, in hex, URL-encoded, JSON-escaped.

/** One writing. `inParts`: it is one word, so that a part of it gives it away and no ordinary text is one. */
export interface Writing {
  readonly text: string;
  readonly inParts: boolean;
}

/** Longer secrets (certificate bundles) are hidden by their lines; their other writings only up to here. */
const MAX_ENCODED = 8_192;

/** All writings of a secret, that of its lines included. */
export function writingsOf(secret: string): readonly Writing[] {
  const trimmed = secret.trim();
  const lines = trimmed.split(/\r?\n/).filter((line) => line.length >= 8 && !line.startsWith("-----"));
  const texts = new Set([secret, trimmed, ...(lines.length > 1 ? lines : [])]);
  return [...texts].flatMap((text) => {
    const url = /^[a-z][a-z0-9+.-]{0,20}:\/\/(?:[^\s/]*@)?[^\s/]*/i.exec(text)?.[0];
    // Of a URL the host is no secret, and parts of it stand in ordinary texts.
    const core = url === undefined ? text : text.slice(url.length);
    const whole = encodingsOf(text).map((writing) => ({ text: writing, inParts: false }));
    return /\s/.test(core) ? whole : [...whole, ...encodingsOf(core).map((writing) => ({ text: writing, inParts: true }))];
  });
}

function encodingsOf(text: string): readonly string[] {
  if (text === "" || text.length > MAX_ENCODED) return text === "" ? [] : [text];
  const bytes = Buffer.from(text, "utf8");
  const json = JSON.stringify(text).slice(1, -1);
  const hex = bytes.toString("hex");
  const url = encodeURIComponent(bytes.toString("utf8"));
  return [text, json, JSON.stringify(json).slice(1, -1), url, url.replaceAll("%20", "+"), hex, hex.toUpperCase(), ...base64sOf(bytes)];
}

/** What base64 makes of the bytes wherever they stand in something longer: the digits that do not depend on the neighbours. */
function base64sOf(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  for (let offset = 0; offset < 3; offset++) {
    const digits = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // 6 bits each: digits that hold a bit of the bytes before, or would hold one of the bytes after, are not ours alone.
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    const ours = digits.slice(first, last);
    if (ours.length >= 6) texts.push(ours, ours.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return texts;
}
