// Lets services do once what they do when they start, so that V8 has compiled it when the code cache is written: `ark-server` serves, answers a
// review, tells its health and figures, and drains; `ark-agent` starts and drains.
import { type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
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
    const { port, stop } = await started([program, ...args], "serving", options);
    await ask(port, "/admission/validate?timeout=5s", JSON.stringify(REVIEW));
    for (const path of ["/healthz", "/readyz", "/metrics"]) await ask(port, path);
    await stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same for `ark-agent`, on a queue that is always empty: it starts, connects, waits for tasks, and drains. @throws Error when it does not start */
export async function warmUpAgent(program: string, options: Pick<SpawnOptions, "cwd" | "env">): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ark-warm-"));
  const queue = await startEmptyQueue();
  try {
    const file = join(folder, "agent.json");
    writeFileSync(file, JSON.stringify(AGENT));
    const env = { ...options.env, REDIS_URL: `redis://127.0.0.1:${queue.port}`, ARK_HTTP_ADDR: "127.0.0.1:0", ARK_GRACE_SECONDS: "0" };
    const { stop } = await started([program, "--config", file], "the agent works", { ...options, env });
    await queue.asked;
    await stop();
  } finally {
    queue.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A server that answers every command of Redis' protocol with an empty list, as a queue without tasks does. */
async function startEmptyQueue(): Promise<{ readonly port: number; readonly asked: Promise<void>; close(): void }> {
  const sockets = new Set<Socket>();
  let wasAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    wasAsked = resolve;
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      const commands = text.match(/^\*\d+\r$/gmu)?.length ?? 0;
      const isWaiting = text.includes("XREAD");
      setTimeout(() => socket.write("*0\r\n".repeat(commands)), isWaiting ? WAIT_MS : 0);
      if (isWaiting) wasAsked();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, asked, close };
}

const WAIT_MS = 50;

const AGENT = {
  ...{ v: 1, namespace: "demo", agent: "warm", model: "mock", prompt: { inline: "Work." }, before: [], after: [] },
  limits: { maxTokensPerCall: 8_000, maxConcurrentTasks: 1, timeoutSeconds: 120, maxDailyTokens: 0, retries: 3 },
  ...{ tools: [], mcpServers: [], capabilities: [], probe: { type: "ping", intervalSeconds: 30 } },
  queues: [{ name: "demo._.warm", team: "_", role: "warm" }],
};

/** A program that has said `message` on its log; `stop` waits for its orderly end. */
async function started(
  args: readonly string[],
  message: string,
  options: Pick<SpawnOptions, "cwd" | "env">,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const port = await new Promise<number>((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const line = said.split("\n").find((text) => text.includes(`"message":"${message}"`));
      if (line !== undefined) resolve((JSON.parse(line) as { port: number }).port);
    });
    void ended.then((code) => reject(new Error(`${args.join(" ")} exited with ${code}: ${said}`)));
  });
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`${args.join(" ")} did not drain: it exited with ${code}`);
    },
  };
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
