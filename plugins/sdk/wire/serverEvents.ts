// Server-sent events, bounded. An endpoint that ignores `stream` and answers with plain JSON yields it as one event; a web page is
// no answer at all, and nearly always means that the base URL is wrong.
import type { ProviderError } from "../errors.ts";
import { MAX_EVENT, MAX_STREAM_BYTES } from "./limits.ts";
import { readChunks } from "./readText.ts";
import type { Vendor } from "./vendor.ts";
import { networkError, vendorError } from "./vendorError.ts";

/** One event: its name (`message` unless it has one) and its lines of data. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

const DRAIN_MS = 100; // an endpoint that is done closes at once; one that does not loses its connection

/**
 * The events of a stream, in order, until it ends or `isLast` says that nothing more will come.
 * @throws ProviderError transient when the connection is lost, permanent when this is no stream or more of it than we read
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readServerEvents(
  vendor: Vendor,
  response: Response,
  isLast: (event: ServerEvent) => boolean,
): AsyncGenerator<ServerEvent> {
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (/^(text\/html|application\/xhtml\+xml|image\/.*|audio\/.*|video\/.*)$/u.test(type)) {
    await response.body?.cancel().catch(() => undefined);
    throw vendorError(
      vendor,
      "permanent",
      `answered ${response.status} with ${type}, not with an event stream; check ${vendor.baseURLVariable}`,
    );
  }
  const parser = type === "application/json" ? new WholeBody() : new EventParser();
  const chunks = readChunks(response, MAX_STREAM_BYTES);
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw error instanceof RangeError ? tooMuch(vendor) : networkError(vendor, error);
      });
      const events = next.done === true ? parser.end() : parser.push(next.value);
      for (const event of events) {
        yield event;
        if (isLast(event)) return await drained(chunks, vendor);
      }
      if (next.done === true) return;
      if (parser.pending > MAX_EVENT) throw tooMuch(vendor);
    }
  } finally {
    await chunks.return(undefined);
  }
}

/** Made once, as it is thrown for nobody. */
const ENOUGH = new Error("the end of the stream is read");

/** Reads the end of a stream that has said its last, so that its connection can be used again. */
async function drained(chunks: AsyncGenerator<Uint8Array>, vendor: Vendor): Promise<void> {
  const enough = new AbortController();
  const toTheEnd = async (): Promise<void> => {
    while (!enough.signal.aborted && (await chunks.next()).done !== true);
  };
  const gaveUp = vendor.clock.sleep(DRAIN_MS, enough.signal);
  await Promise.race([toTheEnd().catch(() => undefined), gaveUp.catch(() => undefined)]);
  enough.abort(ENOUGH);
}

function tooMuch(vendor: Vendor): ProviderError {
  return vendorError(
    vendor,
    "permanent",
    `answered with more than we read: an event of over ${MAX_EVENT} characters, or a stream of over ${MAX_STREAM_BYTES} bytes`,
  );
}

/** Cuts a stream into events. Lines end with LF, CR LF or CR; a comment begins with a colon. */
class EventParser {
  readonly #decoder = new TextDecoder();
  #text = "";
  #event = "";
  #data: string[] = [];
  #held = 0;

  /** Characters that wait for the end of their event. */
  get pending(): number {
    return this.#text.length + this.#held;
  }

  push(chunk: Uint8Array): ServerEvent[] {
    const more = this.#decoder.decode(chunk, { stream: true });
    this.#text += more;
    if (!/[\r\n]/u.test(more)) return []; // a long line is not searched again with every chunk
    const lines = this.#text.split(/\r\n|\n|\r(?!$)/u); // a CR at the end may be half of a CR LF
    this.#text = lines.pop() ?? "";
    return this.#eventsOf(lines);
  }

  end(): ServerEvent[] {
    const rest = (this.#text + this.#decoder.decode()).replace(/\r$/u, "");
    this.#text = "";
    return this.#eventsOf([rest, ""]); // an event that the stream's end cut off before its empty line was sent whole by many servers
  }

  #eventsOf(lines: readonly string[]): ServerEvent[] {
    const events: ServerEvent[] = [];
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0) events.push({ event: this.#event || "message", data: this.#data.join("\n") });
        [this.#event, this.#data, this.#held] = ["", [], 0];
        continue;
      }
      const colon = line.indexOf(":");
      const [field, value] = colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /u, "")];
      if (field === "event") this.#event = value.slice(0, 256);
      if (field !== "data") continue;
      this.#data.push(value);
      this.#held += value.length + 1;
    }
    return events;
  }
}

/** A body that is one event. */
class WholeBody {
  readonly #decoder = new TextDecoder();
  #text = "";

  get pending(): number {
    return this.#text.length;
  }

  push(chunk: Uint8Array): ServerEvent[] {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    return [];
  }

  end(): ServerEvent[] {
    const data = this.#text + this.#decoder.decode();
    return data.trim() === "" ? [] : [{ event: "message", data }];
  }
}
