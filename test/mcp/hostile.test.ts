// Servers that hang, lie, flood and lure (RELIABILITY §5, tools): bad tools are dropped with a reason, good ones kept, nobody else suffers.
import { createServer } from "node:net";
import { expect } from "chai";
import { systemClock } from "../../plugins/sdk/index.ts";
import { aHostileServer, type HostileServer, type Manners, toolsNamed } from "./hostileServer.ts";
import { aServer, connect, eventually, freePort, type McpWorld } from "./servers.ts";

describe("a misbehaving MCP server", () => {
  const ending: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });
  const host = async (manners: Manners = {}, shape: "mcp" | "rest" = "mcp"): Promise<HostileServer> => {
    const server = await aHostileServer(manners, shape);
    ending.push(() => server.close());
    return server;
  };
  const world = (...args: Parameters<typeof connect>): McpWorld => {
    const made = connect(...args);
    ending.push(() => made.servers.close());
    return made;
  };
  const quick = { connectTimeoutMs: 500, toolTimeoutMs: 500, mcpRetryMs: 1_000 };

  it("in the plain REST shape works like any other (B73)", async () => {
    const server = await host(
      { list: () => toolsNamed("a"), call: (name, args) => ({ content: [{ type: "text", text: `${name} ${JSON.stringify(args)}` }] }) },
      "rest",
    );
    const { call, names, servers } = world(
      [aServer({ name: "r", url: server.url, headers: [{ name: "Authorization", file: "/t", prefix: "Bearer " }] })],
      { readFile: () => Promise.resolve("k\n") },
    );
    expect(await names()).to.deep.equal(["r__a"]);
    expect((await call("r__a", { x: 1 })).text).to.equal('a {"x":1}');
    expect(servers.status()[0]?.message).to.equal("1 tools by REST");
    const last = server.seen.at(-1);
    expect(last?.headers).to.deep.include({ authorization: "Bearer k" });
    expect(last?.headers["idempotency-key"]).to.match(/^uid-1\/first\/1\/1\/r__a\/[0-9a-f]{16}\/1$/);
  });

  it("that never answers holds a task up no longer than the limit to connect, and takes nothing from its neighbour", async () => {
    const silent = createServer((socket) => void socket.resume().on("error", () => {}));
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
    ending.push(() => new Promise((resolve) => silent.close(() => resolve())));
    const good = await host();
    const { names, servers } = world(
      [aServer({ name: "dead", url: `http://127.0.0.1:${port}/` }), aServer({ name: "good", url: good.url })],
      {},
      quick,
    );
    const startMs = systemClock.monotonic();
    expect(await names()).to.deep.equal(["good__fine"]);
    expect(systemClock.monotonic() - startMs).to.be.lessThan(2_000);
    expect(servers.status().map(({ name, healthy }) => [name, healthy])).to.deep.equal([
      ["dead", false],
      ["good", true],
    ]);
    await servers.close();
  });

  it("that nobody listens for is named, and found when it comes (P21)", async () => {
    const { servers, tools } = world([aServer({ name: "late", url: `http://127.0.0.1:${await freePort()}/mcp` })], {}, quick);
    expect(await tools()).to.deep.equal([]);
    expect(servers.status()[0]?.message).to.match(/cannot be reached \(ECONNREFUSED\)/);
  });

  it("that refuses the credentials says so, and is not asked in other shapes", async () => {
    const server = await host({
      intercept: (_, response) => {
        response.writeHead(401, { "www-authenticate": 'Bearer resource_metadata="http://169.254.169.254/latest"' }).end();
        return true;
      },
    });
    const { servers, tools } = world([aServer({ name: "s", url: server.url })], {}, quick);
    await tools();
    expect(servers.status()[0]?.message).to.equal("it refuses the credentials (status 401); check auth and headers");
    expect(server.seen).to.have.length(1);
  });

  it("that redirects, to a metadata address or within itself, is not followed (S23)", async () => {
    for (const location of ["http://169.254.169.254/latest/meta-data", "/elsewhere"]) {
      const server = await host({
        intercept: (_, response) => {
          response.writeHead(307, { location }).end();
          return true;
        },
      });
      const { servers, tools } = world([aServer({ name: "s", url: server.url })], {}, quick);
      await tools();
      expect(servers.status()[0]?.message).to.contain("redirect, which is not followed");
      expect(server.seen.map(({ url }) => url)).to.deep.equal(["/mcp"]);
    }
  });

  it("outside mcpAllowlist, or on loopback in a cluster, is not called (S22, B18)", async () => {
    const server = await host();
    const inCluster = world([aServer({ name: "s", url: server.url })], { egress: { allowLoopback: false } }, quick);
    await inCluster.tools();
    expect(inCluster.servers.status()[0]?.message).to.contain("may not be called");
    expect(server.seen).to.deep.equal([]);
  });

  it("by stdio is refused where only URLs are allowed, without a process", async () => {
    const { servers, tools } = world([aServer({ name: "s", command: "/does/not/exist" })], { mcp: { enabled: true, stdio: false } }, quick);
    await tools();
    expect(servers.status()[0]?.message).to.contain("local mode only");
  });

  it("whose command does not exist, or ends at once, is named", async () => {
    const { servers, tools } = world(
      [aServer({ name: "a", command: "/does/not/exist" }), aServer({ name: "b", command: "false" })],
      {},
      quick,
    );
    await tools();
    expect(servers.status().map(({ healthy }) => healthy)).to.deep.equal([false, false]);
    expect(servers.status()[0]?.message).to.contain("ENOENT");
  });

  describe("by its list", () => {
    const lists: Record<string, { list: NonNullable<Manners["list"]>; want: string[]; warns?: RegExp }> = {
      "of pages": {
        list: (cursor) => ({ ...toolsNamed(cursor ?? "first"), ...(cursor === undefined ? { nextCursor: "second" } : {}) }),
        want: ["s__first", "s__second"],
      },
      "with a cursor that leads in a circle": {
        list: () => ({ ...toolsNamed("once"), nextCursor: "again" }),
        want: ["s__once"],
        warns: /same name/,
      },
      "with cursors that never end": { list: (cursor) => ({ ...toolsNamed(), nextCursor: `${Number(cursor ?? 0) + 1}` }), want: [] },
      "of ten thousand tools": {
        list: () => toolsNamed(...Array.from({ length: 10_000 }, (_, i) => `t${i}`)),
        want: Array.from({ length: 128 }, (_, i) => `s__t${i}`),
        warns: /may have 128/,
      },
      "with a name twice": { list: () => toolsNamed("a", "a", "b"), want: ["s__a", "s__b"], warns: /same name/ },
      "with hostile names": {
        list: () => toolsNamed("a b/ü", "x".repeat(80), "", "__proto__"),
        want: ["s__a_b__", "s____proto__"],
        warns: /longer than 64/,
      },
      "with things that are no tools": {
        list: () => ({ tools: [null, 7, "x", { name: 3 }, { name: "ok", inputSchema: { type: "object" } }] }),
        want: ["s__ok"],
        warns: /no name/,
      },
      "with bad schemas": {
        list: () => ({
          tools: [
            { name: "text", inputSchema: "none" },
            { name: "list", inputSchema: { type: "array" } },
            { name: "remote", inputSchema: { type: "object", $ref: "http://169.254.169.254/x" } },
            { name: "none" },
            { name: "good", inputSchema: { type: "object", properties: { a: { type: "string" } } } },
          ],
        }),
        want: ["s__none", "s__good"],
        warns: /schema/,
      },
      "that is none": { list: () => ({}), want: [] },
    };
    for (const [sentence, { list, want, warns }] of Object.entries(lists)) {
      it(sentence, async () => {
        const server = await host({ list });
        const { names, warnings } = world([aServer({ name: "s", url: server.url })]);
        expect(await names()).to.deep.equal(want);
        if (warns !== undefined) expect(warnings.join("\n")).to.match(warns);
      });
    }

    it("of 100 MB is not read to its end", async () => {
      const server = await host({
        intercept: (_, response, rpc) => {
          if (rpc?.method !== "tools/list") return false;
          response.writeHead(200, { "content-type": "application/json" });
          const chunk = Buffer.alloc(1 << 20, "x");
          const pour = (): void => {
            while (!response.destroyed && response.write(chunk));
            response.once("drain", pour);
          };
          pour();
          return true;
        },
      });
      const { tools, servers } = world(
        [aServer({ name: "s", url: server.url })],
        {},
        { ...quick, connectTimeoutMs: 3_000, toolTimeoutMs: 3_000 },
      );
      expect(await tools()).to.deep.equal([]);
      expect(servers.status()[0]?.message).to.contain("longer than 1 MiB");
    });

    it("that changes is read anew before the next task, not during one, and said with both hashes (S70)", async () => {
      const server = await host({ list: () => toolsNamed("before") });
      const { tools, names, warnings } = world([aServer({ name: "s", url: server.url })]);
      const during = await tools();
      await eventually(
        () => server.seen.some(({ method }) => method === "GET"),
        (open) => open,
      );
      server.manners = { list: () => toolsNamed("after") };
      server.notify("notifications/tools/list_changed");
      await eventually(names, (list) => list[0] === "s__after");
      expect(during.map((tool) => tool.name)).to.deep.equal(["s__before"]);
      expect(warnings.join("\n")).to.match(/have changed.*"before":"[0-9a-f]{16}","after":"[0-9a-f]{16}"/);
    });
  });

  describe("by its answer", () => {
    const answers: Record<string, { call: NonNullable<Manners["call"]>; want: RegExp; isError?: boolean }> = {
      "without content": { call: () => ({}), want: /^\(the tool answered nothing\)$/ },
      "of several parts": {
        call: () => ({
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        }),
        want: /^a\nb$/,
      },
      "of an unknown part": { call: () => ({ content: [{ type: "hologram" }] }), want: /unknown type hologram/ },
      "that is structured only": { call: () => ({ content: [], structuredContent: { a: 1 } }), want: /^\{"a":1\}$/ },
      "of a resource": {
        call: () => ({ content: [{ type: "resource", resource: { uri: "x://y", text: "inside" } }] }),
        want: /^\(resource x:\/\/y\)\ninside$/,
      },
      "that is an error": { call: () => ({ isError: true, content: [{ type: "text", text: "no" }] }), want: /^no$/, isError: true },
      "that never comes": { call: () => undefined, want: /did not answer within 0.5 s/, isError: true },
      "that dies half-way": {
        call: (_, __, response) => {
          response.writeHead(200, { "content-type": "application/json", "content-length": "1000" }).write('{"jsonrpc"');
          setTimeout(() => response.destroy(), 10);
          return undefined;
        },
        want: /failed/,
        isError: true,
      },
      "that is an endless stream": {
        call: (_, __, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          const pour = setInterval(
            () =>
              response.write(
                `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } })}\n\n`,
              ),
            1,
          );
          response.on("close", () => clearInterval(pour));
          return undefined;
        },
        want: /did not answer within/,
        isError: true,
      },
      "with a wrong id": {
        call: (_, __, response, rpc) => {
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify({ jsonrpc: "2.0", id: `${rpc.id}x`, result: { content: [] } }));
          return undefined;
        },
        want: /did not answer within/,
        isError: true,
      },
      "given twice counts once": {
        call: (_, __, response, rpc) => {
          const event = (text: string): string =>
            `data: ${JSON.stringify({ jsonrpc: "2.0", id: rpc.id, result: { content: [{ type: "text", text }] } })}\n\n`;
          response.writeHead(200, { "content-type": "text/event-stream" }).end(event("first") + event("second"));
          return undefined;
        },
        want: /^first$/,
      },
      "of HTML": {
        call: (_, __, response) => {
          response.writeHead(200, { "content-type": "text/html" }).end("<html>captive portal</html>");
          return undefined;
        },
        want: /failed/,
        isError: true,
      },
    };
    for (const [sentence, { call: answer, want, isError = false }] of Object.entries(answers)) {
      it(sentence, async () => {
        const server = await host({ call: answer });
        const { call } = world([aServer({ name: "s", url: server.url })], {}, { ...quick, connectTimeoutMs: 2_000 });
        const got = await call("s__fine");
        expect(got.text).to.match(want);
        expect(got.isError).to.equal(isError);
      });
    }
  });

  it("cannot take a name of another: `a__b` + `c` is `a` + `b__c`, and the first has it", async () => {
    const first = await host({ list: () => toolsNamed("c"), call: () => ({ content: [{ type: "text", text: "first" }] }) });
    const second = await host({ list: () => toolsNamed("b__c"), call: () => ({ content: [{ type: "text", text: "second" }] }) });
    const { call, names } = world([aServer({ name: "a__b", url: first.url }), aServer({ name: "a", url: second.url })]);
    expect(await names()).to.deep.equal(["a__b__c", "a__b__c"]);
    expect((await call("a__b__c")).text).to.equal("first");
  });
});
