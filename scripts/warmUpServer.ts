// Lets `ark-server` do once what it does when it starts, so that V8 has compiled it when the code cache is written: it serves, answers a
// review, tells its health and figures, and drains.
import { type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "../test/cluster/certificates.ts";
import { kubeconfigOf } from "../test/cluster/pki.ts";

const REVIEW = {
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: {
    uid: "1",
    operation: "CREATE",
    kind: { group: "arkonis.dev", version: "v1alpha1", kind: "ArkTeam" },
    object: {
      apiVersion: "arkonis.dev/v1alpha1",
      kind: "ArkTeam",
      metadata: { name: "warm" },
      spec: {
        roles: [{ name: "one", model: "mock", systemPrompt: "Work.", canDelegate: [] }],
        pipeline: [{ role: "one", inputs: { prompt: "{{ .input.topic }}" }, dependsOn: [] }],
        output: "{{ .steps.one.output }}",
      },
    },
  },
};

/** Runs the program and asks it for everything. @throws Error when it does not serve */
export async function warmUpServer(program: string, options: Pick<SpawnOptions, "cwd" | "env">): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ark-warm-"));
  try {
    const authority = createAuthority("warm");
    const identity = authority.issue({ commonName: "warm", hosts: ["127.0.0.1"] });
    writeFileSync(join(folder, "tls.crt"), identity.certificate);
    writeFileSync(join(folder, "tls.key"), identity.key);
    writeFileSync(join(folder, "kubeconfig"), kubeconfigOf("https://127.0.0.1:1", authority.certificate, identity)); // nobody is there
    const args = [
      "--https-address",
      "127.0.0.1:0",
      "--cert-dir",
      folder,
      "--kubeconfig",
      join(folder, "kubeconfig"),
      "--shutdown-delay",
      "0s",
    ];
    const server = spawn(process.execPath, [program, ...args], { ...options, stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise<number | null>((resolve) => server.once("exit", resolve));
    const port = await new Promise<number>((resolve, reject) => {
      let said = "";
      server.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const line = said.split("\n").find((text) => text.includes('"message":"serving"'));
        if (line !== undefined) resolve((JSON.parse(line) as { port: number }).port);
      });
      void ended.then((code) => reject(new Error(`ark-server exited with ${code}: ${said}`)));
    });
    await ask(port, "/admission/validate?timeout=5s", JSON.stringify(REVIEW));
    for (const path of ["/healthz", "/readyz", "/metrics"]) await ask(port, path);
    server.kill("SIGTERM");
    if ((await ended) !== 0) throw new Error("ark-server did not drain");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ask(port: number, path: string, body?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const headers = { "content-type": "application/json" };
    const sent = request({ host: "127.0.0.1", port, path, method, headers, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume().once("end", () => resolve());
    });
    sent.once("error", reject).end(body);
  });
}
