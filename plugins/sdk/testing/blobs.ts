import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { BlobStore, QueueLimits } from "../index.ts";
import { type Clause, rejectionOf } from "./clause.ts";

/** An empty store with a namespace of its own. */
export interface OpenBlobs {
  readonly blobs: BlobStore;
  readonly namespace: string;
  readonly limits: Pick<QueueLimits, "maxBlobBytes">;
  close?(): Promise<void>;
}

/** Where a blob store is tried out. */
export interface BlobWorld {
  open(): Promise<OpenBlobs>;
}

function clause(name: string, check: (world: OpenBlobs) => Promise<void>): Clause<BlobWorld> {
  return {
    name,
    async check(world) {
      const open = await world.open();
      try {
        await check(open);
      } finally {
        await open.close?.();
      }
    },
  };
}

/** What every {@link BlobStore} promises. */
export const blobClauses: readonly Clause<BlobWorld>[] = [
  clause("a text comes back under the sha256 of its bytes", async ({ blobs, namespace }) => {
    const text = "Grüße 你好 \u0000 \n👩‍👩‍👧";
    const sha256 = await blobs.put(namespace, "uid-1", text);
    assert.equal(sha256, createHash("sha256").update(text, "utf8").digest("hex"));
    assert.equal(await blobs.get(namespace, "uid-1", sha256), text);
  }),
  clause("putting a text twice is putting it once", async ({ blobs, namespace }) => {
    assert.equal(await blobs.put(namespace, "uid-1", "same"), await blobs.put(namespace, "uid-1", "same"));
  }),
  clause("the empty text is a text", async ({ blobs, namespace }) => {
    assert.equal(await blobs.get(namespace, "uid-1", await blobs.put(namespace, "uid-1", "")), "");
  }),
  clause("another run and another namespace have none of it", async ({ blobs, namespace }) => {
    const sha256 = await blobs.put(namespace, "uid-1", "mine");
    assert.equal(await blobs.get(namespace, "uid-2", sha256), undefined);
    assert.equal(await blobs.get(`${namespace}2`, "uid-1", sha256), undefined);
    assert.equal(await blobs.get(namespace, "uid-1", "0".repeat(64)), undefined);
  }),
  clause("a text at the limit is kept, one byte more is refused", async ({ blobs, namespace, limits }) => {
    const longest = `é${"x".repeat(limits.maxBlobBytes - 2)}`;
    const sha256 = await blobs.put(namespace, "uid-1", longest);
    assert.equal((await blobs.get(namespace, "uid-1", sha256))?.length, longest.length);
    const error = await rejectionOf(blobs.put(namespace, "uid-1", `${longest}x`));
    assert.ok(error instanceof RangeError, "a RangeError");
    assert.match(error.message, new RegExp(String(limits.maxBlobBytes + 1)));
  }),
  clause("what is dropped with its run is gone, and only that", async ({ blobs, namespace }) => {
    const gone = await blobs.put(namespace, "uid-1", "one");
    const kept = await blobs.put(namespace, "uid-2", "two");
    await blobs.drop(namespace, "uid-1");
    assert.equal(await blobs.get(namespace, "uid-1", gone), undefined);
    assert.equal(await blobs.get(namespace, "uid-2", kept), "two");
    await blobs.drop(namespace, "uid-1");
  }),
];
