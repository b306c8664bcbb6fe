// The snapshots of runs by digest: what a task's role is, as it was when its run began. An edit of the team never changes a run.
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { RoleSnapshot, RunSnapshot } from "../crds/index.ts";
import type { BlobStore, Task } from "../plugins/sdk/index.ts";
import { MAX_CACHED_SNAPSHOTS } from "./limits.ts";

/** Reads the snapshot that a task names; undefined when it names none or the store has lost it. */
export type SnapshotReader = (task: Pick<Task, "ns" | "runUID" | "snapshot">) => Promise<RunSnapshot | undefined>;

/** A reader that keeps what it decoded. What does not fit its digest counts as lost. */
export function snapshotReader(blobs: Pick<BlobStore, "get">): SnapshotReader {
  const known = new LRUCache<string, RunSnapshot>({ max: MAX_CACHED_SNAPSHOTS });
  return async ({ ns, runUID, snapshot: digest }) => {
    if (digest === undefined) return undefined;
    const cached = known.get(digest);
    if (cached !== undefined) return cached;
    const text = await blobs.get(ns, runUID, digest);
    if (text === undefined || createHash("sha256").update(text).digest("hex") !== digest) return undefined;
    const decoded: unknown = JSON.parse(text);
    if (!isRunSnapshot(decoded)) return undefined;
    known.set(digest, decoded);
    return decoded;
  };
}

/** The role of that name in a run. */
export function roleIn(snapshot: RunSnapshot | undefined, role: string): RoleSnapshot | undefined {
  return snapshot?.roles.find((candidate) => candidate.role === role);
}

function isRunSnapshot(value: unknown): value is RunSnapshot {
  return typeof value === "object" && value !== null && "v" in value && value.v === 1 && "roles" in value && Array.isArray(value.roles);
}
