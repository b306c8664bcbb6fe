import { expect } from "chai";
import fc from "fast-check";
import type { PatchOperation } from "./review.ts";
import { CREATED_BY, RETRY_OF, stampsOf } from "./stamps.ts";

const NOW_MS = Date.parse("2026-03-01T10:00:00.400Z");
const NOW = "2026-03-01T10:00:00Z";
const user = { username: "ana", uid: "", groups: [], extra: {} };

type Run = { metadata: Record<string, unknown>; spec: Record<string, unknown> };
const run = (spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): Run => ({
  metadata: { name: "r", ...metadata },
  spec,
});

/** RFC 6902 for the operations that stamps need. */
function patched(object: unknown, operations: readonly PatchOperation[]): unknown {
  const copy = structuredClone(object) as Record<string, unknown>;
  for (const operation of operations) {
    const keys = operation.path
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop() ?? "";
    let at = copy;
    for (const key of keys) at = at[key] as Record<string, unknown>;
    if (operation.op === "remove") {
      if (!Object.hasOwn(at, last)) throw new Error(`nothing to remove at ${operation.path}`);
      delete at[last];
    } else at[last] = operation.value;
  }
  return copy;
}

const stamped = (object: unknown, oldObject?: unknown, nowMs = NOW_MS): Run => {
  const operation = oldObject === undefined ? "CREATE" : "UPDATE";
  return patched(object, stampsOf({ operation, object, oldObject, user }, nowMs)) as Run;
};

describe("the stamps of a run (B19)", () => {
  it("say who made it", () => {
    expect(stamped(run({ teamRef: "t" })).metadata).to.deep.equal({ name: "r", annotations: { [CREATED_BY]: "ana" } });
  });

  it("leave other annotations alone", () => {
    expect(stamped(run({}, { annotations: { "a/b": "c" } })).metadata["annotations"]).to.deep.equal({ "a/b": "c", [CREATED_BY]: "ana" });
  });

  it("cannot be forged at creation", () => {
    const forged = run(
      { approvals: [{ step: "s", decision: "approve", by: "boss", at: "2020-01-01T00:00:00Z" }] },
      { annotations: { [CREATED_BY]: "boss" }, labels: { [RETRY_OF]: "other" } },
    );
    const made = stamped(forged);
    expect(made.metadata["annotations"]).to.deep.equal({ [CREATED_BY]: "ana" });
    expect(made.metadata["labels"]).to.deep.equal({});
    expect(made.spec["approvals"]).to.deep.equal([{ step: "s", decision: "approve", by: "ana", at: NOW }]);
  });

  it("cannot be changed, taken away or added later", () => {
    const old = run(
      { teamRef: "t", approvals: [{ step: "s", decision: "approve", by: "bob", at: "2026-02-01T00:00:00Z" }] },
      { annotations: { [CREATED_BY]: "bob" } },
    );
    for (const annotations of [{ [CREATED_BY]: "eve" }, {}, undefined]) {
      const changed = structuredClone(old);
      if (annotations) changed.metadata["annotations"] = annotations;
      else delete changed.metadata["annotations"];
      expect(stamped(changed, old).metadata["annotations"]).to.deep.equal({ [CREATED_BY]: "bob" });
    }
    const unstamped = run({ teamRef: "t" });
    expect(stamped(run({ teamRef: "t" }, { annotations: { [CREATED_BY]: "eve" } }), unstamped).metadata["annotations"]).to.deep.equal({});
  });

  it("are put on new decisions alone; those of old ones stay", () => {
    const first = { step: "s", decision: "approve", by: "bob", at: "2026-02-01T00:00:00Z" };
    const old = run({ teamRef: "t", approvals: [first] });
    const next = run({
      teamRef: "t",
      approvals: [
        { ...first, by: "eve", at: "2026-03-03T00:00:00Z" },
        { step: "u", decision: "reject" },
      ],
    });
    expect(stamped(next, old).spec["approvals"]).to.deep.equal([first, { step: "u", decision: "reject", by: "ana", at: NOW }]);
  });

  it("mirror the run that is retried into a label, cut as every label is", () => {
    const long = "a".repeat(80);
    expect(stamped(run({ retry: { run: "first" } })).metadata["labels"]).to.deep.equal({ [RETRY_OF]: "first" });
    const label = (stamped(run({ retry: { run: long } })).metadata["labels"] as Record<string, string>)[RETRY_OF];
    expect(label).to.match(/^a{43}-[0-9a-f]{8}$/);
  });

  it("are right the second time, also a moment later", () => {
    const once = stamped(run({ teamRef: "t", retry: { run: "first" }, approvals: [{ step: "s", decision: "approve" }] }));
    expect(stampsOf({ operation: "CREATE", object: once, oldObject: undefined, user }, NOW_MS)).to.deep.equal([]);
    expect(stampsOf({ operation: "CREATE", object: once, oldObject: undefined, user }, NOW_MS + 3_000)).to.deep.equal([]);
  });

  it("never throw, whatever the object is, and hold after one pass", () => {
    const name = fc.constantFrom(
      "metadata",
      "spec",
      "annotations",
      "labels",
      "approvals",
      "retry",
      "run",
      "by",
      "at",
      CREATED_BY,
      RETRY_OF,
      "__proto__",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, 1, "x", true),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(name, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.option(tree, { nil: undefined }), (object, oldObject) => {
        const operation = oldObject === undefined ? "CREATE" : "UPDATE";
        const operations = stampsOf({ operation, object, oldObject, user }, NOW_MS);
        if (operations.length === 0) return;
        const result = patched(object, operations);
        expect(stampsOf({ operation, object: result, oldObject, user }, NOW_MS)).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  });
});
