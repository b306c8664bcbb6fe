// The arrows of the house, and the one place of each thing that has one. Text is enough: imports stand on lines of their own.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";

const root = join(import.meta.dirname, "..");
const HOUSE = ["cmd", "dashboard", "webhook", "controller", "runtime", "plugins", "engine", "crds", "template"];

/** What each room may import of the others. `plugins/*` stands for any one plugin, which may import none of its neighbours. */
const ARROWS: Record<string, readonly string[]> = {
  cmd: [
    "dashboard",
    "webhook",
    "controller/kit",
    "controller/*",
    "runtime",
    "runtime/local",
    "plugins",
    "plugins/sdk",
    "plugins/*",
    "engine",
    "crds",
    "template",
  ],
  dashboard: ["crds", "controller/kit", "plugins/sdk"],
  webhook: ["crds", "controller/kit", "plugins/sdk"],
  "controller/kit": ["crds", "plugins/sdk"],
  "controller/*": ["crds", "engine", "controller/kit", "plugins/sdk"],
  runtime: ["crds", "plugins/sdk"],
  "runtime/local": ["runtime", "crds", "engine", "plugins/sdk"],
  plugins: ["plugins/sdk", "plugins/*"],
  "plugins/*": ["plugins/sdk"],
  "plugins/sdk": ["crds"],
  engine: ["crds", "plugins/sdk", "template"],
  crds: ["template"],
  template: [],
};

/** Third-party packages that are imported in one place only, so that replacing one changes one place. */
const ONE_PLACE: Record<string, RegExp> = {
  "@kubernetes/client-node": /^controller\/kit\/client\//,
  "@peculiar/x509": /^webhook\/certs\//,
  "reflect-metadata": /^webhook\/certs\//,
  undici: /^(controller\/kit\/client\/|runtime\/tools\/)/,
  ioredis: /^plugins\/(queue|memory)-redis\//,
  express: /^(webhook|dashboard\/server)\//,
  ajv: /^crds\//,
  "ajv-formats": /^crds\//,
  re2js: /^crds\//,
  yaml: /^crds\/text\//,
  croner: /^crds\//,
  "@modelcontextprotocol/sdk": /^runtime\/tools\//,
  openai: /^plugins\/llm-openai\//,
  "@anthropic-ai/sdk": /^plugins\/llm-anthropic\//,
  commander: /^cmd\//,
  "cli-table3": /^cmd\//,
  picocolors: /^cmd\//,
  "yocto-spinner": /^cmd\//,
  "@bomb.sh/tab": /^cmd\//,
};

/** Things of the world, and the files that may touch them. */
const EDGES: readonly { what: RegExp; says: string; allowed: RegExp }[] = [
  {
    what: /\bprocess\.(env|argv|exit|on|stdout|stderr|stdin|cwd|kill)\b/,
    says: "environment, arguments, streams and signals belong to cmd/",
    allowed: /^cmd\//,
  },
  {
    what: /\b(Date\.now\(|new Date\(\)|performance\.now\()/,
    says: "the time is handed in",
    allowed: /^(cmd\/|plugins\/sdk\/host\/clock\.ts$|template\/)/,
  },
  { what: /\bMath\.random\(/, says: "random numbers are handed in", allowed: /^cmd\// },
  { what: /\b(setTimeout|setInterval)\(/, says: "timers come from the clock", allowed: /^(cmd\/|plugins\/sdk\/host\/clock\.ts$)/ },
  { what: /\bnew Function\(|\beval\(|from "node:vm"/, says: "no code is made from text (S29)", allowed: /^$/ },
];

interface Source {
  readonly path: string;
  readonly code: string;
  readonly imports: readonly string[];
}

/** All files of the rooms, tests left out: they may reach wherever they like. */
function sources(): Source[] {
  return HOUSE.flatMap((room) => {
    let entries: string[];
    try {
      entries = readdirSync(join(root, room), { recursive: true, encoding: "utf8" });
    } catch {
      return [];
    }
    return entries
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.includes("node_modules"))
      .map((file) => {
        const path = join(room, file);
        const text = readFileSync(join(root, path), "utf8");
        const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
        const found = code.matchAll(
          /(?:^|\n)\s*(?:import\s+"([^"]+)"|(?:import|export)\s+(?:type\s+)?[\w*{},\s]*?\bfrom\s+"([^"]+)")|\b(?:import|load)\(\s*"([^"]+)"\s*\)/g,
        );
        return { path, code, imports: [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "") };
      });
  });
}

/** The room that a file is in, as ARROWS names it. */
function roomOf(path: string): string {
  const [top = "", second = "", third] = path.split("/");
  if (top === "plugins") return third === undefined ? "plugins" : second === "sdk" ? "plugins/sdk" : `plugins/${second}`;
  if (top === "controller") return second === "kit" ? "controller/kit" : `controller/${second}`;
  if (top === "runtime") return second === "local" && third !== undefined ? "runtime/local" : "runtime";
  return top;
}

const generic = (room: string): string =>
  /^plugins\/(?!sdk)./.test(room) ? "plugins/*" : /^controller\/(?!kit)./.test(room) ? "controller/*" : room;

describe("the house", () => {
  const files = sources();

  it("has arrows that point down only", () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((to) => to.startsWith("."))
        .map((to) => relative(root, join(root, dirname(path), to)))
        .filter((target) => {
          const [from, to] = [roomOf(path), roomOf(target)];
          return from !== to && !target.startsWith("package.json") && !(ARROWS[generic(from)] ?? []).includes(generic(to));
        })
        .map((target) => `${path} → ${target}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  // plugins/sdk is published: it takes the leaf types that it needs, so that a plugin author's compiler does not meet the whole of crds/.
  it("is entered by a room's index", () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((to) => to.startsWith("."))
        .map((to) => relative(root, join(root, dirname(path), to)))
        .filter(
          (target) =>
            roomOf(path) !== roomOf(target) &&
            !(roomOf(path) === "plugins/sdk" && target === "crds/json.ts") &&
            !/(^|\/)index\.ts$/.test(target) &&
            !target.startsWith("package.json"),
        )
        .map((target) => `${path} → ${target}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("imports each third-party package in its one place", () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .map((to) => (to.startsWith("@") ? to.split("/").slice(0, 2).join("/") : (to.split("/")[0] ?? "")))
        .filter((name) => name in ONE_PLACE && !ONE_PLACE[name]?.test(path))
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  for (const { what, says, allowed } of EDGES) {
    it(`keeps to the edge: ${says}`, () => {
      const wrong = files
        .filter(({ path, code }) => !allowed.test(path) && !path.includes("/testing/") && what.test(code))
        .map(({ path }) => path);
      expect(wrong).to.deep.equal([]);
    });
  }

  it("speaks of the product alone, and writes no address of a package registry", () => {
    const unwanted = /\/work\/|\/root\/|registry\.npmjs|proxy\.golang|deb\.debian|files\.pythonhosted/;
    expect(files.filter(({ code }) => unwanted.test(code)).map(({ path }) => path)).to.deep.equal([]);
    expect(readFileSync(join(root, "package-lock.json"), "utf8")).to.not.contain('"resolved"');
  });
});
