// Redis for the tests of a fresh machine: the one that is there, else Debian's.
import { spawnSync } from "node:child_process";
import { redisProgram } from "../test/redis/startRedis.ts";

/** The path of a redis-server, installed first where that is allowed. @throws Error that names the fix */
export function ensureRedis(): string {
  try {
    return redisProgram();
  } catch (error) {
    if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) throw error;
    console.log("installing redis-server (once)");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }; // Debian starts what it installs, but not at level 1
    const install = (): boolean =>
      spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "redis-server"], { env, stdio: "inherit" }).status === 0;
    const isDone = install() || (spawnSync("apt-get", ["update"], { env, stdio: "inherit" }).status === 0 && install());
    if (!isDone) throw error;
    return redisProgram();
  }
}
