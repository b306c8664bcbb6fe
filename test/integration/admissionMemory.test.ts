// A hundred thousand reviews, right ones and wrong ones, known ones and new ones, leave nothing behind.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { connect } from "node:tls";
import { expect } from "chai";
import { exchange, requestOf } from "../bench/reviewLoad.ts";
import { aTeam } from "../builders/team.ts";
import { createAuthority } from "../cluster/certificates.ts";
import { BUILT_SERVER } from "../cluster/index.ts";
import { kubeconfigOf } from "../cluster/pki.ts";

const WARM = 60_000;
const MORE = 100_000;
const CONNECTIONS = 8;
/** Collections at the end of a phase of which the lowest counts: in one of them the caches may be full of what is about to go. */
const COLLECTIONS = 5;

describe("the memory of ark-server", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "ark-memory-"));
  let server: ChildProcess;
  let port = 0;
  /** What was alive after each full collection, MB, as V8 says it. */
  const aliveMb: number[] = [];

  before(async () => {
    const authority = createAuthority("memory");
    const identity = authority.issue({ commonName: "memory", hosts: ["127.0.0.1"] });
    writeFileSync(join(folder, "tls.crt"), identity.certificate);
    writeFileSync(join(folder, "tls.key"), identity.key);
    writeFileSync(join(folder, "kubeconfig"), kubeconfigOf("https://127.0.0.1:1", authority.certificate, identity)); // nobody is there
    const args = [
      "--trace-gc",
      "--gc-global", // every collection is a full one
      ...BUILT_SERVER,
      "--https-address",
      "127.0.0.1:0",
      "--cert-dir",
      folder,
      "--kubeconfig",
      join(folder, "kubeconfig"),
      "--log-level",
      "info",
    ];
    server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    const lines = createInterface({ input: server.stdout as Readable });
    lines.on("line", (line) => {
      const found = /Mark-Compact.*-> ([\d.]+) \(/.exec(line)?.[1];
      if (found !== undefined) aliveMb.push(Number(found));
    });
    port = await new Promise((resolve, reject) => {
      let said = "";
      server.stderr?.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-10_000);
        const found = /"port":(\d+),"message":"serving"/.exec(said)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      server.once("exit", () => reject(new Error(said)));
    });
  });
  after(() => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const residentKiB = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]);

  /** The n-th review: every fourth is one that was never seen, every eighth is refused, one in a hundred is no review. */
  const reviewOf = (n: number): Buffer => {
    if (n % 100 === 0) return requestOf("{");
    const name = n % 4 === 0 ? `new-${n}` : `known-${n % 64}`;
    const prompt = `You are ${name}. ${"Do your part of the work. ".repeat(20)}`;
    const object = aTeam({ entry: n % 8 === 0 ? "nobody" : "lead" })
      .role("lead", { systemPrompt: prompt })
      .build();
    const request = {
      uid: `u-${n}`,
      operation: "CREATE",
      kind: { group: "arkonis.dev", version: "v1alpha1", kind: "ArkTeam" },
      name,
      namespace: "test",
      object,
    };
    return requestOf(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request }));
  };

  async function send(from: number, count: number): Promise<void> {
    let next = from;
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const socket = connect({ host: "127.0.0.1", port, ca: [], rejectUnauthorized: false });
        await new Promise((resolve) => socket.once("secureConnect", resolve));
        while (next < from + count) await exchange(socket, reviewOf(next++));
        socket.destroy();
      }),
    );
  }

  it(`does not grow over ${MORE} reviews`, async () => {
    await send(0, WARM);
    const [warmKiB, warmMb] = [residentKiB(), Math.min(...aliveMb.splice(0).slice(-COLLECTIONS))];
    await send(WARM, MORE);
    const [afterKiB, afterMb] = [residentKiB(), Math.min(...aliveMb.slice(-COLLECTIONS))];
    const said = `alive ${warmMb} MB, then ${afterMb} MB; resident ${warmKiB} KiB, then ${afterKiB} KiB`;
    expect(afterMb / warmMb, said).to.be.lessThan(1.1);
    // The size of the young generation and the moment of a collection move the resident size; a leak moves it further.
    expect(afterKiB / warmKiB, said).to.be.lessThan(1.3);
  });
});
