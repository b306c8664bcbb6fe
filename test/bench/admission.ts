// What admission costs: reviews of a team over TLS beside a bare server that parses the same JSON and answers, its start, its memory; and
// creates through a real API server beside the same registration that points at a server which allows everything.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { arkResource } from "../../controller/kit/client/index.ts";
import { webhookConfigurations } from "../../webhook/index.ts";
import { aRole, aTeam } from "../builders/team.ts";
import { createAuthority } from "../cluster/certificates.ts";
import { connectTo } from "../cluster/connectTo.ts";
import { BUILT_SERVER, inForce, prepareArkServer, registerArkServer, startArkServer, startCluster } from "../cluster/index.ts";
import { kubeconfigOf } from "../cluster/pki.ts";
import { load, requestOf } from "./reviewLoad.ts";
import { type BenchRow, median } from "./row.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [program = ""] = BUILT_SERVER;
const ROUNDS = 5;
const ROUND_MS = 1_500;
const CONNECTIONS = 10;
/** Different teams, each of which is asked about again and again, as by tools that dry-run what they hold. */
const TEAMS = 256;
const FRESH = 4_000;
const STEPS = 500;

interface Running {
  readonly port: number;
  readonly child: ChildProcess;
  /** Resident memory in KiB, as the kernel counts it. */
  memoryKiB(): number;
  stop(): Promise<void>;
}

const reviewOf = (name: string, object: unknown): string =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "0b9c1b9e-6f5e-4b7e-9d3a-0f5f5f5f5f5f",
      kind: { group: "arkonis.dev", version: "v1alpha1", kind: "ArkTeam" },
      resource: { group: "arkonis.dev", version: "v1alpha1", resource: "arkteams" },
      name,
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "admin", groups: ["system:masters", "system:authenticated"] },
      object,
      oldObject: null,
      dryRun: false,
    },
  });

/** About 3.5 KB: five roles in a pipeline that read each other's outputs. */
function smallTeam(n: number): object {
  const names = ["research", "outline", "draft", "review", "publish"];
  const prompt = (name: string): string =>
    `You are the ${name} of newsroom ${n}. ${"Work from what you are given, name your sources, and keep to the style guide. ".repeat(5)}`;
  return aTeam({
    inputs: [{ name: "topic", type: "string", required: true }],
    roles: names.map((name) => aRole(name, { systemPrompt: prompt(name) })),
    pipeline: names.map((role, i) => ({
      role,
      dependsOn: names.slice(Math.max(0, i - 1), i),
      inputs: {
        prompt: i === 0 ? `${n}: {{ .input.topic }}` : `${n}: {{ .steps.${names[i - 1]}.output | trim }}`,
        topic: "{{ .input.topic }}",
      },
    })),
    output: "{{ .steps.publish.output }}",
  }).build();
}

function bigTeam(n: number): object {
  const names = Array.from({ length: STEPS }, (_, i) => `step_${i}`);
  return aTeam({
    roles: names.map((name) =>
      aRole(name, { systemPrompt: `You are ${name} of team ${n}. Do your part of the work, and say what you did.` }),
    ),
    pipeline: names.map((role, i) => ({
      role,
      dependsOn: names.slice(Math.max(0, i - 2), i),
      inputs: { prompt: `${n}: {{ .input.topic }}` },
    })),
  }).build();
}

/** Starts a server and waits until it says that it serves. */
function start(args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"] ?? "" } });
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const line = said.split("\n").find((candidate) => candidate.includes('"message":"serving"'));
      if (line === undefined) return;
      said = "";
      const { port } = JSON.parse(line) as { port: number };
      resolve({
        port,
        child,
        memoryKiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]),
        stop: () =>
          new Promise((done) => {
            child.once("exit", () => done());
            child.kill("SIGKILL");
          }),
      });
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

