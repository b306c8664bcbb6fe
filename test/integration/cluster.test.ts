// test/cluster itself: what it promises to those who use it, first of all that it leaves nothing behind.
import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { isAlive, withLock } from "../cluster/buildLock.ts";
import { createAuthority } from "../cluster/certificates.ts";
import type { Cluster, Component } from "../cluster/cluster.ts";
import { API_PROGRAMS, findPrograms, PROGRAMS } from "../cluster/programs.ts";
import { useCluster } from "../cluster/shared.ts";
import { startCluster } from "../cluster/startCluster.ts";

const MAIN = new URL("../cluster/main.ts", import.meta.url).pathname;

/** Until something holds: asked again and again, within the test's time. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}

/** Processes that work in a folder, or have it in their command line. */
function processesOf(folder: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === folder || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
      } catch {
        return false; // it has ended, or is somebody else's
      }
    });
}

describe("a cluster for tests", function () {
  this.timeout(120_000);

  describe("that suites share", () => {
    const cluster = useCluster();

    it("serves a control plane of the version that it is built from, with our kinds", async () => {
      const version = JSON.parse((await cluster().kubectl("version", "-o", "json")).stdout) as Record<string, { gitVersion: string }>;
      expect([version["clientVersion"]?.gitVersion, version["serverVersion"]?.gitVersion]).to.deep.equal(["v1.36.3", "v1.36.3"]);
      const listed = await cluster().kubectl("get", "arkteams,arkruns,arkagents", "-A");
      expect(listed.code, listed.stderr).to.equal(0);
    });

    it("gives each who asks a namespace of its own, in which pods may be made", async () => {
      const names = await Promise.all([cluster().namespace(), cluster().namespace()]);
      expect(new Set(names).size).to.equal(2);
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "p", namespace: names[0] },
        spec: { containers: [{ name: "c", image: "i" }] },
      };
      await cluster().apply(pod);
    });

    it("runs controllers: a Deployment gets its pods", async () => {
      const namespace = await cluster().namespace();
      const made = await cluster().kubectl("create", "deployment", "web", "--image=web", "--replicas=2", "-n", namespace);
      expect(made.code, made.stderr).to.equal(0);
      for (let pods = 0; pods < 2; )
        pods = (await cluster().kubectl("get", "pods", "-n", namespace, "-o", "name")).stdout.split("\n").length - 1;
    });

    it("believes who its authority names", async () => {
      const { certificate, key } = cluster().authority.issue({ commonName: "jane", organizations: ["editors", "readers"] });
      const [cert, keyFile] = ["jane.crt", "jane.key"].map((name) => path.join(cluster().folder, name)) as [string, string];
      writeFileSync(cert, certificate);
      writeFileSync(keyFile, key);
      // Flags do not replace the administrator's certificate, so with a file that has none.
      const config = path.join(cluster().folder, "jane.config");
      const base = JSON.parse(readFileSync(cluster().kubeconfig, "utf8")) as { users: unknown };
      writeFileSync(
        config,
        JSON.stringify({ ...base, users: [{ name: "test", user: { "client-certificate": cert, "client-key": keyFile } }] }),
      );
      const { stdout } = await cluster().kubectl("auth", "whoami", "-o", "json", `--kubeconfig=${config}`);
      const { userInfo } = (JSON.parse(stdout) as { status: { userInfo: { username: string; groups: string[] } } }).status;
      expect([userInfo.username, userInfo.groups]).to.deep.equal(["jane", ["editors", "readers", "system:authenticated"]]);
    });

    it("forgets old revisions when told", async () => {
      const namespace = await cluster().namespace();
      const items = ["a", "b"].map((name) => ({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace } }));
      await cluster().apply({ apiVersion: "v1", kind: "List", items });
      const at = `/api/v1/namespaces/${namespace}/secrets?limit=1`;
      const page = JSON.parse((await cluster().kubectl("get", "--raw", at)).stdout) as { metadata: { continue: string } };
      await cluster().apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "c", namespace } });
      await cluster().compact();
      const next = await cluster().kubectl("get", "--raw", `${at}&continue=${page.metadata.continue}`);
      expect(next.stderr).to.match(/too old|expired/i);
    });

    it("says what kubectl says when a manifest is no good", async () => {
      const error = await cluster()
        .apply({ apiVersion: "v1", kind: "Nonsense", metadata: { name: "x" } })
        .catch((caught: unknown) => caught as Error);
      expect((error as Error).message).to.contain("Nonsense");
    });
  });

  it("runs components in order, stops them in reverse, and ends their processes", async () => {
    const said: string[] = [];
    let pid = 0;
    const component = (name: string): Component => ({
      name,
      async start(plane) {
        said.push(`start ${name}`);
        if (name !== "second") return;
        const script = "echo $KUBECONFIG; sleep 1000 & exec sleep 1000";
        pid = (await plane.spawn({ name, program: "/bin/sh", args: ["-c", script] })).pid;
        const log = path.join(plane.folder, "logs", "second.log");
        await eventually(() => readFileSync(log, "utf8").trim() === plane.kubeconfig);
      },
      async stop() {
        said.push(`stop ${name}`);
        await Promise.resolve();
      },
    });
    const own = await startCluster({ controllers: false, components: [component("first"), component("second")] });
    const processes = processesOf(own.folder);
    expect(processes.length).to.be.greaterThan(3);
    await own.stop();
    await own.stop();
    expect(said).to.deep.equal(["start first", "start second", "stop second", "stop first"]);
    expect([existsSync(own.folder), isAlive(pid)]).to.deep.equal([false, false]);
    await eventually(() => !processes.some(isAlive)); // also those that a component has started itself
  });

  it("leaves nothing when a component does not start, and says why", async () => {
    let folder = "";
    const broken: Component = {
      name: "broken",
      start(plane) {
        folder = plane.folder;
        return Promise.reject(new Error("no port"));
      },
    };
    const error = await startCluster({ controllers: false, components: [broken] }).catch((caught: unknown) => caught as Error);
    expect((error as Error).message).to.equal("no port");
    expect(existsSync(folder)).to.equal(false);
  });

  it("says what the API server says when it does not start", async () => {
    const error = await startCluster({ controllers: false, apiServerFlags: ["--no-such-flag"] }).catch(
      (caught: unknown) => caught as Error,
    );
    expect((error as Error).message).to.match(/^kube-apiserver ended \(exit code 1\):\n[^]*no-such-flag/);
  });

  it("ends with its servers' supervisor, even if that is killed", async () => {
    const own: Cluster = await startCluster({ controllers: false });
    const processes = processesOf(own.folder);
    const supervisor = processes.find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("supervisor.mjs")) ?? 0;
    expect(supervisor).to.be.greaterThan(0);
    process.kill(supervisor, "SIGKILL");
    await eventually(() => !processes.some(isAlive));
    await own.stop();
    rmSync(own.folder, { recursive: true, force: true });
  });

  describe("started by a developer", () => {
    interface Started {
      readonly child: ChildProcess;
      readonly folder: string;
      readonly stdout: () => string;
      readonly processes: readonly number[];
    }
    const start = async (): Promise<Started> => {
      const child = spawn(process.execPath, ["--import", "tsx", MAIN], { stdio: ["ignore", "pipe", "ignore"] });
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      await eventually(() => out.includes("PATH=") && out.endsWith("\n"));
      const folder = path.dirname(/KUBECONFIG='(.*)'/.exec(out)?.[1] ?? "");
      return { child, folder, stdout: () => out, processes: processesOf(folder) };
    };

    it("prints two lines for a shell, and Ctrl-C ends all of it within 5 s", async () => {
      const { child, folder, stdout, processes } = await start();
      const shell = spawn("sh", ["-c", `${stdout()} kubectl get arkteams`], { stdio: ["ignore", "pipe", "pipe"] });
      expect(await once(shell, "close")).to.deep.equal([0, null]);
      const startedMs = performance.now();
      child.kill("SIGINT");
      expect((await once(child, "close"))[0]).to.equal(130);
      expect(performance.now() - startedMs).to.be.lessThan(5_000);
      expect(stdout()).to.match(/^export KUBECONFIG='[^\n]+'\nexport PATH='[^\n]+':"\$PATH"\n$/);
      expect([existsSync(folder), ...processes.map(isAlive)]).to.not.include(true);
    });

    it("leaves nothing behind when it is killed", async () => {
      const { child, folder, processes } = await start();
      expect(processes.length).to.be.greaterThan(4);
      child.kill("SIGKILL");
      await eventually(() => !existsSync(folder) && !processes.some(isAlive));
    });
  });

  describe("finds its programs", () => {
    let folder = "";
    const said: string[] = [];
    const find = (env: Record<string, string>, needed: readonly string[] = API_PROGRAMS): Promise<string> =>
      findPrograms({ env, needed, say: (line) => said.push(line) });
    /** A folder of programs that do nothing. */
    const link = (name: string, programs: readonly string[]): string => {
      const made = path.join(folder, name);
      mkdirSync(made, { recursive: true });
      for (const program of programs) symlinkSync("/bin/true", path.join(made, program));
      return made;
    };

    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), "kubectl-ark-programs-"));
      said.length = 0;
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it("where KUBEBUILDER_ASSETS says", async () => {
      const assets = link("assets", API_PROGRAMS);
      expect(await find({ KUBEBUILDER_ASSETS: assets })).to.equal(assets);
    });

    it("else in the cache, saying what was missing", async () => {
      const cached = await find(process.env as Record<string, string>, PROGRAMS); // the real one
      mkdirSync(path.join(folder, "kubectl-ark"));
      symlinkSync(cached, path.join(folder, "kubectl-ark", path.basename(cached)));
      const assets = link("assets", API_PROGRAMS);
      said.length = 0;
      expect(await find({ KUBEBUILDER_ASSETS: assets, XDG_CACHE_HOME: folder }, PROGRAMS)).to.equal(
        path.join(folder, "kubectl-ark", path.basename(cached)),
      );
      expect(said.join()).to.contain("has no kube-controller-manager, kube-scheduler");
    });

    it("else names both ways to get them, when there is no Go either", async () => {
      const error = await find({ XDG_CACHE_HOME: folder, PATH: "/nonexistent" }).catch((caught: unknown) => caught as Error);
      expect((error as Error).message).to.match(/install Go .* or set KUBEBUILDER_ASSETS to a folder with etcd/);
      expect(readdirSync(path.join(folder, "kubectl-ark"))).to.deep.equal([]);
    });

    it("builds once, however many ask; the lock of a dead process, or of one long silent, holds nobody up", async () => {
      const file = path.join(folder, "build.lock");
      let running = 0;
      let most = 0;
      const waitedFor: number[] = [];
      const work = async (): Promise<void> => {
        most = Math.max(most, ++running);
        await sleep(20);
        running -= 1;
      };
      const lock = (): Promise<void> => withLock(file, { onWait: (pid) => waitedFor.push(pid) }, work);
      await Promise.all([lock(), lock(), lock()]);
      expect([most, existsSync(file), waitedFor]).to.deep.equal([1, false, [process.pid, process.pid]]);

      const dead = spawn("true");
      await once(dead, "close");
      writeFileSync(file, String(dead.pid));
      await lock();
      writeFileSync(file, String(process.pid));
      utimesSync(file, new Date(Date.now() - 120_000), new Date(Date.now() - 120_000));
      await lock();
      expect(waitedFor).to.have.length(2);
    });
  });

  it("makes certificates as others read them", () => {
    const authority = createAuthority("an authority");
    const ca = new X509Certificate(authority.certificate);
    expect([ca.ca, ca.subject, ca.verify(ca.publicKey)]).to.deep.equal([true, "CN=an authority", true]);
    const { certificate } = authority.issue({
      commonName: "näme",
      organizations: ["a", "b"],
      hosts: ["x.svc", "127.0.0.1"],
      lifetimeMs: 60_000,
    });
    const server = new X509Certificate(certificate);
    expect([server.checkIssued(ca), server.verify(ca.publicKey), server.checkHost("x.svc"), server.checkIP("127.0.0.1")]).to.deep.equal([
      true,
      true,
      "x.svc",
      "127.0.0.1",
    ]);
    expect(server.checkHost("y.svc")).to.equal(undefined);
    expect(Date.parse(server.validTo) - Date.now()).to.be.within(0, 60_000);
    const ended = new X509Certificate(authority.issue({ commonName: "old", lifetimeMs: -1_000 }).certificate);
    expect(Date.parse(ended.validTo)).to.be.lessThan(Date.now());
    expect(Date.parse(ended.validFrom)).to.be.lessThan(Date.parse(ended.validTo));
  });
});
