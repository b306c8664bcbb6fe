// One build at a time in a cache folder that several runs share. Only thrift depends on it: each build works in a folder of its own
// and is renamed into place, so two at once cost time and break nothing.
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const BEAT_MS = 5_000;
/** Twelve missed beats: the holder is gone, although a process may have its number. */
const STALE_AFTER_MS = 60_000;
const LOOK_MS = 500;

/**
 * Runs `work` while holding the lock file. Waits for another holder (`onWait` is told its process id, once) unless that process is dead.
 * Rejects with `signal.reason` when aborted while waiting.
 */
export async function withLock<T>(
  file: string,
  { onWait, signal }: { onWait: (pid: number) => void; signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(path.dirname(file), { recursive: true });
  for (let told = false; !take(file); ) {
    const holder = holderOf(file);
    if (holder === undefined) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) onWait(holder);
    told = true;
    await sleep(LOOK_MS, undefined, { ...(signal && { signal }) });
  }
  const beat = setInterval(() => touch(file), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Who holds the lock; undefined when nobody does any more. */
function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    const isFresh = Date.now() - statSync(file).mtimeMs < STALE_AFTER_MS;
    // Between its making and its writing a lock is empty: young, it is somebody's.
    if (!isFresh) return undefined;
    return pid === 0 || isAlive(pid) ? pid : undefined;
  } catch {
    return undefined; // let go in this moment
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Somebody thought us dead: two builds, as said above.
  }
}

/** Whether a process of that number runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM"; // there, and somebody else's
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
