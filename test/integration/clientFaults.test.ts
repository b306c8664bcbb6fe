// What the Kubernetes client does when the API server, or something before it, has a bad day (RELIABILITY §3.1): a proxy makes it so.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import path from "node:path";
import { expect } from "chai";
import {
  connect,
  createKubeClient,
  isGone,
  isKubeError,
  isTooManyRequests,
  isUnavailable,
  KUBERNETES,
  type KubeClient,
  type KubeConnection,
  type KubeError,
} from "../../controller/kit/client/index.ts";
import { type Clock, systemClock } from "../../plugins/sdk/index.ts";
import { type ApiProxy, startApiProxy } from "../cluster/apiProxy.ts";
import { createAuthority } from "../cluster/certificates.ts";
import { useCluster } from "../cluster/shared.ts";

const { configMaps } = KUBERNETES;

const errorOf = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => expect.fail("it did not reject"),
    (error: unknown) => error as KubeError,
  );

describe("the Kubernetes client on a bad day", function () {
  this.timeout(60_000);
  const cluster = useCluster();
  let proxy: ApiProxy;
  let connection: KubeConnection;
  let client: KubeClient;
  /** Past the proxy: what it does is sure to arrive. */
  let direct: KubeConnection;
  let namespace = "";
  let token = "";
  const slept: number[] = [];
  /** Real time, but waits are written down and take a moment. */
  const hasty: Clock = {
    ...systemClock,
    sleep(ms, signal) {
      slept.push(ms);
      return systemClock.sleep(Math.min(ms, 5), signal);
    },
  };
  const parts = {
    clock: hasty,
    random: () => 0,
    interactive: false,
    onPluginOutput: () => undefined,
    userAgent: "test",
    env: {},
    home: "/nonexistent",
  };

  const connectTo = (server: string, ca = cluster().ca): Promise<KubeConnection> => {
    const config = {
      clusters: [{ name: "c", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
      users: [{ name: "u", user: { token } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    const file = path.join(cluster().folder, `proxied-${randomBytes(4).toString("hex")}`);
    writeFileSync(file, JSON.stringify(config));
    return connect({ kubeconfig: file }, parts);
  };
  const refuse = (response: ServerResponse, code: number, headers: Record<string, string> = {}): void => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ kind: "Status", code, reason: "X", message: "not now" }));
  };
  const versionNow = async (): Promise<string> => (await client.list(configMaps, { namespace })).resourceVersion;
  const aMap = (name: string): { metadata: { name: string; namespace: string } } => ({ metadata: { name, namespace } });

  before(async () => {
    namespace = await cluster().namespace();
    await cluster().apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "edit", namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace }],
    });
    token = (await cluster().kubectl("create", "token", "default", "-n", namespace)).stdout.trim();
    proxy = await startApiProxy(cluster().url, cluster().authority);
    connection = await connectTo(proxy.url);
    client = connection.client;
    direct = await connectTo(cluster().url);
    await eventually(async () => (await client.list(configMaps, { namespace }).catch(() => undefined)) !== undefined); // RBAC needs a moment
  });
  beforeEach(() => {
    proxy.script(({ forward }) => forward());
    slept.length = 0;
  });
  after(async () => {
    await Promise.all([connection.close(), direct.close()]);
    await proxy.close();
  });

  describe("when it is asked to come later", () => {
    for (const [code, header, wantMs] of [
      [429, "2", 2_000],
      [503, "1", 1_000],
    ] as const) {
      it(`waits the ${header} s of a ${code} and asks again`, async () => {
        proxy.script(({ response, forward, n }) => (n === 1 ? refuse(response, code, { "retry-after": header }) : forward()));
        await client.get(configMaps, { namespace, name: "kube-root-ca.crt" });
        expect([slept, proxy.requests.length]).to.deep.equal([[wantMs], 2]);
      });
    }

    it("understands a date too", async () => {
      const date = new Date(Date.now() + 5_000).toUTCString();
      proxy.script(({ response, forward, n }) => (n === 1 ? refuse(response, 429, { "retry-after": date }) : forward()));
      await client.get(configMaps, { namespace, name: "kube-root-ca.crt" });
      expect(slept[0]).to.be.within(2_000, 5_000);
    });

    it("does so for an apply, which may be said twice, and not for a create, which may not", async () => {
      proxy.script(({ response, forward, n }) => (n === 1 ? refuse(response, 429, { "retry-after": "1" }) : forward()));
      await client.apply(configMaps, aMap("later"), { fieldManager: "test" });
      proxy.script(({ response }) => refuse(response, 429, { "retry-after": "1" }));
      const error = await errorOf(client.create(configMaps, aMap("never")));
      expect([isTooManyRequests(error), error.retryAfterMs, proxy.requests.length]).to.deep.equal([true, 1_000, 1]);
    });

    it("gives up after five tries, and at once when nobody says how long or it is too long", async () => {
      proxy.script(({ response }) => refuse(response, 429, { "retry-after": "1" }));
      expect(isTooManyRequests(await errorOf(client.get(configMaps, { namespace, name: "x" })))).to.equal(true);
      expect(proxy.requests.length).to.equal(5);
      proxy.script(({ response }) => refuse(response, 503));
      expect(isUnavailable(await errorOf(client.get(configMaps, { namespace, name: "x" })))).to.equal(true);
      expect(proxy.requests.length).to.equal(1);
      proxy.script(({ response }) => refuse(response, 503, { "retry-after": "3600" }));
      expect((await errorOf(client.get(configMaps, { namespace, name: "x" }))).retryAfterMs).to.equal(3_600_000);
      expect(proxy.requests.length).to.equal(1);
    });

    it("stops waiting when aborted", async () => {
      const abort = new AbortController();
      proxy.script(({ response }) => {
        refuse(response, 429, { "retry-after": "20" });
        abort.abort(new Error("enough"));
      });
      expect((await errorOf(client.get(configMaps, { namespace, name: "x" }, { signal: abort.signal }))).message).to.equal("enough");
    });
  });

  describe("when no good answer comes", () => {
    it("reads once more when a kept connection has just ended", async () => {
      proxy.script(({ request, forward, n }) => (n === 1 ? request.socket.destroy() : forward()));
      await client.get(configMaps, { namespace, name: "kube-root-ca.crt" });
      expect(proxy.requests.length).to.equal(2);
    });

    it("writes no second time when it cannot know", async () => {
      proxy.script(({ request }) => request.socket.destroy());
      expect(isUnavailable(await errorOf(client.create(configMaps, aMap("unknown"))))).to.equal(true);
      expect(proxy.requests.length).to.equal(1);
    });

    it("tells a proxy's error page from the API server", async () => {
      proxy.script(({ response }) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad\n gateway</h1>"));
      const error = await errorOf(client.get(configMaps, { namespace, name: "x" }));
      expect(error.message).to.equal(`GET /api/v1/namespaces/${namespace}/configmaps/x: the API server answered 502: <h1>Bad gateway</h1>`);
      expect(isUnavailable(error)).to.equal(true);
    });

    it("notices an answer that breaks off", async () => {
      proxy.script(({ forward }) =>
        forward(() => {
          throw new Error("cut");
        }),
      );
      expect((await errorOf(client.create(configMaps, aMap("half")))).reason).to.be.oneOf(["Truncated", "Unreachable"]);
      proxy.script(({ response }) => response.writeHead(200).end('{"kind":"Conf'));
      expect((await errorOf(client.get(configMaps, { namespace, name: "x" }))).reason).to.equal("Truncated");
    });

    it("gives up on silence when time is up, and lets the connection go", async () => {
      proxy.script(() => undefined);
      proxy.cut(); // and with it what was kept from other requests
      const error = await errorOf(client.request({ method: "GET", path: "/api/v1/pods", timeoutMs: 200 }));
      expect(error.reason).to.equal("RequestTimeout");
      await eventually(() => proxy.openSockets() <= 1); // a fresh one, for the next request
    });

    it("says that nobody is there", async () => {
      const nobody = await connectTo("https://127.0.0.1:1");
      const error = await errorOf(nobody.client.get(configMaps, { namespace, name: "x" }));
      expect(error.message).to.equal(
        "cannot reach the API server at https://127.0.0.1:1: connection refused; is it running, and is this the right context?",
      );
      await nobody.close();
    });

    it("trusts nobody with a certificate from elsewhere", async () => {
      const stranger = await connectTo(proxy.url, createAuthority("stranger").certificate);
      const error = await errorOf(stranger.client.get(configMaps, { namespace, name: "x" }));
      expect([error.reason, isUnavailable(error)], error.message).to.deep.equal(["Untrusted", false]);
      await stranger.close();
    });

    it("keeps the token out of every message", async () => {
      proxy.script(({ request, response }) => response.writeHead(500).end(`you sent ${request.headers.accept}`));
      const error = await errorOf(client.get(configMaps, { namespace, name: "x" }));
      expect(JSON.stringify([error.message, error, String(error.cause)])).to.not.contain(token);
    });
  });

  describe("watches", () => {
    /** The names of `count` added objects. */
    const added = async (events: ReturnType<KubeClient["watch"]>, count: number): Promise<string[]> => {
      const names: string[] = [];
      for await (const { type, object } of events) {
        if (type === "ADDED") names.push(object.metadata.name);
        if (names.length === count) break;
      }
      return names;
    };
    const isWatch = (url: string | undefined): boolean => url?.includes("watch=true") ?? false;

    it("go on where they were when the connection is cut: nothing is told twice, nothing is missed", async () => {
      const resourceVersion = await versionNow();
      const names = added(client.watch(configMaps, { namespace, resourceVersion }), 6);
      for (let i = 0; i < 6; i++) {
        await eventually(() => proxy.openSockets() > 0); // the watch is at it
        await direct.client.create(configMaps, aMap(`cut-${i}`));
        if (i % 2 === 1) proxy.cut();
      }
      expect(await names).to.deep.equal(Array.from({ length: 6 }, (_, i) => `cut-${i}`));
    });

    it("go on after a line that broke off", async () => {
      const resourceVersion = await versionNow();
      proxy.script(({ request, response, forward, n }) => {
        let isCut = false;
        if (n > 1 || !isWatch(request.url)) return forward();
        return forward((chunk) => {
          if (isCut) return undefined;
          isCut = true;
          setImmediate(() => response.end());
          return chunk.subarray(0, chunk.length - 20);
        });
      });
      const names = added(client.watch(configMaps, { namespace, resourceVersion }), 1);
      await eventually(() => proxy.requests.some(isWatch));
      await client.create(configMaps, aMap("broken-off"));
      expect(await names).to.deep.equal(["broken-off"]);
      expect(proxy.requests.filter(isWatch)).to.have.length(2);
    });

    it("ask for an end within half a minute, and for bookmarks", async () => {
      const events = client.watch(configMaps, { namespace, resourceVersion: await versionNow() });
      const next = events.next();
      await eventually(() => proxy.requests.some(isWatch));
      const url = new URL(proxy.requests.find(isWatch)?.split(" ")[1] ?? "", proxy.url);
      expect([url.searchParams.get("timeoutSeconds"), url.searchParams.get("allowWatchBookmarks")]).to.deep.equal(["25", "true"]);
      await client.create(configMaps, aMap("end"));
      await next;
      await events.return(undefined as never);
    });

    it("take the resource version of a bookmark", async () => {
      const line = (event: object): string => `${JSON.stringify(event)}\n`;
      proxy.script(({ response, forward, n }) => {
        if (n > 1) return forward();
        return response.end(line({ type: "BOOKMARK", object: { kind: "ConfigMap", metadata: { resourceVersion: "1" } } }));
      });
      const events = client.watch(configMaps, { namespace, resourceVersion: "7" });
      expect((await events.next()).value?.type).to.equal("BOOKMARK");
      await events.next();
      expect(proxy.requests.at(-1)).to.match(/resourceVersion=1$/);
      await events.return(undefined as never);
    });

    it("hand on what the API server says in an ERROR event", async () => {
      proxy.script(({ response }) => {
        const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
        response.end(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
      });
      const error = await errorOf(client.watch(configMaps, { namespace, resourceVersion: "5" }).next());
      expect([isGone(error), error.message]).to.deep.equal([true, "too old resource version"]);
    });

    it("back off from a server that ends them at once, and from 500s", async () => {
      const resourceVersion = await versionNow();
      proxy.script(({ response, forward, n }) => (n < 4 ? response.end() : n < 7 ? refuse(response, 500) : forward()));
      const names = added(client.watch(configMaps, { namespace, resourceVersion }), 1);
      await eventually(() => proxy.requests.length >= 7);
      await client.create(configMaps, aMap("after-trouble"));
      expect(await names).to.deep.equal(["after-trouble"]);
      expect(slept).to.deep.equal([100, 200, 400, 800, 1_600, 3_200]);
    });

    it("notice silence: time is up five seconds after the agreed end", async () => {
      const { transport } = connection;
      const limits: unknown[] = [];
      const spied = createKubeClient({
        clock: hasty,
        random: () => 0.999,
        transport: {
          send: (request) => transport.send(request),
          close: () => Promise.resolve(),
          open(request) {
            limits.push([request.query?.["timeoutSeconds"], request.timeoutMs]);
            return transport.open({ ...request, timeoutMs: 200 });
          },
        },
      });
      const resourceVersion = await versionNow();
      proxy.script(({ response, forward, n }) => (n === 1 ? response.writeHead(200).flushHeaders() : forward()));
      const names = added(spied.watch(configMaps, { namespace, resourceVersion }), 1);
      await eventually(() => limits.length > 1); // the silent one was given up
      await client.create(configMaps, aMap("heard"));
      expect(await names).to.deep.equal(["heard"]);
      expect(limits[0]).to.deep.equal([30, 35_000]);
    });

    it("that are left or aborted in the middle leave no socket", async () => {
      proxy.cut();
      await eventually(() => proxy.openSockets() === 0);
      const own = await connectTo(proxy.url);
      const { resourceVersion } = await direct.client.list(configMaps, { namespace });
      const abort = new AbortController();
      const watches = Array.from({ length: 5 }, () => own.client.watch(configMaps, { namespace, resourceVersion, signal: abort.signal }));
      const firsts = watches.map((events) => events.next());
      await direct.client.create(configMaps, aMap("middle"));
      await Promise.all(firsts);
      const ends = watches.map((events) => events.next().catch((error: unknown) => error));
      expect(proxy.openSockets()).to.equal(5);
      abort.abort(new Error("enough"));
      for (const end of await Promise.all(ends)) expect((end as Error).message).to.equal("enough");
      await eventually(() => proxy.openSockets() === 0);
      expect(await added(own.client.watch(configMaps, { namespace, resourceVersion }), 1)).to.deep.equal(["middle"]); // and left
      await eventually(() => proxy.openSockets() === 0);
      await own.close();
    });
  });

  it("recognises its errors by name and code, whichever copy of the class made them", () => {
    const copy = Object.assign(new Error("gone"), { name: "KubeError", code: 410 });
    expect([isKubeError(copy), isGone(copy), isGone(new Error("gone")), isGone(undefined)]).to.deep.equal([true, true, false, false]);
  });
});

/** Until something holds: asked again and again, within the test's time. */
async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(10);
}
