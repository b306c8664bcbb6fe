// Changes as they happen. One request lasts half a minute, so that a dead connection is noticed soon; the next goes on where it ended.
import { backOffMs, type Clock } from "../../../plugins/sdk/index.ts";
import { isRecord } from "./json.ts";
import { errorOfStatus, isTooManyRequests, isUnavailable, type KubeError } from "./kubeError.ts";
import { truncatedError } from "./noAnswer.ts";
import { type KubeObject, pathOf, type RawObject, type Resource } from "./resource.ts";
import type { KubeTransport } from "./transport.ts";

/** What is told of an object. A BOOKMARK is no change: its object has nothing but the resource version that has been reached. */
export const WATCH_EVENTS = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"] as const;

/** One change. */
export interface WatchEvent<T extends KubeObject = RawObject> {
  readonly type: (typeof WATCH_EVENTS)[number];
  readonly object: T;
}

/** What to watch. */
export interface WatchQuery {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Changes after this one, which a list or an earlier event has named. Opaque: compared by nobody. */
  readonly resourceVersion: string;
  readonly signal?: AbortSignal | undefined;
  /** Called whenever the API server shows that it is there: a request accepted, an event. A silent minute means trouble. */
  readonly onAlive?: (() => void) | undefined;
}

/** What watching takes. */
export interface WatchParts {
  readonly transport: KubeTransport;
  readonly clock: Clock;
  readonly random: () => number;
}

const [MIN_SECONDS, MAX_SECONDS] = [25, 30];
/** How long after the agreed end the API server may take to end it. */
const GRACE_MS = 5_000;
const BACK_OFF = { firstMs: 200, maxMs: 10_000 };
/** An accepted request that ends sooner without a single event has failed, whatever it says; else a broken proxy would be asked in a tight loop. */
const SHORT_MS = 1_000;
/** etcd takes objects of 1.5 MiB; escaped and with managedFields they may be some times longer. */
const MAX_LINE_CHARS = 32 * 1_048_576;

/**
 * Changes from `resourceVersion` on, in order, without end: lost connections, 429 and the server's own troubles are waited for and
 * resumed. Rejects with a KubeError when only the caller can go on: {@link isGone} (list anew), not found, not allowed; with
 * `signal.reason` when aborted. Leaving the loop ends the connection.
 */
export async function* watch<T extends KubeObject>(
  resource: Resource<T>,
  query: WatchQuery,
  parts: WatchParts,
): AsyncGenerator<WatchEvent<T>, never> {
  const { clock, random } = parts;
  let resourceVersion = query.resourceVersion;
  let failures = 0;
  for (;;) {
    const startedMs = clock.monotonic();
    let failure: KubeError | undefined;
    let events = 0;
    try {
      for await (const event of watchOnce(resource, { ...query, resourceVersion }, parts)) {
        events += 1;
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        yield event;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      failure = error;
    }
    if (!failure && (events > 0 || clock.monotonic() - startedMs >= SHORT_MS)) {
      failures = 0;
      continue;
    }
    failures = events > 0 ? 1 : failures + 1;
    await clock.sleep(failure?.retryAfterMs ?? backOffMs(BACK_OFF, failures, random), query.signal);
  }
}

const isPassing = (error: unknown): error is KubeError => isUnavailable(error) || isTooManyRequests(error);

/** One request: ends when the API server ends it. */
async function* watchOnce<T extends KubeObject>(
  resource: Resource<T>,
  { namespace, labelSelector, fieldSelector, resourceVersion, signal, onAlive }: WatchQuery,
  { transport, random }: WatchParts,
): AsyncGenerator<WatchEvent<T>> {
  const timeoutSeconds = MIN_SECONDS + Math.floor(random() * (MAX_SECONDS - MIN_SECONDS + 1));
  const path = pathOf(resource, { namespace });
  const request = `WATCH ${path}`;
  const { body } = await transport.open({
    method: "GET",
    path,
    query: { watch: true, allowWatchBookmarks: true, timeoutSeconds, resourceVersion, labelSelector, fieldSelector },
    timeoutMs: timeoutSeconds * 1_000 + GRACE_MS,
    isStream: true,
    signal,
  });
  onAlive?.();
  for await (const line of linesOf(body, request)) {
    onAlive?.();
    yield eventOf<T>(line, request);
  }
}

/** Whole lines. @throws KubeError when the last one is not */
async function* linesOf(body: AsyncIterable<Uint8Array>, request: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: string[] = []; // joined only once its end has come: a long line comes in hundreds of pieces
  let restChars = 0;
  for await (const chunk of body) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      const line = rest.length === 0 ? piece : rest.join("") + piece;
      rest = [];
      restChars = 0;
      if (line !== "") yield line;
    }
    if (last === "") continue;
    rest.push(last);
    restChars += last.length;
    if (restChars > MAX_LINE_CHARS) throw truncatedError(request);
  }
  if (restChars > 0) throw truncatedError(request);
}

function eventOf<T extends KubeObject>(line: string, request: string): WatchEvent<T> {
  const event = parse(line, request);
  const { type, object } = event;
  if (isRecord(object) && type === "ERROR") throw errorOfStatus(object, { code: 500, retryAfterMs: undefined, request });
  const known = WATCH_EVENTS.find((name) => name === type);
  if (!known || !isRecord(object) || !isRecord(object["metadata"])) throw truncatedError(request);
  return { type: known, object: object as unknown as T }; // the API server has checked it
}

function parse(line: string, request: string): Readonly<Record<string, unknown>> {
  try {
    const event: unknown = JSON.parse(line);
    if (isRecord(event)) return event;
  } catch (error) {
    throw truncatedError(request, error);
  }
  throw truncatedError(request);
}
