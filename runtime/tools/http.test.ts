import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import type { HttpToolConfig } from "../../crds/index.ts";
import { systemClock } from "../../plugins/sdk/index.ts";
import { aTask } from "../../test/builders/agentWorld.ts";
import { DEFAULT_TIMINGS } from "../timings.ts";
import { type HttpToolParts, httpTools } from "./http.ts";
import type { ToolAnswer } from "./tool.ts";

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

describe("HTTP tools (B74)", () => {
  let server: Server;
  let base: string;
  let seen: Seen[];
  let respond: (request: Seen, response: ServerResponse) => void;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    seen = [];
    respond = (_, response) => void response.end("fine");
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const all = {
          method: request.method ?? "",
          url: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        };
        seen.push(all);
        respond(all, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const call = async (
    change: Partial<HttpToolConfig>,
    args: Record<string, string | number>,
    parts: Partial<HttpToolParts> = {},
    allowlist?: string[],
    signal = new AbortController().signal,
  ): Promise<ToolAnswer> => {
    const config: HttpToolConfig = { name: "find", url: `${base}/find`, method: "POST", description: "", headers: [], ...change };
    const made = httpTools(
      { tools: [config], ...(allowlist === undefined ? {} : { mcpAllowlist: allowlist }) },
      {
        readFile: () => Promise.reject(new Error("none")),
        egress: { allowLoopback: true },
        timings: DEFAULT_TIMINGS,
        clock: systemClock,
        ...parts,
      },
    );
    closing.push(made.close);
    const tool = made.tools[0];
    if (tool === undefined) throw new Error("no tool");
    return tool.call(args, { task: aTask(), signal, span: "0", n: 1, idle: (wait) => wait() });
  };

  it("sends arguments as a JSON body, with a key that tells repetitions from new calls", async () => {
    const answer = await call({}, { b: 1, a: "x" });
    expect(answer).to.deep.equal({ text: "fine", isError: false, from: "tool find" });
    expect(seen[0]).to.deep.include({ method: "POST", url: "/find", body: '{"b":1,"a":"x"}' });
    expect(seen[0]?.headers["content-type"]).to.equal("application/json");
    expect(seen[0]?.headers["idempotency-key"]).to.match(/^uid-1\/first\/1\/1\/find\/[0-9a-f]{16}\/1$/);
    await call({}, { a: "x", b: 1 });
    expect(seen[1]?.headers["idempotency-key"]).to.equal(seen[0]?.headers["idempotency-key"]);
  });

  it("sends arguments of a GET as query parameters, but those that stand in the path", async () => {
    await call({ method: "GET", url: `${base}/u/{{ .input.id }}?fixed=1` }, { id: "a/b", q: "x y" });
    expect(seen[0]).to.deep.include({ method: "GET", url: "/u/a%2Fb?fixed=1&q=x+y", body: "" });
  });

  it("takes headers from files, read anew for every call (S19)", async () => {
    let secret = "one\n";
    const parts = { readFile: () => Promise.resolve(secret) };
    await call(
      {
        headers: [
          { name: "Authorization", file: "/s/token", prefix: "Bearer " },
          { name: "X-Fixed", value: "v" },
        ],
      },
      {},
      parts,
    );
    secret = "two";
    await call({ headers: [{ name: "Authorization", file: "/s/token", prefix: "Bearer " }] }, {}, parts);
    expect(seen.map(({ headers }) => headers.authorization)).to.deep.equal(["Bearer one", "Bearer two"]);
    expect(seen[0]?.headers["x-fixed"]).to.equal("v");
  });

  it("does not call with a header that would begin another one, and does not say its value", async () => {
    const answer = await call(
      { headers: [{ name: "X-Key", file: "/s" }] },
      {},
      { readFile: () => Promise.resolve("s3cret\r\nHost: evil") },
    );
    expect(answer.isError).to.equal(true);
    expect(answer.text).to.contain("X-Key").and.not.to.contain("s3cret");
    expect(seen).to.deep.equal([]);
  });

  it("shows the model a status that is not 2xx, with the beginning of the body", async () => {
    respond = (_, response) => void response.writeHead(418, { "content-type": "text/plain" }).end("x".repeat(5_000));
    const answer = await call({}, {});
    expect(answer.isError).to.equal(true);
    expect(answer.text).to.match(/^status 418/);
    expect(answer.text.length).to.be.lessThan(2_200);
  });

  it("follows no redirect (S23)", async () => {
    respond = (request, response) => {
      if (request.url === "/find") response.writeHead(302, { location: `${base}/elsewhere` }).end();
      else response.end("reached");
    };
    const answer = await call({}, {});
    expect(answer).to.deep.include({ isError: true });
    expect(answer.text).to.contain("status 302");
    expect(seen).to.have.length(1);
  });

  it("stops reading after 1 MiB, counted after decompression (S25)", async () => {
    respond = (_, response) =>
      void response.writeHead(200, { "content-encoding": "gzip", "content-type": "text/plain" }).end(gzipSync(Buffer.alloc(50 << 20)));
    const answer = await call({}, {});
    expect(answer).to.deep.include({ isError: true });
    expect(answer.text).to.contain("longer than 1 MiB");
  });

  it("waits for a whole answer as long as the limit says (S25)", async () => {
    respond = (_, response) => void response.writeHead(200).write("and then");
    const answer = await call({}, {}, { timings: { ...DEFAULT_TIMINGS, toolTimeoutMs: 50 } });
    expect(answer).to.deep.include({ isError: true });
    expect(answer.text).to.contain("within 0.05 s");
  });

  it("ends a call when its task ends", async () => {
    const ended = new AbortController();
    respond = () => ended.abort(new Error("the task is over"));
    let said = "";
    await call({}, {}, {}, undefined, ended.signal).catch((error: Error) => (said = error.message));
    expect(said).to.equal("the task is over");
  });

  it("says of what is no text what it is", async () => {
    respond = (_, response) => void response.writeHead(200, { "content-type": "image/png" }).end(Buffer.alloc(10));
    expect((await call({}, {})).text).to.equal("(10 bytes of image/png, which is no text)");
  });

  describe("the guard (S21, S22)", () => {
    const denied: Record<string, { url: string; allowLoopback?: boolean; addresses?: string[]; allowlist?: string[] }> = {
      "loopback in the cluster": { url: "http://127.0.0.1:1/", allowLoopback: false },
      "loopback in other spellings": { url: "http://0x7f000001:1/", allowLoopback: false },
      "loopback as one number": { url: "http://2130706433:1/", allowLoopback: false },
      "loopback in octal": { url: "http://017700000001:1/", allowLoopback: false },
      "mapped loopback": { url: "http://[::ffff:127.0.0.1]:1/", allowLoopback: false },
      "a name of loopback with a dot": { url: "http://localhost.:18080/", allowLoopback: false, addresses: ["127.0.0.1"] },
      "metadata, though it is written literally": { url: "http://169.254.169.254/latest" },
      "metadata by its name": { url: "http://metadata.google.internal/x", addresses: ["8.8.8.8"] },
      "a name that leads to metadata": { url: "http://fine.example/", addresses: ["169.254.169.254"] },
      "a name of which one address is metadata": { url: "http://fine.example/", addresses: ["8.8.8.8", "fe80::1"] },
      "a host outside mcpAllowlist": { url: "http://fine.example/", addresses: ["8.8.8.8"], allowlist: ["https://fine.example/"] },
    };
    for (const [sentence, { url, allowLoopback = true, addresses, allowlist }] of Object.entries(denied)) {
      it(`does not call ${sentence}`, async () => {
        const resolve = () => Promise.resolve((addresses ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
        const answer = await call({ url }, {}, { egress: { allowLoopback }, resolve }, allowlist);
        expect(answer.isError).to.equal(true);
        expect(answer.text).to.match(/may not be called|not in mcpAllowlist/);
        expect(answer.text).not.to.match(/169\.254\.169\.254 *\)|stack/);
      });
    }

    it("judges the very address that is connected to: a name that changes between two looks gets nowhere", async () => {
      const { port } = server.address() as AddressInfo;
      let looks = 0;
      const resolve = () => Promise.resolve([{ address: ++looks === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 }]);
      const first = await call({ url: `http://rebind.example:${port}/` }, {}, { resolve });
      expect(first.isError).to.equal(false);
      expect(looks).to.equal(1);
      const second = await call({ url: `http://rebind.example:${port}/` }, {}, { resolve });
      expect(second.isError).to.equal(true);
      expect(seen).to.have.length(1);
    });
  });
});
