import { createHash } from "node:crypto";
import { type BlobStore, type QueueLimits, utf8Bytes } from "../sdk/index.ts";
import { runIdOf } from "./runs.ts";

/** {@link BlobStore} in this process. `onDrop` takes along what the other stores keep of a run. */
export class MemoryBlobs implements BlobStore {
  readonly #limits: QueueLimits;
  readonly #onDrop: (namespace: string, runUID: string) => void;
  readonly #texts = new Map<string, Map<string, string>>();

  constructor(limits: QueueLimits, onDrop: (namespace: string, runUID: string) => void) {
    this.#limits = limits;
    this.#onDrop = onDrop;
  }

  async put(namespace: string, runUID: string, text: string): Promise<string> {
    const bytes = utf8Bytes(text);
    if (bytes > this.#limits.maxBlobBytes)
      throw new RangeError(`a text of ${bytes} bytes cannot be stored; ${this.#limits.maxBlobBytes} are the most`);
    const sha256 = createHash("sha256").update(text, "utf8").digest("hex");
    const runId = runIdOf(namespace, runUID);
    const texts = this.#texts.get(runId);
    if (texts === undefined) this.#texts.set(runId, new Map([[sha256, text]]));
    else texts.set(sha256, text);
    return sha256;
  }

  async get(namespace: string, runUID: string, sha256: string): Promise<string | undefined> {
    return this.#texts.get(runIdOf(namespace, runUID))?.get(sha256);
  }

  async drop(namespace: string, runUID: string): Promise<void> {
    this.#texts.delete(runIdOf(namespace, runUID));
    this.#onDrop(namespace, runUID);
  }

  get size(): number {
    return this.#texts.size;
  }
}
