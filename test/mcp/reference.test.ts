// The official servers, over every transport (B73).
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { McpServerConfig } from "../../crds/index.ts";
import { anAgentWorld } from "../builders/agentWorld.ts";
import { aServer, connect, eventually, freePort, type McpWorld, scriptOf, startEverything, stop } from "./servers.ts";

describe("the everything server", () => {
  const transports: Record<string, { start: () => Promise<{ child?: ChildProcess; config: McpServerConfig }>; want: string }> = {
    "by stdio": {
      start: () =>
        Promise.resolve({ config: aServer({ name: "all", command: process.execPath, args: [scriptOf("everything"), "stdio"] }) }),
      want: "stdio",
    },
    "by Streamable HTTP": {
      start: async () => {
        const port = await freePort();
        return {
          child: await startEverything("streamableHttp", port),
          config: aServer({ name: "all", url: `http://127.0.0.1:${port}/mcp` }),
        };
      },
      want: "streamable HTTP",
    },
    "by SSE": {
      start: async () => {
        const port = await freePort();
        return { child: await startEverything("sse", port), config: aServer({ name: "all", url: `http://127.0.0.1:${port}/sse` }) };
      },
      want: "SSE",
    },
  };
  for (const [sentence, { start, want }] of Object.entries(transports)) {
    describe(sentence, () => {
      let child: ChildProcess | undefined;
      let world: McpWorld;
      before(async () => {
        const started = await start();
        child = started.child;
        world = connect([started.config]);
        await world.tools();
      });
      after(async () => {
        await world.servers.close();
        if (child !== undefined) await stop(child);
      });

      it("lists its tools under the server's name", async () => {
        expect(await world.names()).to.include.members(["all__echo", "all__get-sum"]);
        expect(world.servers.status()[0]).to.deep.include({ name: "all", healthy: true });
        expect(world.servers.status()[0]?.message).to.match(new RegExp(`^\\d+ tools by ${want}$`));
      });
      it("answers a call", async () => {
        expect(await world.call("all__echo", { message: "hello" })).to.deep.equal({
          text: "Echo: hello",
          isError: false,
          from: "tool all__echo",
        });
      });
      it("describes what is no text", async () => {
        const answer = await world.call("all__get-tiny-image");
        expect(answer.text).to.match(/\(image image\/png, \d+ bytes, not shown\)/);
      });
      it("shows an error of a tool as one", async () => {
        const answer = await world.call("all__get-sum", { a: "no number" });
        expect(answer.isError).to.equal(true);
      });
      it("stops waiting when the task ends", async () => {
        const ended = new AbortController();
        const calling = world.call("all__trigger-long-running-operation", { duration: 20, steps: 2 }, ended.signal);
        ended.abort(new Error("the task is over"));
        let said = "";
        await calling.catch((error: Error) => (said = error.message));
        expect(said).to.equal("the task is over");
      });
    });
  }

  it("is connected to again after it was away, and the agent says so meanwhile (P21)", async () => {
    const port = await freePort();
    let child = await startEverything("streamableHttp", port);
    const world = connect(
      [aServer({ name: "all", url: `http://127.0.0.1:${port}/mcp` })],
      {},
      { toolTimeoutMs: 2_000, connectTimeoutMs: 1_000, mcpRetryMs: 1_000 },
    );
    try {
      expect((await world.call("all__echo", { message: "1" })).isError).to.equal(false);
      await stop(child);
      expect((await world.call("all__echo", { message: "2" })).isError).to.equal(true);
      await eventually(
        () => world.servers.status()[0]?.healthy,
        (healthy) => healthy === false,
      );
      expect(await world.names()).to.deep.equal([]);
      child = await startEverything("streamableHttp", port);
      await eventually(
        () => world.servers.status()[0]?.healthy,
        (healthy) => healthy === true,
      );
      expect((await world.call("all__echo", { message: "3" })).text).to.equal("Echo: 3");
    } finally {
      await world.servers.close();
      await stop(child);
    }
  });
});

describe("the filesystem server", () => {
  it("reads and writes in its folder, and is ended with the agent", async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "ark-mcp-")));
    const world = connect([aServer({ name: "fs", command: process.execPath, args: [scriptOf("filesystem"), folder] })]);
    try {
      await writeFile(join(folder, "in.txt"), "written before");
      expect((await world.call("fs__read_text_file", { path: join(folder, "in.txt") })).text).to.contain("written before");
      expect((await world.call("fs__write_file", { path: join(folder, "out.txt"), content: "by a tool" })).isError).to.equal(false);
      expect(await readFile(join(folder, "out.txt"), "utf8")).to.equal("by a tool");
      expect((await world.call("fs__read_text_file", { path: "/etc/hostname" })).isError).to.equal(true);
    } finally {
      await world.servers.close();
      await rm(folder, { recursive: true });
    }
    expect(world.servers.status()[0]?.healthy).to.equal(false);
  });
});

describe("the memory server in an agent's task", () => {
  it("is called by the model, its answer is marked as a stranger's (S71)", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ark-mcp-"));
    const world = anAgentWorld({ realTime: true });
    try {
      const agent = await world.start(
        ({ messages, tools }) => {
          const answers = messages.filter((message) => message.role === "tool").map((message) => message.content);
          if (answers.length > 0) return answers.join("\n");
          expect(tools.map((tool) => tool.name)).to.include("graph__create_entities");
          const entities = [{ name: "ark", entityType: "project", observations: ["runs agents"] }];
          return {
            toolCalls: [
              { id: "1", name: "graph__create_entities", args: { entities } },
              { id: "2", name: "graph__create_entities", args: { entities: "none" } },
            ],
          };
        },
        {
          mcpServers: [
            aServer({
              name: "graph",
              command: "env",
              args: [`MEMORY_FILE_PATH=${join(folder, "memory.jsonl")}`, process.execPath, scriptOf("memory")],
              guidance: "Remember people.",
            }),
          ],
        },
      );
      const task = await world.add();
      const look = await eventually(
        () => world.look(task),
        ({ state }) => state === "done",
      );
      const output = look.state === "done" ? (look.result.output ?? "") : "";
      expect(output).to.contain('<untrusted source="tool graph__create_entities">').and.to.contain("runs agents");
      expect(output).to.contain("the arguments of graph__create_entities do not fit");
      expect(agent.status().mcp[0]).to.deep.include({ name: "graph", healthy: true });
    } finally {
      await world.end();
      await rm(folder, { recursive: true });
    }
  });
});
