// The body of a request: whole, bounded in bytes and in time.
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Deadline } from "./deadline.ts";

/** A request that is answered with a plain HTTP status and a sentence. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const JSON_TYPE = "application/json";

/**
 * The text of a JSON body of at most `maxBytes` bytes.
 * @throws HttpError 415 for another content type, 413 when it is too long, 408 when it does not come in time, 400 for bytes that are no UTF-8
 */
export async function readBody(request: IncomingMessage, maxBytes: number, deadline: Deadline): Promise<string> {
  const type = request.headers["content-type"] ?? "";
  if (type !== JSON_TYPE && !/^application\/json\s*(;|$)/i.test(type)) throw new HttpError(415, `the content type has to be ${JSON_TYPE}`);
  const tooLong = (): HttpError => new HttpError(413, `the body has more than ${maxBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLong();
  const body = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) reject(tooLong());
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => {
      if (!request.complete) reject(new HttpError(400, "the body broke off"));
    });
    deadline.onEnd(reject);
  });
  deadline.onEnd(undefined);
  if (!isUtf8(body)) throw new HttpError(400, "the body is not UTF-8");
  return body.toString("utf8");
}
