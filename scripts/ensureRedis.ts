// Redis for the tests of a fresh machine: the one that is there, else Debian's.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { redisProgram } from "../test/redis/startRedis.ts";

/** The path of a redis-server, installed first where that is allowed. @throws Error that names the fix */
export function ensureRedis(): string {
  try {
    return redisProgram();
  } catch (error) {
    if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) throw error;
    console.log("installing redis-server (once)");
    // Debian starts what it installs; a server that nobody asked for would stand in the way of nobody, but it is not ours to start.
    const folder = mkdtempSync(join(tmpdir(), "ark-apt-"));
    writeFileSync(join(folder, "policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    const env = {
      ...process.env,
      DEBIAN_FRONTEND: "noninteractive",
      RUNLEVEL: "1",
      PATH: [folder, process.env["PATH"] ?? ""].join(delimiter),
    };
    const install = (): boolean =>
      spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "redis-server"], { env, stdio: "inherit" }).status === 0;
    const isDone = install() || (spawnSync("apt-get", ["update"], { env, stdio: "inherit" }).status === 0 && install());
    rmSync(folder, { recursive: true, force: true });
    if (!isDone) throw error;
    return redisProgram();
  }
}
