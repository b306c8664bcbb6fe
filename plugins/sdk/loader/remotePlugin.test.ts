// A server that speaks the protocol of remote plugins, against the clauses that every plugin keeps, and against broken answers.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { systemClock } from "../host/clock.ts";
import { silentLog } from "../host/log.ts";
import type { LlmProvider } from "../llm.ts";
import type { MemoryEntry, MemoryStore } from "../memory.ts";
import type { Notifier } from "../notify.ts";
import type { PluginHost } from "../plugin.ts";
import { type LlmWorld, llmClauses, type MemoryWorld, memoryClauses, type VendorMove } from "../testing/index.ts";
import { remotePlugin } from "./remotePlugin.ts";

const SECRET = "remote-secret-0123456789";
const host: PluginHost = { log: silentLog, fetch: globalThis.fetch, clock: systemClock, secret: () => undefined };

interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** What is still open when a test fails. */
const servers = new Set<Served>();
const closeServers = async (): Promise<void> => {
  for (const server of servers) await server.close();
};

async function serve(answer: (path: string, body: Record<string, unknown>, response: ServerResponse) => void): Promise<Served> {
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      answer(request.url ?? "", text === "" ? {} : (JSON.parse(text) as Record<string, unknown>), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const served: Served = {
    url: `http://127.0.0.1:${port}/plugin`,
    close: async () => {
      servers.delete(served);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  servers.add(served);
  return served;
}

const manifest = (kind: string, more: object = {}): string =>
  JSON.stringify({ apiVersion: "plugin.arkonis.dev/v1", kind, name: "far", ...more });

async function connect<T>(url: string, options: Record<string, unknown> = {}): Promise<T> {
  const plugin = await remotePlugin(url, { fetch: globalThis.fetch, clock: systemClock, signal: new AbortController().signal });
  return (await plugin.create(options, host)) as T;
}

/** Says one move in the protocol's words. */
function play(move: VendorMove | undefined, response: ServerResponse): void {
  switch (move?.is) {
    case "answer": {
      const { text, toolCalls = [], usage, stopReason } = move;
      // Cut inside of characters too: bytes are what travels.
      const lines = Array.from(text, (piece) => `${JSON.stringify({ text: piece })}\n`).join("");
      const bytes = Buffer.from(`${lines}${JSON.stringify({ response: { text, toolCalls, usage, stopReason } })}\n`);
      for (let i = 0; i < bytes.length; i += 7) response.write(bytes.subarray(i, i + 7));
      response.end();
      return;
    }
    case "status":
      response.writeHead(move.status, move.retryAfterMs === undefined ? {} : { "retry-after": String(move.retryAfterMs / 1_000) });
      response.end(move.body ?? "no");
      return;
    case "hang":
      response.write('{"text":"one"}\n');
      return;
    case "cut":
      response.write('{"text":"one"}\n', () => response.destroy());
      return;
    case "garbage":
    case undefined:
      response.end("<html>welcome</html>");
  }
}

const llmWorld: LlmWorld = {
  secret: SECRET,
  async open(moves) {
    let calls = 0;
    let openCalls = 0;
    const server = await serve((path, _body, response) => {
      if (path === "/plugin") return void response.end(manifest("llm", { models: ["far-*"] }));
      openCalls++;
      response.on("close", () => openCalls--);
      play(moves[calls++], response);
    });
    const provider = await connect<LlmProvider>(server.url, { apiKey: SECRET });
    return { provider, model: "far-1", calls: () => calls, openCalls: () => openCalls, close: () => server.close() };
  },
};

const memoryWorld: MemoryWorld = {
  keeps: "agent",
  async open() {
    const kept = new Map<string, Map<string, MemoryEntry>>();
    const server = await serve((path, body, response) => {
      const { namespace, team, agent } = (body["scope"] ?? {}) as Record<string, string>;
      const id = JSON.stringify([namespace, team, agent]);
      const entries = kept.get(id) ?? new Map<string, MemoryEntry>();
      const answers: Record<string, () => unknown> = {
        "/plugin": () => JSON.parse(manifest("memory")),
        "/plugin/recall": () => {
          const sorted = [...entries.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
          return { entries: Number(body["limit"]) > 0 ? sorted.slice(-Number(body["limit"])) : [] };
        },
        "/plugin/remember": () => {
          for (const entry of body["entries"] as MemoryEntry[]) entries.set(entry.id, entry);
          kept.set(id, entries);
          return {};
        },
        "/plugin/forget": () => kept.delete(id) && {},
        "/plugin/health": () => ({ healthy: true }),
      };
      response.end(JSON.stringify(answers[path]?.() || {}));
    });
    return { store: await connect<MemoryStore>(server.url), close: () => server.close() };
  },
};

describe("remotePlugin: an llm in another process (B121)", () => {
  afterEach(closeServers);
  for (const clause of llmClauses) it(clause.name, () => clause.check(llmWorld));
});

describe("remotePlugin: a memory in another process (B121)", () => {
  afterEach(closeServers);
  for (const clause of memoryClauses) it(clause.name, () => clause.check(memoryWorld));
});

describe("remotePlugin", () => {
  afterEach(closeServers);
  const request = { model: "far-1", system: "", messages: [], tools: [], maxTokens: 1 };
  const response = { text: "hi", toolCalls: [], usage: { inputTokens: 1, outputTokens: 1 }, stopReason: "end" };
  const cases: Record<string, { lines: unknown[]; want: { kind: string; message: RegExp } }> = {
    "no response at the end": { lines: [{ text: "hi" }], want: { kind: "transient", message: /without a response/ } },
    "pieces that are not the text": { lines: [{ text: "ho" }, { response }], want: { kind: "transient", message: /pieces/ } },
    "a stop that nobody knows": {
      lines: [{ response: { ...response, stopReason: "tired" } }],
      want: { kind: "transient", message: /stopReason/ },
    },
    "usage below zero": {
      lines: [{ response: { ...response, usage: { inputTokens: -1, outputTokens: 0 } } }],
      want: { kind: "transient", message: /usage/ },
    },
    "no usage": { lines: [{ response: { text: "a", stopReason: "end" } }], want: { kind: "transient", message: /usage/ } },
    "calls that are none": {
      lines: [{ response: { ...response, toolCalls: [{ id: "", name: "a", args: {} }] } }],
      want: { kind: "transient", message: /toolCalls/ },
    },
    "its own error in the middle": {
      lines: [{ text: "h" }, { error: { kind: "throttled", message: "slow down", retryAfterMs: 5 } }],
      want: { kind: "throttled", message: /^slow down$/ },
    },
    "an error of a kind nobody knows": { lines: [{ error: { kind: "odd" } }], want: { kind: "transient", message: /did not say why/ } },
    "more than an answer may have": {
      lines: [{ text: "x".repeat(9_000_000) }],
      want: { kind: "permanent", message: /more than 8388608 bytes/ },
    },
  };
  for (const [sentence, { lines, want }] of Object.entries(cases)) {
    it(`${sentence} is an error of kind ${want.kind}`, async () => {
      const server = await serve((path, _body, answer) => {
        answer.end(path === "/plugin" ? manifest("llm") : lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      });
      const provider = await connect<LlmProvider>(server.url);
      const error = await provider.complete(request, { signal: new AbortController().signal }).catch((reason: unknown) => reason);
      expect(error).to.include({ name: "ProviderError", kind: want.kind });
      expect((error as Error).message).to.match(want.message);
      await server.close();
    });
  }

  it("a text that was not streamed is given as one piece", async () => {
    const server = await serve((path, _body, answer) => answer.end(path === "/plugin" ? manifest("llm") : JSON.stringify({ response })));
    const pieces: string[] = [];
    const provider = await connect<LlmProvider>(server.url);
    await provider.complete(request, { signal: new AbortController().signal, onText: (piece) => void pieces.push(piece) });
    expect(pieces).to.deep.equal(["hi"]);
    expect("embed" in provider).to.equal(false);
    await server.close();
  });

  it("embeddings are there when the plugin has them, one for each text", async () => {
    const server = await serve((path, body, answer) => {
      answer.end(
        path === "/plugin"
          ? manifest("llm", { embed: true })
          : JSON.stringify({ vectors: (body["texts"] as string[]).slice(0, 2).map((text) => [text.length, 0.5]) }),
      );
    });
    const provider = await connect<LlmProvider>(server.url);
    const signal = new AbortController().signal;
    expect(await provider.embed?.(["a", "bc"], { signal })).to.deep.equal([
      [1, 0.5],
      [2, 0.5],
    ]);
    const error = await provider.embed?.(["a", "b", "c"], { signal }).catch((reason: unknown) => reason);
    expect(error).to.include({ name: "ProviderError", kind: "transient" });
    await server.close();
  });

  it("a notifier sends what it is given, with the options", async () => {
    const seen: unknown[] = [];
    const server = await serve((path, body, answer) => {
      if (path !== "/plugin") seen.push([path, body]);
      answer.end(path === "/plugin" ? manifest("notify") : "{}");
    });
    const notifier = await connect<Notifier>(`${server.url}/`, { channel: "ops" });
    await notifier.send({ event: "TeamFailed", team: "news", namespace: "demo" }, { signal: new AbortController().signal });
    expect(seen).to.deep.equal([
      ["/plugin/send", { options: { channel: "ops" }, notification: { event: "TeamFailed", team: "news", namespace: "demo" } }],
    ]);
    await server.close();
  });

  it("a redirect is not followed, and a queue is refused", async () => {
    const moved = await serve((_path, _body, answer) => answer.writeHead(302, { location: "http://127.0.0.1:1/" }).end());
    const queue = await serve((_path, _body, answer) => answer.end(manifest("queue")));
    for (const [server, want] of [
      [moved, /gave no answer/],
      [queue, /has to run in the process/],
    ] as const) {
      const error = await connect(server.url).catch((reason: unknown) => reason);
      expect((error as Error).message).to.match(want);
      await server.close();
    }
  });
});
