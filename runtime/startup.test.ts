import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "..");

/** Packages that are loaded with a file: what it imports in the first place, types left out. */
function loadedWith(entry: string): Set<string> {
  const files = [entry];
  const seen = new Set(files);
  const packages = new Set<string>();
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    const code = readFileSync(file, "utf8");
    for (const [, what = "", from = ""] of code.matchAll(/(?:^|\n)(?:import|export)\s+([^;]*?)from\s+"([^"]+)"/g)) {
      const names = what
        .replace(/[{}]/g, "")
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "");
      if (what.startsWith("type ") || names.every((name) => name.startsWith("type "))) continue;
      if (!from.startsWith(".")) {
        packages.add(from);
        continue;
      }
      const target = join(dirname(file), from);
      if (!seen.has(target)) files.push(target);
      seen.add(target);
    }
  }
  return new Set([...packages, ...[...seen].map((file) => relative(root, file))]);
}

describe("an agent without tools", () => {
  it("loads neither an HTTP client, nor MCP, nor the schema engine", () => {
    const loaded = [...loadedWith(join(root, "runtime/index.ts"))];
    expect(loaded).to.include("runtime/agent.ts");
    expect(loaded.filter((name) => /undici|modelcontextprotocol|^ajv|crds\/|tools\/(http|mcp)/.test(name))).to.deep.equal([]);
  });
});