/** Rows of the server by itself. */
export async function admissionBench(): Promise<BenchRow[]> {
  if (!existsSync(program)) throw new Error("dist/ark-server.js is not there; run `npm run build` first");
  const folder = mkdtempSync(path.join(tmpdir(), "ark-bench-"));
  const authority = createAuthority("bench");
  const identity = authority.issue({ commonName: "bench", hosts: ["127.0.0.1"] });
  const [cert, key, kubeconfig] = ["tls.crt", "tls.key", "kubeconfig"].map((name) => path.join(folder, name)) as [string, string, string];
  writeFileSync(cert, identity.certificate);
  writeFileSync(key, identity.key);
  // Nobody is there: the server answers all the same, since no review here rests on another object.
  writeFileSync(kubeconfig, kubeconfigOf("https://127.0.0.1:1", authority.certificate, identity));
  const ours = [program, "--https-address", "127.0.0.1:0", "--cert-dir", folder, "--kubeconfig", kubeconfig, "--log-level", "info"];
  const bare = [path.join(import.meta.dirname, "bareServer.mjs"), cert, key];
  try {
    const small = Array.from({ length: TEAMS }, (_, n) => requestOf(reviewOf(`small-${n}`, smallTeam(n))));
    const big = Array.from({ length: 8 }, (_, n) => requestOf(reviewOf(`big-${n}`, bigTeam(n))));
    const speeds: number[] = [];
    const tails: number[] = [];
    const bareSpeeds: number[] = [];
    const memory: number[] = [];
    const bigTails: number[] = [];
    const firstSights: number[] = [];
    const servers = [await start(bare), await start(ours)] as const;
    for (const { port } of servers) await load(port, small, { connections: CONNECTIONS, forMs: ROUND_MS }); // warm
    for (let round = 0; round < ROUNDS; round++) {
      const [base, own] = [
        await load(servers[0].port, small, { connections: CONNECTIONS, forMs: ROUND_MS }),
        await load(servers[1].port, small, { connections: CONNECTIONS, forMs: ROUND_MS }),
      ];
      speeds.push(own.perSecond / base.perSecond);
      tails.push(own.p99 / base.p99);
      bareSpeeds.push(base.perSecond);
    }
    memory.push(servers[1].memoryKiB(), servers[0].memoryKiB());
    for (let round = 0; round < 3; round++) {
      // Each of these is seen once: none is remembered.
      const fresh = Array.from({ length: FRESH }, (_, n) => requestOf(reviewOf(`fresh-${round}-${n}`, smallTeam((round + 1) * FRESH + n))));
      const { perSecond } = await load(servers[1].port, fresh, { connections: CONNECTIONS, forMs: ROUND_MS, most: FRESH });
      firstSights.push(perSecond / median(bareSpeeds));
    }
    await load(servers[1].port, big, { connections: 1, forMs: ROUND_MS });
    for (let round = 0; round < 3; round++) bigTails.push((await load(servers[1].port, big, { connections: 1, forMs: ROUND_MS })).p99);
    for (const server of servers) await server.stop();
    const nothing: number[] = [];
    const first: number[] = [];
    for (let i = 0; i < 11; i++) {
      nothing.push(await timeOf(["-e", "0"]));
      const startedMs = performance.now();
      const server = await start(ours);
      await load(server.port, small.slice(0, 1), { connections: 1, forMs: 0.01 });
      first.push(performance.now() - startedMs);
      await server.stop();
    }
    const [own, base] = memory as [number, number];
    return [
      {
        name: "Reviews/s of a 3.5 KB team over TLS, keep-alive; 256 teams, seen before",
        measured: `${(median(speeds) * median(bareSpeeds)).toFixed(0)} /s ÷ ${median(bareSpeeds).toFixed(0)} /s of a bare \`node:https\` server`,
        ratio: median(speeds),
        unit: "×",
        atLeast: 0.7,
      },
      { name: "The same, p99 latency", measured: `${CONNECTIONS} connections`, ratio: median(tails), unit: "×", atMost: 2 },
      {
        name: "Reviews/s of teams never seen before",
        measured: `${(median(firstSights) * median(bareSpeeds)).toFixed(0)} /s ÷ ${median(bareSpeeds).toFixed(0)} /s`,
        ratio: median(firstSights),
        unit: "×",
        atLeast: 0.1,
      },
      {
        name: "Review of a 500-step team, p99",
        measured: `${((big[0]?.length ?? 0) / 1_024).toFixed(0)} KiB`,
        ratio: median(bigTails),
        unit: "ms",
        atMost: 20,
      },
      {
        name: "`ark-server`, start to first answer",
        measured: `${median(first).toFixed(0)} ms ÷ ${median(nothing).toFixed(0)} ms of \`node -e 0\``,
        ratio: median(first) / median(nothing),
        unit: "×",
        atMost: 4,
      },
      {
        name: "`ark-server`, memory under that load",
        measured: `${(own / 1_024).toFixed(0)} MiB ÷ ${(base / 1_024).toFixed(0)} MiB of the bare server`,
        ratio: own / base,
        unit: "×",
        atMost: 1.6,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Creates of runs through a real API server, beside the same registration of a server that allows everything. */
export async function createsBench(): Promise<BenchRow[]> {
  let bare: Running | undefined;
  const cluster = await startCluster({
    controllers: false,
    manifests: [path.join(root, "manifests/crds")],
    components: [
      {
        name: "servers",
        async start(plane) {
          await prepareArkServer(plane);
          const ours = await startArkServer(plane, { program: BUILT_SERVER });
          const identity = plane.authority.issue({ commonName: "bare", hosts: ["127.0.0.1"] });
          const [cert, key] = ["bare.crt", "bare.key"].map((name) => path.join(plane.folder, name)) as [string, string];
          writeFileSync(cert, identity.certificate);
          writeFileSync(key, identity.key);
          bare = await start([path.join(import.meta.dirname, "bareServer.mjs"), cert, key]);
          for (const name of NAMESPACES) await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
          const url = (port: number): string => `https://127.0.0.1:${port}`;
          await registerArkServer(plane, url(ours.port), ["bench-bare"]);
          const address = { url: url(bare.port) };
          for (const object of webhookConfigurations({ address, excludedNamespaces: ["bench-ours", "default"], caBundle: plane.ca })) {
            await plane.apply({ ...object, metadata: { name: "bare" } });
          }
          await ours.ready();
          await inForce(plane);
        },
      },
    ],
  });
  const connection = await connectTo(cluster.kubeconfig);
  try {
    const { client } = connection;
    const team = { metadata: { name: "news" }, spec: { entry: "lead", roles: [{ name: "lead", model: "mock", systemPrompt: "Lead." }] } };
    for (const namespace of NAMESPACES) await client.create(arkResource("ArkTeam"), { ...team, metadata: { ...team.metadata, namespace } });
    let made = 0;
    const perSecond = async (namespace: string): Promise<number> => {
      const startedMs = performance.now();
      const before = made;
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          while (performance.now() - startedMs < ROUND_MS) {
            made += 1;
            const run = { metadata: { name: `r${made}`, namespace }, spec: { teamRef: "news", input: { topic: "Kubernetes" } } };
            await client.create(arkResource("ArkRun"), run);
          }
        }),
      );
      return ((made - before) / (performance.now() - startedMs)) * 1_000;
    };
    for (const namespace of NAMESPACES) await perSecond(namespace);
    const ratios: number[] = [];
    const bases: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [base, own] = [await perSecond("bench-bare"), await perSecond("bench-ours")];
      bases.push(base);
      ratios.push(own / base);
    }
    return [
      {
        name: "Creates of ArkRuns through the API server, both webhooks",
        measured: `${(median(ratios) * median(bases)).toFixed(0)} /s ÷ ${median(bases).toFixed(0)} /s with a server that allows everything`,
        ratio: median(ratios),
        unit: "×",
        atLeast: 0.85,
      },
    ];
  } finally {
    await connection.close();
    await bare?.stop();
    await cluster.stop();
  }
}

const NAMESPACES = ["bench-bare", "bench-ours"] as const;

async function timeOf(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: "ignore", env: { PATH: process.env["PATH"] ?? "" } });
  await new Promise((resolve) => child.once("exit", resolve));
  return performance.now() - startedMs;
}
