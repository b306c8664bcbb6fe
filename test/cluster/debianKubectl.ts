// Debian's kubectl, 1.20: many people's. Taken out of its package into the cache, installed nowhere.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

const PACKAGE = "kubernetes-client";

/** The program. @throws Error that names the fix */
export function debianKubectl(): string {
  const cache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "kubectl-ark");
  const folder = path.join(cache, "debian-kubectl");
  const program = path.join(folder, "usr/bin/kubectl");
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, "kubectl-"));
  try {
    // apt's own user may not write into a home; its lists may never have been fetched.
    const download = (): boolean => run("apt-get", ["-o", "APT::Sandbox::User=root", "download", PACKAGE], work);
    if (!download() && !(run("apt-get", ["update"], work) && download())) {
      throw new Error(
        `cannot get Debian's kubectl: "apt-get download ${PACKAGE}" fails; run apt-get update, or put a kubectl 1.20 at ${program}`,
      );
    }
    const file = readdirSync(work).find((name) => name.endsWith(".deb")) ?? "";
    if (!run("dpkg-deb", ["-x", file, "out"], work)) throw new Error(`${file} cannot be unpacked; is dpkg there?`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(path.join(work, "out"), folder);
    return program;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], cwd: string): boolean {
  return spawnSync(program, args, { cwd, stdio: "ignore" }).status === 0;
}
