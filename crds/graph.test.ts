import { expect } from "chai";
import fc from "fast-check";
import { ancestorsOf, findCycle, type GraphNode, topologicalOrder } from "./graph.ts";

/** `{ a: "b c" }`: a needs b and c. */
const graph = (nodes: Record<string, string>): GraphNode[] =>
  Object.entries(nodes).map(([key, deps]) => ({ key, deps: deps.split(" ").filter(Boolean) }));

describe("findCycle", () => {
  const cases: Record<string, { nodes: Record<string, string>; want: string[] | undefined }> = {
    nothing: { nodes: {}, want: undefined },
    "a diamond is no circle": { nodes: { a: "b c", b: "d", c: "d", d: "" }, want: undefined },
    "a name that is no node leads nowhere": { nodes: { a: "x", b: "a" }, want: undefined },
    "one that needs itself": { nodes: { a: "b", b: "b" }, want: ["b", "b"] },
    two: { nodes: { a: "b", b: "a" }, want: ["a", "b", "a"] },
    "three, in the direction of the arrows": { nodes: { a: "b", b: "c", c: "a" }, want: ["a", "b", "c", "a"] },
    "the one that is declared first": { nodes: { x: "c", a: "b", b: "a", c: "d", d: "c" }, want: ["a", "b", "a"] },
    "the shortest through its first node": { nodes: { a: "b", b: "c", c: "d a", d: "a" }, want: ["a", "b", "c", "a"] },
    "names of Object.prototype": {
      nodes: { constructor: "toString", toString: "constructor" },
      want: ["constructor", "toString", "constructor"],
    },
  };
  for (const [sentence, { nodes, want }] of Object.entries(cases)) it(sentence, () => expect(findCycle(graph(nodes))).to.deep.equal(want));

  it("puts the needs of two nodes of one name together", () => {
    expect(
      findCycle([
        { key: "a", deps: [] },
        { key: "b", deps: ["a"] },
        { key: "a", deps: ["b"] },
      ]),
    ).to.deep.equal(["a", "b", "a"]);
  });

  it("a chain of 10,000 does not overflow the stack, nor does a circle", () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => ({ key: `s${i}`, deps: [`s${i + 1}`] }));
    expect(findCycle(chain)).to.equal(undefined);
    expect(findCycle([...chain, { key: "s10000", deps: ["s0"] }])).to.have.length(10_002);
  });
});

describe("topologicalOrder", () => {
  it("puts each after what it needs, otherwise as declared", () => {
    expect(topologicalOrder(graph({ c: "a b", b: "", a: "", d: "c" }))).to.deep.equal(["a", "b", "c", "d"]);
    expect(topologicalOrder(graph({ x: "", y: "", z: "" }))).to.deep.equal(["x", "y", "z"]);
  });
  it("there is none with a circle", () => expect(topologicalOrder(graph({ a: "b", b: "a" }))).to.equal(undefined));
});

describe("ancestorsOf", () => {
  it("finds all, directly or through others, in the order of declaration", () => {
    const ancestors = ancestorsOf(graph({ a: "", b: "a", c: "b x", d: "c" }));
    expect([...(ancestors.get("d") ?? [])]).to.deep.equal(["a", "b", "c"]);
    expect(ancestors.get("d")?.size).to.equal(3);
    expect(ancestors.get("a")?.size).to.equal(0);
    expect(ancestors.get("d")?.has("d") || ancestors.get("d")?.has("x")).to.equal(false);
    const seen: string[] = [];
    ancestors.get("c")?.forEach((value) => seen.push(value));
    expect(seen).to.deep.equal(["a", "b"]);
    expect([...(ancestors.get("c")?.entries() ?? [])]).to.deep.equal([
      ["a", "a"],
      ["b", "b"],
    ]);
  });

  it("whoever lies on a circle is its own ancestor", () => {
    const ancestors = ancestorsOf(graph({ a: "b", b: "a c", c: "" }));
    expect([...(ancestors.get("a") ?? [])]).to.deep.equal(["a", "b", "c"]);
  });

  it("500 steps that all need each other's predecessors take little time", () => {
    const steps = Array.from({ length: 500 }, (_, i) => ({ key: `s${i}`, deps: Array.from({ length: i }, (_, j) => `s${j}`) }));
    expect(ancestorsOf(steps).get("s499")?.size).to.equal(499);
  });

  it("10,000 in a row fit into memory", () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => ({ key: `s${i}`, deps: [`s${i + 1}`] }));
    expect(ancestorsOf(chain).get("s0")?.size).to.equal(9_999);
  });
});

describe("graphs", () => {
  const anyGraph = fc
    .uniqueArray(fc.tuple(fc.nat(12), fc.array(fc.nat(12), { maxLength: 3 })), { selector: ([key]) => key, maxLength: 13 })
    .map((nodes) => nodes.map(([key, deps]): GraphNode => ({ key: String(key), deps: deps.map(String) })));

  it("either have an order or a circle that is one, and agree on ancestors", () => {
    fc.assert(
      fc.property(anyGraph, (nodes) => {
        const depsOf = new Map(nodes.map(({ key, deps }) => [key, deps]));
        const order = topologicalOrder(nodes);
        const cycle = findCycle(nodes);
        const ancestors = ancestorsOf(nodes);
        expect(order === undefined).to.equal(cycle !== undefined);
        if (cycle) {
          expect(cycle[0]).to.equal(cycle.at(-1));
          expect(new Set(cycle).size).to.equal(cycle.length - 1);
          for (const [i, key] of cycle.slice(0, -1).entries()) expect(depsOf.get(key)).to.include(cycle[i + 1]);
        }
        if (order) {
          expect([...order].sort()).to.deep.equal(nodes.map(({ key }) => key).sort());
          for (const { key, deps } of nodes)
            for (const dep of deps.filter((name) => depsOf.has(name))) expect(order.indexOf(dep)).to.be.below(order.indexOf(key));
        }
        for (const { key, deps } of nodes) {
          const known = deps.filter((name) => depsOf.has(name));
          const want = new Set(known.flatMap((dep) => [dep, ...(ancestors.get(dep) ?? [])]));
          expect(new Set(ancestors.get(key))).to.deep.equal(want);
        }
      }),
    );
  });
});
