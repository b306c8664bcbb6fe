// Texts too long to travel, and the end of a run: everything that this store keeps of it goes by the set of its keys, nothing is searched.
import { createHash } from "node:crypto";
import { type BlobStore, type QueueLimits, utf8Bytes } from "../sdk/index.ts";
import { SCRIPTS } from "./generated/scripts.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./redisLink.ts";

/** What goes in one script: it holds nobody up for longer than a millisecond or two. */
const DROPPED_AT_ONCE = 200;

/** {@link BlobStore} on Redis. */
export class RedisBlobs implements BlobStore {
  readonly #link: RedisLink;
  readonly #keys: Keys;
  readonly #limits: QueueLimits;

  constructor(link: RedisLink, keys: Keys, limits: QueueLimits) {
    this.#link = link;
    this.#keys = keys;
    this.#limits = limits;
  }

  async put(namespace: string, runUID: string, text: string): Promise<string> {
    const bytes = utf8Bytes(text);
    if (bytes > this.#limits.maxBlobBytes)
      throw new RangeError(`a text of ${bytes} bytes cannot be stored; ${this.#limits.maxBlobBytes} are the most`);
    const sha256 = createHash("sha256").update(text, "utf8").digest("hex");
    await this.#link.script(SCRIPTS.blobPut, [this.#keys.blob(namespace, runUID, sha256), this.#keys.run(namespace, runUID)], [text]);
    return sha256;
  }

  async get(namespace: string, runUID: string, sha256: string): Promise<string | undefined> {
    const text = await this.#link.command("GET", this.#keys.blob(namespace, runUID, sha256));
    return typeof text === "string" ? text : undefined;
  }

  async drop(namespace: string, runUID: string): Promise<void> {
    const keys = [this.#keys.run(namespace, runUID), this.#keys.events(namespace), this.#keys.handed(namespace)];
    while (Number(await this.#link.script(SCRIPTS.dropRun, keys, [DROPPED_AT_ONCE, this.#limits.tombstoneMs])) > 0);
  }
}
