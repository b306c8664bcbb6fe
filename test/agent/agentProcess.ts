// `ark-agent` as it ships, as an ordinary process with a configuration of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type AgentConfig, agentConfigOf, normalizeAgentFields } from "../../crds/index.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/ark-agent.js", import.meta.url));
const READY_LIMIT_MS = 20_000;
const LOOK_MS = 2;

/** How a process ended. */
export interface AgentEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of an agent. */
export interface AgentProcess {
  readonly pid: number;
  readonly port: number;
  /** Lines of its log, read as JSON. */
  log(): readonly Record<string, unknown>[];
  /** Everything it printed. */
  readonly text: string;
  get(path: string): Promise<{ readonly code: number; readonly text: string }>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<AgentEnd>;
}

/** What an agent is started with. */
export interface AgentStart {
  readonly config: AgentConfig | object;
  readonly env: Readonly<Record<string, string>>;
}

/** A configuration as the controller would write it, from the fields of an ArkAgent. */
export function aConfig(namespace: string, role: string, fields: object = {}, team = "news"): AgentConfig {
  const agent = normalizeAgentFields({ model: "gpt-test", systemPrompt: `You are ${role}.`, ...fields });
  const nothing = { settings: () => undefined, memory: () => undefined, registries: () => [], configMap: () => undefined };
  const name = `${namespace}.${team}.${role}`;
  return agentConfigOf({ namespace, name: `${team}-${role}`, agent, surroundings: nothing, queues: [{ name, team, role }] }).config;
}

/** Starts processes, and ends them all. One for each suite. */
export class AgentProcesses {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "ark-agent-"));
  readonly #children = new Set<ChildProcess>();
  #started = 0;

  /** Starts one; `wait`: until it is ready. */
  async start({ config, env }: AgentStart, { wait = true } = {}): Promise<AgentProcess> {
    const file = path.join(this.#folder, `agent-${++this.#started}.json`);
    writeFileSync(file, JSON.stringify(config));
    const child = spawn(process.execPath, [PROGRAM, "--config", file], {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: process.env["PATH"],
        ARK_HTTP_ADDR: "127.0.0.1:0",
        ARK_POD_NAME: `pod-${this.#started}`,
        OPENAI_API_KEY: "sk-test-0123456789",
        ARK_ALLOW_LOOPBACK: "1",
        ...env,
      },
    });
    this.#children.add(child);
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<AgentEnd>((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
    void ended.then(() => this.#children.delete(child));
    const log = (): Record<string, unknown>[] =>
      text
        .split("\n")
        .filter((line) => line.startsWith("{") && line.endsWith("}"))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const portOf = (): number => Number(log().find((line) => line["message"] === "the agent works")?.["port"] ?? 0);
    const agent: AgentProcess = {
      pid: child.pid ?? 0,
      get port() {
        return portOf();
      },
      get text() {
        return text;
      },
      log,
      get: (target) => getFrom(portOf(), target),
      kill: (signal) => void child.kill(signal),
      ended,
    };
    if (wait) {
      const endsMs = performance.now() + READY_LIMIT_MS;
      while ((await agent.get("/readyz").catch(() => undefined))?.code !== 200) {
        if (child.exitCode !== null || performance.now() > endsMs) throw new Error(`the agent is not ready:\n${text}`);
        await sleep(LOOK_MS);
      }
    }
    return agent;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function getFrom(port: number, target: string): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    if (port === 0) return reject(new Error("it does not listen yet"));
    const sent = request({ host: "127.0.0.1", port, path: target, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ code: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject).end();
    return undefined;
  });
}
