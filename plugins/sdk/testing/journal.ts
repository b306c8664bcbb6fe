import assert from "node:assert/strict";
import type { JournalEntry, JournalEvent, JournalLimits, JournalStore } from "../index.ts";
import type { Clause } from "./clause.ts";

/** An empty store with a namespace of its own. */
export interface OpenJournal {
  readonly journal: JournalStore;
  readonly namespace: string;
  readonly limits: JournalLimits;
  close?(): Promise<void>;
}

/** Where a journal store is tried out. */
export interface JournalWorld {
  open(): Promise<OpenJournal>;
}

function anEntry(type: JournalEntry["type"], fields: Readonly<Record<string, unknown>> = {}): JournalEntry {
  return { at: "2026-01-01T00:00:00.000Z", type, run: "demo-1", ...fields };
}

function clause(name: string, check: (world: OpenJournal) => Promise<void>): Clause<JournalWorld> {
  return {
    name,
    async check(world) {
      const open = await world.open();
      try {
        await check(open);
      } finally {
        await open.close?.();
      }
    },
  };
}

/** Everything, page by page as a reader would. */
async function readAll({ journal, namespace }: OpenJournal, runUID: string): Promise<JournalEvent[]> {
  const events: JournalEvent[] = [];
  for (;;) {
    const page = await journal.read(namespace, runUID, { sinceSeq: events.at(-1)?.seq ?? 0, limit: 500 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

const seqsOf = (events: readonly JournalEvent[]): number[] => events.map((event) => event.seq);

/** What every {@link JournalStore} promises (B125, B126). */
export const journalClauses: readonly Clause<JournalWorld>[] = [
  clause("a journal that nobody wrote is empty", async ({ journal, namespace }) => {
    assert.deepEqual(await journal.read(namespace, "nobody", { sinceSeq: 0, limit: 10 }), []);
  }),
  clause("entries come back in order, whole, numbered from 1", async ({ journal, namespace }) => {
    const first = anEntry("run.started", { snapshot: { v: 1 } });
    const second = anEntry("step.finished", {
      step: "write",
      tokenUsage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      durationMs: 5,
    });
    await journal.append(namespace, "uid-1", [first, second]);
    assert.deepEqual(await journal.read(namespace, "uid-1", { sinceSeq: 0, limit: 10 }), [
      { ...first, seq: 1 },
      { ...second, seq: 2 },
    ]);
  }),
  clause("several writers share one order (B126)", async ({ journal, namespace }) => {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        journal.append(namespace, "uid-1", [anEntry("retry", { task: `t${i}` }), anEntry("error", { task: `t${i}` })]),
      ),
    );
    const events = await journal.read(namespace, "uid-1", { sinceSeq: 0, limit: 100 });
    assert.deepEqual(
      seqsOf(events),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    for (let i = 0; i < 20; i++) {
      assert.deepEqual(
        events.filter((event) => event.task === `t${i}`).map((event) => event.type),
        ["retry", "error"],
      );
    }
  }),
  clause("a reader goes on behind what it has seen, a page at a time (B127)", async ({ journal, namespace }) => {
    await journal.append(
      namespace,
      "uid-1",
      [1, 2, 3, 4, 5].map((n) => anEntry("retry", { attempt: n })),
    );
    assert.deepEqual(seqsOf(await journal.read(namespace, "uid-1", { sinceSeq: 2, limit: 2 })), [3, 4]);
    assert.deepEqual(seqsOf(await journal.read(namespace, "uid-1", { sinceSeq: 4, limit: 2 })), [5]);
    assert.deepEqual(seqsOf(await journal.read(namespace, "uid-1", { sinceSeq: 5, limit: 2 })), []);
  }),
  clause("runs and namespaces have each their own", async ({ journal, namespace }) => {
    await journal.append(namespace, "uid-1", [anEntry("run.started")]);
    await journal.append(namespace, "uid-2", [anEntry("run.finished")]);
    assert.deepEqual(
      (await journal.read(namespace, "uid-2", { sinceSeq: 0, limit: 9 })).map((event) => event.type),
      ["run.finished"],
    );
    assert.deepEqual(await journal.read(`${namespace}2`, "uid-1", { sinceSeq: 0, limit: 9 }), []);
  }),
  clause("what is dropped is gone", async ({ journal, namespace }) => {
    await journal.append(namespace, "uid-1", [anEntry("run.started")]);
    await journal.drop(namespace, "uid-1");
    assert.deepEqual(await journal.read(namespace, "uid-1", { sinceSeq: 0, limit: 9 }), []);
    await journal.drop(namespace, "uid-1");
  }),
  clause("an event that is too long is cut, not lost", async ({ journal, namespace, limits }) => {
    await journal.append(namespace, "uid-1", [anEntry("step.finished", { step: "write", output: "é\u0001".repeat(limits.maxEventBytes) })]);
    const [event] = await journal.read(namespace, "uid-1", { sinceSeq: 0, limit: 9 });
    assert.equal(event?.type, "step.finished");
    assert.equal(event?.step, "write");
    assert.ok(Buffer.byteLength(JSON.stringify(event)) <= limits.maxEventBytes + 64, "within the limit");
    assert.ok(String(event?.["output"]).startsWith("é\u0001é\u0001"), "its beginning stays");
  }),
  clause("a full journal puts the oldest model text together and loses none of it", async (world) => {
    const { journal, namespace, limits } = world;
    const count = limits.maxEvents + 10;
    await journal.append(namespace, "uid-1", [anEntry("run.started")]);
    const pieces = Array.from({ length: count }, (_, i) =>
      anEntry("model.text", { step: "write", span: "00000000000000aa", text: `${i},` }),
    );
    for (let i = 0; i < count; i += 500) await journal.append(namespace, "uid-1", pieces.slice(i, i + 500));
    const events = await readAll(world, "uid-1");
    assert.ok(events.length <= limits.maxEvents, `${events.length} events`);
    assert.equal(events[0]?.type, "run.started");
    const text = events.map((event) => (event.type === "model.text" ? String(event["text"]) : "")).join("");
    assert.equal(text, pieces.map((piece) => String(piece["text"])).join(""));
    assert.deepEqual(
      seqsOf(events),
      [...new Set(seqsOf(events))].sort((a, b) => a - b),
    );
  }),
  clause("text of two spans is never put together", async (world) => {
    const { journal, namespace, limits } = world;
    const pieces = Array.from({ length: limits.maxEvents + 10 }, (_, i) =>
      anEntry("model.text", { span: i % 4 < 2 ? "a" : "b", text: i % 4 < 2 ? "a" : "b" }),
    );
    for (let i = 0; i < pieces.length; i += 500) await journal.append(namespace, "uid-1", pieces.slice(i, i + 500));
    for (const event of await readAll(world, "uid-1")) {
      assert.ok(!String(event["text"]).includes(event.span === "a" ? "b" : "a"), "foreign text in a span");
    }
  }),
  clause("without text to put together, the oldest events go and the newest stay", async (world) => {
    const { journal, namespace, limits } = world;
    const count = limits.maxEvents + 10;
    const entries = Array.from({ length: count }, (_, i) => anEntry(i === 0 ? "run.started" : "retry", { attempt: i }));
    for (let i = 0; i < count; i += 500) await journal.append(namespace, "uid-1", entries.slice(i, i + 500));
    const events = await readAll(world, "uid-1");
    assert.ok(events.length <= limits.maxEvents, `${events.length} events`);
    assert.equal(events[0]?.type, "run.started");
    assert.equal(events.at(-1)?.["attempt"], count - 1);
    assert.equal(events.at(-1)?.seq, count);
  }),
  clause("the bytes of a journal are bounded too", async (world) => {
    const { journal, namespace, limits } = world;
    const text = "x".repeat(Math.floor(limits.maxEventBytes / 2));
    const count = Math.ceil((limits.maxBytes * 1.5) / text.length);
    for (let i = 0; i < count; i++) await journal.append(namespace, "uid-1", [anEntry("model.text", { span: `s${i}`, text })]);
    const bytes = (await readAll(world, "uid-1")).reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);
    assert.ok(bytes <= limits.maxBytes, `${bytes} bytes`);
  }),
];
