// What the queue asks of Redis, as its sources have it: no more than agents are allowed, and nothing that trims, searches, or takes another's claim.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { agentCommands } from "./access.ts";
import { SCRIPTS } from "./generated/scripts.ts";

const sources = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"))
  .join("\n");
const sent = new Set(
  [...sources.matchAll(/\b(?:command|call)\("([A-Z]+)"|\[\s*"([A-Z]{3,})",\s*(?:this\.#)?keys/g)].map(([, a, b]) =>
    (a ?? b ?? "").toLowerCase(),
  ),
);
const scripts = Object.values(SCRIPTS).map(({ lua }) => lua.replace(/--[^\n]*/g, ""));
const called = new Set(
  scripts.flatMap((lua) => [...lua.matchAll(/redis\.p?call\('([A-Za-z]+)'/g)].map((match) => (match[1] ?? "").toLowerCase())),
);

/** What the client library sends by itself, and evalsha, which is a method of it. */
const BY_THE_CLIENT = ["auth", "hello", "ping", "select", "evalsha"];
/** Asked by whoever may: an agent is told nothing. */
const NOT_FOR_AGENTS = ["info"];

describe("the commands of queue-redis", () => {
  it("are those that an agent's rules allow, and no other is allowed", () => {
    const used = [...sent, ...called, ...BY_THE_CLIENT].filter((name) => !NOT_FOR_AGENTS.includes(name));
    expect(agentCommands()).to.deep.equal([...new Set(used)].sort());
  });

  it("never trim, search or empty", () => {
    const forbidden = ["xtrim", "scan", "keys", "flushall", "flushdb", "sscan", "hscan", "zscan", "randomkey"];
    expect([...sent, ...called].filter((name) => forbidden.includes(name))).to.deep.equal([]);
    for (const lua of scripts) expect(lua).not.to.match(/MAXLEN|MINID/i);
  });

  it("take and settle claims in scripts alone: outside of them only a letter is deleted", () => {
    expect(
      [...sent].filter((name) => ["xack", "xclaim", "xautoclaim", "xreadgroup", "zadd", "zrem", "hset", "xadd"].includes(name)),
    ).to.deep.equal([]);
    expect(sources.match(/"XDEL"/g)).to.have.length(1);
    expect(sources).to.match(/"XDEL", this\.#keys\.letters\(/);
  });
});
