import { expect } from "chai";
import { silentLog } from "../../../plugins/sdk/index.ts";
import { fakeClock } from "../../../plugins/sdk/testing/index.ts";
import { KUBERNETES, type KubeClient, KubeError, type RawObject, type WatchEvent } from "../client/index.ts";
import { startInformer } from "./informer.ts";
import type { StoreChange } from "./store.ts";

const { configMaps } = KUBERNETES;
const map = (name: string, resourceVersion: string): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "demo", resourceVersion, uid: `uid-${name}` },
});
const gone = (): KubeError => new KubeError("too old", { code: 410, reason: "Expired", request: "WATCH" });

/** A client that gives lists and watches in turn; a watch is its events, then an error or nothing for ever. */
function scripted(
  lists: (readonly RawObject[] | Error)[],
  watches: (readonly (WatchEvent | Error)[])[],
): KubeClient & { readonly listed: () => number } {
  let [listed, watched] = [0, 0];
  const client = {
    listed: () => listed,
    async list() {
      const items = lists[Math.min(listed++, lists.length - 1)] ?? [];
      if (items instanceof Error) throw items;
      return { items, resourceVersion: String(listed) };
    },
    async *watch(_resource: unknown, { signal }: { signal: AbortSignal }) {
      for (const event of watches[watched++] ?? []) {
        if (event instanceof Error) throw event;
        yield event;
      }
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }));
    },
  };
  return client as unknown as KubeClient & { readonly listed: () => number };
}

describe("an informer", () => {
  const follow = (client: KubeClient) => {
    const clock = fakeClock();
    const changes: string[] = [];
    const onChange = ({ key, before, now }: StoreChange<RawObject>): void => {
      changes.push(`${key}: ${before?.metadata.resourceVersion ?? "-"} → ${now?.metadata.resourceVersion ?? "-"}`);
    };
    const informer = startInformer(configMaps, { client, clock, random: () => 0.5, log: silentLog, onChange });
    return { clock, changes, informer };
  };

  it("knows nothing for certain before its first list", async () => {
    const { informer, clock } = follow(scripted([[map("a", "1")]], []));
    expect([informer.isSynced, informer.size]).to.deep.equal([false, 0]);
    await clock.settle();
    expect([informer.isSynced, informer.get("demo", "a")?.metadata.resourceVersion]).to.deep.equal([true, "1"]);
    await informer.stop();
  });

  it("follows what is added, changed and deleted, and passes over what it has seen", async () => {
    const events: WatchEvent[] = [
      { type: "ADDED", object: map("a", "1") },
      { type: "ADDED", object: map("b", "2") },
      { type: "MODIFIED", object: map("a", "3") },
      { type: "BOOKMARK", object: map("", "9") },
      { type: "DELETED", object: map("b", "4") },
    ];
    const { informer, clock, changes } = follow(scripted([[map("a", "1")]], [events]));
    await clock.settle();
    expect(changes).to.deep.equal(["demo/a: - → 1", "demo/b: - → 2", "demo/a: 1 → 3", "demo/b: 2 → -"]);
    expect(informer.list().map(({ metadata }) => metadata.name)).to.deep.equal(["a"]);
    await informer.stop();
  });

  it("lists anew when its version is forgotten, and tells what has changed meanwhile", async () => {
    const client = scripted(
      [
        [map("a", "1"), map("b", "1")],
        [map("b", "7"), map("c", "8")],
      ],
      [[gone()]],
    );
    const { informer, clock, changes } = follow(client);
    await clock.settle();
    changes.length = 0;
    await clock.advance(1_000);
    expect(client.listed()).to.equal(2);
    expect(changes).to.deep.equal(["demo/b: 1 → 7", "demo/c: - → 8", "demo/a: 1 → -"]);
    await informer.stop();
  });

  it("tries again when it is refused, and stays with what it knows", async () => {
    const refused = new KubeError("no", { code: 403, reason: "Forbidden", request: "LIST" });
    const client = scripted([[map("a", "1")], refused, refused, [map("a", "2")]], [[refused]]);
    const { informer, clock } = follow(client);
    await clock.settle();
    await clock.advance(300);
    expect([informer.size, informer.isSynced]).to.deep.equal([1, true]);
    await clock.advance(5_000);
    expect(informer.get("demo", "a")?.metadata.resourceVersion).to.equal("2");
    await informer.stop();
    expect(clock.pending()).to.equal(0);
  });
});
