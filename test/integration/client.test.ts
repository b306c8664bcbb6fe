// controller/kit/client against a real API server. What a server does wrong is clientFaults.test.ts.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import {
  type AccessRequest,
  arkResource,
  connect,
  createKubeClient,
  isAlreadyExists,
  isApplyConflict,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isUnauthorized,
  isUnknownKind,
  KUBERNETES,
  type KubeConnection,
  type KubeError,
  listTable,
  type WatchEvent,
} from "../../controller/kit/client/index.ts";
import { systemClock } from "../../plugins/sdk/index.ts";
import { useCluster } from "../cluster/shared.ts";

const { configMaps, deployments, namespaces, pods, serviceAccounts } = KUBERNETES;
const teams = arkResource("ArkTeam");
const MANAGER = { fieldManager: "test" };

const errorOf = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => expect.fail("it did not reject"),
    (error: unknown) => error as KubeError,
  );

describe("the Kubernetes client on a real API server", function () {
  this.timeout(60_000);
  const cluster = useCluster();
  const connections: KubeConnection[] = [];
  const warnings: string[] = [];
  let namespace = "";
  let connection: KubeConnection;

  const connectAs = async (request: AccessRequest, env: Record<string, string | undefined> = {}): Promise<KubeConnection> => {
    const made = await connect(request, {
      env: { PATH: process.env["PATH"], ...env },
      home: "/nonexistent",
      clock: systemClock,
      random: Math.random,
      interactive: false,
      onPluginOutput: () => undefined,
      userAgent: "kubectl-ark/test",
      onWarning: (text) => warnings.push(text),
    });
    connections.push(made);
    return made;
  };
  const write = (name: string, content: unknown): string => {
    const file = path.join(cluster().folder, `${name}-${randomBytes(4).toString("hex")}`);
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o700 });
    return file;
  };
  const aMap = (
    name: string,
    data: Record<string, string> = {},
  ): { metadata: { name: string; namespace: string }; data: Record<string, string> } => ({
    metadata: { name, namespace },
    data,
  });

  before(async () => {
    connection = await connectAs({}, { KUBECONFIG: cluster().kubeconfig });
    namespace = await cluster().namespace();
  });
  after(() => Promise.all(connections.map((made) => made.close())));

  describe("reads and writes", () => {
    it("creates an object and reads back every field, also those that nobody here knows", async () => {
      const { client } = connection;
      const made = await client.create(configMaps, {
        ...aMap("one", { k: "v" }),
        metadata: { name: "one", namespace, labels: { a: "b" } },
      });
      const read = await client.get(configMaps, { namespace, name: "one" });
      expect(read).to.deep.equal(made);
      expect(read["data"]).to.deep.equal({ k: "v" });
      expect(read.metadata).to.have.property("managedFields");
      expect(read).to.include({ apiVersion: "v1", kind: "ConfigMap" });
    });

    it("makes a name from generateName", async () => {
      const made = await connection.client.create(configMaps, { metadata: { generateName: "made-", namespace } });
      expect(made.metadata.name).to.match(/^made-./);
    });

    it("tries a write without keeping it", async () => {
      await connection.client.create(configMaps, aMap("dry"), { dryRun: true });
      expect(isNotFound(await errorOf(connection.client.get(configMaps, { namespace, name: "dry" })))).to.equal(true);
    });

    it("knows our kinds, their defaults kept as the API server has them", async () => {
      const team = {
        metadata: { name: "news", namespace },
        spec: { entry: "lead", roles: [{ name: "lead", model: "m", systemPrompt: "p" }] },
      };
      const made = await connection.client.create(teams, team, { fieldValidation: "Strict" });
      expect(made.spec.entry).to.equal("lead");
      expect((await connection.client.get(teams, { namespace, name: "news" })).metadata.uid).to.equal(made.metadata.uid);
    });

    it("passes on what the API server warns of", async () => {
      warnings.length = 0;
      await connection.client.create(configMaps, { ...aMap("warned"), metadata: { name: "warned", namespace }, unknownField: 1 } as never, {
        fieldValidation: "Warn",
      });
      expect(warnings.join()).to.contain("unknownField");
    });

    it("patches by laying over, by operations and by strategy, also the status alone", async () => {
      const { client } = connection;
      await client.create(configMaps, aMap("patched", { a: "1", b: "2" }));
      const place = { namespace, name: "patched" };
      expect((await client.patch(configMaps, place, { type: "merge", body: { data: { a: null, c: "3" } } }))["data"]).to.deep.equal({
        b: "2",
        c: "3",
      });
      const operations = [{ op: "replace", path: "/data/b", value: "two" }];
      expect((await client.patch(configMaps, place, { type: "json", body: operations }))["data"]).to.deep.equal({ b: "two", c: "3" });
      await client.patch(configMaps, place, { type: "strategic", body: { data: { d: "4" } } });
      const run = { metadata: { name: "r", namespace }, spec: { teamRef: "news" } };
      await client.create(arkResource("ArkRun"), run);
      const status = { type: "merge", body: { status: { phase: "Running" }, spec: { teamRef: "other" } } } as const;
      const patched = await client.patch(arkResource("ArkRun"), { namespace, name: "r" }, status, { subresource: "status" });
      expect([patched.status?.phase, patched.spec.teamRef]).to.deep.equal(["Running", "news"]);
    });

    it("applies with its field manager: a field that is said no more goes", async () => {
      const { client } = connection;
      await client.apply(configMaps, aMap("applied", { a: "1", b: "2" }), MANAGER);
      const second = await client.apply(configMaps, aMap("applied", { a: "1" }), MANAGER);
      expect(second["data"]).to.deep.equal({ a: "1" });
    });

    it("deletes the very object that is meant, and its owned ones as told", async () => {
      const { client } = connection;
      const { metadata } = await client.create(configMaps, aMap("deleted"));
      const place = { namespace, name: "deleted" };
      expect(isConflict(await errorOf(client.delete(configMaps, place, { uid: "00000000-0000-4000-8000-000000000000" })))).to.equal(true);
      await client.delete(configMaps, place, {
        uid: metadata.uid ?? "",
        resourceVersion: metadata.resourceVersion ?? "",
        propagation: "Background",
      });
      expect(isNotFound(await errorOf(client.get(configMaps, place)))).to.equal(true);
    });

    it("keeps an object whose deletion is only tried", async () => {
      await connection.client.create(configMaps, aMap("kept"));
      await connection.client.delete(configMaps, { namespace, name: "kept" }, { dryRun: true });
      expect((await connection.client.get(configMaps, { namespace, name: "kept" })).metadata.name).to.equal("kept");
    });

    it("never deletes a collection for want of a name", async () => {
      const error = await Promise.resolve()
        .then(() => connection.client.delete(configMaps, { namespace, name: "" }))
        .catch((caught: unknown) => caught as Error);
      expect(error).to.be.instanceOf(TypeError);
    });

    it("reaches subresources and everything else by request", async () => {
      const spec = { audiences: ["ark"], expirationSeconds: 600 };
      const { text } = await connection.client.request({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`,
        body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec },
      });
      expect((JSON.parse(text) as { status: { token: string } }).status.token).to.match(/^ey/);
    });
  });

  describe("what it rejects with", () => {
    const cases: Record<string, { work: () => Promise<unknown>; is: (error: unknown) => boolean; reason: string }> = {
      "a missing object": {
        work: () => connection.client.get(configMaps, { namespace, name: "none" }),
        is: isNotFound,
        reason: "NotFound",
      },
      "a kind without a CRD": {
        work: () => connection.client.list({ group: "nobody.dev", version: "v1", plural: "things", kind: "Thing", namespaced: true }),
        is: isUnknownKind,
        reason: "NotFound",
      },
      "a name that is taken": {
        work: () => connection.client.create(namespaces, { metadata: { name: namespace } }),
        is: isAlreadyExists,
        reason: "AlreadyExists",
      },
      "an invalid object": {
        work: () => connection.client.create(configMaps, aMap("Not A Name")),
        is: isInvalid,
        reason: "Invalid",
      },
      "a field too much, when strict": {
        work: () => connection.client.create(configMaps, { ...aMap("strict"), more: 1 } as never, { fieldValidation: "Strict" }),
        is: isInvalid,
        reason: "BadRequest",
      },
      "an object that has changed since": {
        work: async () => {
          const { metadata } = await connection.client.create(configMaps, { metadata: { generateName: "stale-", namespace } });
          const place = { namespace, name: metadata.name };
          await connection.client.patch(configMaps, place, { type: "merge", body: { data: { n: "1" } } });
          const { resourceVersion } = metadata;
          return connection.client.patch(configMaps, place, { type: "merge", body: { metadata: { resourceVersion }, data: { n: "2" } } });
        },
        is: isConflict,
        reason: "Conflict",
      },
    };
    for (const [sentence, { work, is, reason }] of Object.entries(cases)) {
      it(sentence, async () => {
        const error = await errorOf(work());
        expect(is(error), error.message).to.equal(true);
        expect(error.reason).to.equal(reason);
      });
    }

    it("names each field of an invalid object", async () => {
      const error = await errorOf(
        connection.client.create(deployments, { metadata: { name: "d", namespace }, spec: { replicas: -1 } } as never),
      );
      expect(error.causes.map(({ field }) => field)).to.include("spec.replicas");
    });

    it("names who owns a field that is applied by somebody else too, and takes it when told", async () => {
      const { client } = connection;
      await client.apply(configMaps, aMap("contested", { k: "mine" }), { fieldManager: "first" });
      const error = await errorOf(client.apply(configMaps, aMap("contested", { k: "yours" }), { fieldManager: "second" }));
      expect(isApplyConflict(error)).to.equal(true);
      expect(error.causes[0]).to.deep.include({ field: ".data.k", reason: "FieldManagerConflict" });
      const taken = await client.apply(configMaps, aMap("contested", { k: "yours" }), { fieldManager: "second", force: true });
      expect(taken["data"]).to.deep.equal({ k: "yours" });
    });
  });

  describe("lists", () => {
    const COUNT = 1_200;
    let crowd = "";
    before(async () => {
      crowd = await cluster().namespace();
      const items = Array.from({ length: COUNT }, (_, i) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `m-${String(i).padStart(4, "0")}`, namespace: crowd, labels: { half: String(i % 2) } },
      }));
      await Promise.all(items.map((item) => connection.client.create(configMaps, item)));
    });

    it(`gathers ${COUNT} objects from pages, each once and in order, with the kind that only the list has`, async () => {
      const { items, resourceVersion } = await connection.client.list(configMaps, { namespace: crowd });
      const names = items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("m-"));
      expect(names).to.deep.equal(Array.from({ length: COUNT }, (_, i) => `m-${String(i).padStart(4, "0")}`));
      expect(items[0]).to.include({ apiVersion: "v1", kind: "ConfigMap" });
      expect(resourceVersion).to.match(/./);
    });

    it("selects by labels and fields, in all namespaces or in one", async () => {
      const half = await connection.client.list(configMaps, { namespace: crowd, labelSelector: "half=1" });
      expect(half.items).to.have.length(COUNT / 2);
      const one = await connection.client.list(configMaps, { fieldSelector: "metadata.name=m-0007" });
      expect(one.items.map(({ metadata }) => metadata.namespace)).to.deep.equal([crowd]);
      expect((await connection.client.list(configMaps, { namespace: crowd, resourceVersion: "0", limit: 10 })).items.length).to.be.at.least(
        COUNT,
      );
    });

    it("begins anew when the store forgets where it was", async () => {
      const asked: string[] = [];
      const { transport, client } = connection;
      const forgetful: typeof transport = {
        ...transport,
        close: () => Promise.resolve(),
        open: (request) => transport.open(request),
        async send(request) {
          asked.push(request.query?.["continue"] === undefined ? "from the start" : "on");
          // Between the first page and the second the store moves on and forgets.
          if (asked.length === 2) {
            await client.create(configMaps, { metadata: { generateName: "later-", namespace } });
            await cluster().compact();
          }
          return transport.send(request);
        },
      };
      const found = await createKubeClient({ transport: forgetful, clock: systemClock, random: Math.random }).list(configMaps, {
        namespace: crowd,
      });
      expect(found.items.length).to.be.at.least(COUNT);
      expect(asked).to.deep.equal(["from the start", "on", "from the start", "on", "on"]);
      expect(new Set(found.items.map(({ metadata }) => metadata.uid)).size).to.equal(found.items.length);
    });

    it("are printed by the API server, with the columns of the CRD", async () => {
      const table = await listTable(connection.transport, teams, { namespace });
      expect(table.columns.map(({ name }) => name)).to.include.members(["Name", "Age"]);
      const at = table.columns.findIndex(({ name }) => name === "Name");
      expect(table.rows.map(({ cells, metadata }) => [cells[at], metadata.name])).to.deep.include(["news", "news"]);
      expect((await listTable(connection.transport, configMaps, { namespace: crowd })).rows.length).to.be.at.least(COUNT);
    });
  });

  describe("watches", () => {
    const take = async (events: AsyncIterable<WatchEvent>, count: number): Promise<string[]> => {
      const taken: string[] = [];
      for await (const { type, object } of events) {
        if (type !== "BOOKMARK") taken.push(`${type} ${object.metadata.name}`);
        if (taken.length === count) break;
      }
      return taken;
    };

    it("tells what has happened since a list, in order", async () => {
      const { client } = connection;
      const quiet = await cluster().namespace();
      const { resourceVersion } = await client.list(configMaps, { namespace: quiet });
      const object = { metadata: { name: "seen", namespace: quiet } };
      await client.create(configMaps, object);
      await client.patch(configMaps, object.metadata, { type: "merge", body: { data: { a: "1" } } });
      const events = client.watch(configMaps, { namespace: quiet, resourceVersion, fieldSelector: "metadata.name=seen" });
      const [told] = await Promise.all([take(events, 3), client.delete(configMaps, object.metadata)]);
      expect(told).to.deep.equal(["ADDED seen", "MODIFIED seen", "DELETED seen"]);
    });

    it("says Gone to who comes from too far back, so that it lists anew", async () => {
      const events = connection.client.watch(teams, { resourceVersion: "1" });
      const error = await errorOf(events.next());
      expect(isGone(error), `${error.code} ${error.message}`).to.equal(true);
    });

    it("ends when aborted, with the caller's reason", async () => {
      const abort = new AbortController();
      const reason = new Error("enough");
      const { resourceVersion } = await connection.client.list(pods, { namespace });
      let alive = 0;
      const events = connection.client.watch(pods, { namespace, resourceVersion, signal: abort.signal, onAlive: () => (alive += 1) });
      const next = events.next().catch((error: unknown) => error);
      await eventually(() => alive > 0);
      abort.abort(reason);
      expect(await next).to.equal(reason);
    });
  });

  describe("who it is", () => {
    const whoami = async ({ client }: KubeConnection): Promise<{ username: string; groups: string[] }> => {
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const { text } = await client.request({ method: "POST", path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", body });
      return (JSON.parse(text) as { status: { userInfo: { username: string; groups: string[] } } }).status.userInfo;
    };
    const newToken = async (name: string): Promise<string> => {
      const made = await cluster().kubectl("create", "token", name, "-n", namespace);
      expect(made.code, made.stderr).to.equal(0);
      return made.stdout.trim();
    };
    const configWith = (user: object): string =>
      write("config", {
        clusters: [
          { name: "c", cluster: { server: cluster().url, "certificate-authority-data": Buffer.from(cluster().ca).toString("base64") } },
        ],
        users: [{ name: "u", user }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace } }],
        "current-context": "x",
      });

    before(() => connection.client.create(serviceAccounts, { metadata: { name: "bot", namespace } }));

    it("a client certificate", async () => {
      const { certificate, key } = cluster().authority.issue({ commonName: "jane", organizations: ["editors"] });
      const user = { "client-certificate": write("crt", certificate), "client-key-data": Buffer.from(key).toString("base64") };
      const jane = await connectAs({ kubeconfig: configWith(user) });
      expect(await whoami(jane)).to.deep.include({ username: "jane" });
      expect(jane.namespace).to.equal(namespace);
      expect(isForbidden(await errorOf(jane.client.get(configMaps, { namespace, name: "one" })))).to.equal(true);
    });

    it("a token, in the file or in a flag", async () => {
      const token = await newToken("bot");
      const want = `system:serviceaccount:${namespace}:bot`;
      expect((await whoami(await connectAs({ kubeconfig: configWith({ token }) }))).username).to.equal(want);
      expect((await whoami(await connectAs({ kubeconfig: cluster().kubeconfig, token }))).username).to.equal(want);
    });

    it("somebody to act as, with groups", async () => {
      const asOther = await connectAs({ kubeconfig: cluster().kubeconfig, as: "joe", asGroups: ["a", "b"] });
      const { username, groups } = await whoami(asOther);
      expect([username, groups]).to.deep.equal(["joe", ["a", "b", "system:authenticated"]]);
    });

    it("a pod's service account, whose token is read again when it is refused", async () => {
      const folder = path.join(cluster().folder, `pod-${namespace}`);
      mkdirSync(folder);
      writeFileSync(path.join(folder, "ca.crt"), cluster().ca);
      writeFileSync(path.join(folder, "namespace"), `${namespace}\n`);
      writeFileSync(path.join(folder, "token"), "expired");
      const url = new URL(cluster().url);
      const inPod = await connect(
        {},
        {
          env: { KUBERNETES_SERVICE_HOST: url.hostname, KUBERNETES_SERVICE_PORT: url.port },
          home: "/nonexistent",
          serviceAccountFolder: folder,
          clock: systemClock,
          random: Math.random,
          interactive: false,
          onPluginOutput: () => undefined,
          userAgent: "kubectl-ark/test",
        },
      );
      connections.push(inPod);
      expect(inPod.namespace).to.equal(namespace);
      expect(isUnauthorized(await errorOf(whoami(inPod)))).to.equal(true);
      writeFileSync(path.join(folder, "token"), `${await newToken("bot")}\n`);
      expect((await whoami(inPod)).username).to.equal(`system:serviceaccount:${namespace}:bot`);
    });

    it("a credential plugin, run once for all who ask", async () => {
      const tokenFile = write("token", await newToken("bot"));
      const runs = write("runs", "");
      const plugin = write(
        "plugin",
        `#!/bin/sh
echo x >> ${runs}
echo "$KUBERNETES_EXEC_INFO" > ${runs}.info
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}' "$(cat ${tokenFile})"
`,
      );
      const exec = {
        apiVersion: "client.authentication.k8s.io/v1",
        command: `./${path.basename(plugin)}`, // beside the kubeconfig
        interactiveMode: "Never",
        provideClusterInfo: true,
        env: [{ name: "GREETING", value: "hello" }],
      };
      const user = await connectAs({ kubeconfig: configWith({ exec }) });
      const count = (): number => readFileSync(runs, "utf8").length / 2;
      const seen = await Promise.all([whoami(user), whoami(user), whoami(user)]);
      expect(seen.map(({ username }) => username)).to.deep.equal(Array(3).fill(`system:serviceaccount:${namespace}:bot`));
      expect(count()).to.equal(1);
      const info = JSON.parse(readFileSync(`${runs}.info`, "utf8")) as { spec: { interactive: boolean; cluster: { server: string } } };
      expect([info.spec.interactive, info.spec.cluster.server]).to.deep.equal([false, cluster().url]);
    });

    it("a credential plugin whose token is refused is asked once more, and no third time", async () => {
      const runs = write("runs", "");
      const script = (second: string): string =>
        `#!/bin/sh
echo x >> ${runs}
token=stale; [ "$(wc -l < ${runs})" -gt 1 ] && token='${second}'
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}' "$token"
`;
      const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" };
      const renewed = await connectAs({
        kubeconfig: configWith({ exec: { ...exec, command: write("plugin", script(await newToken("bot"))) } }),
      });
      expect((await whoami(renewed)).username).to.equal(`system:serviceaccount:${namespace}:bot`);
      expect(readFileSync(runs, "utf8")).to.equal("x\nx\n");
      writeFileSync(runs, "");
      const refused = await connectAs({ kubeconfig: configWith({ exec: { ...exec, command: write("plugin", script("stale too")) } }) });
      expect(isUnauthorized(await errorOf(whoami(refused)))).to.equal(true);
      expect(readFileSync(runs, "utf8")).to.equal("x\nx\n");
    });

    it("a credential plugin's certificate, which needs connections of its own", async () => {
      const { certificate, key } = cluster().authority.issue({ commonName: "cert-bot" });
      const status = { clientCertificateData: certificate, clientKeyData: key };
      const credential = write("credential", { kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status });
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "cat", args: [credential], interactiveMode: "Never" };
      expect((await whoami(await connectAs({ kubeconfig: configWith({ exec }) }))).username).to.equal("cert-bot");
    });

    it("a plugin that fails says so in its own words", async () => {
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", "echo log in first >&2; exit 3"] };
      const error = await errorOf(whoami(await connectAs({ kubeconfig: configWith({ exec }) })) as Promise<unknown>);
      expect(error.message).to.equal('the credential plugin "sh" ended with exit code 3: log in first');
    });

    it("nobody the API server believes", async () => {
      expect(isUnauthorized(await errorOf(whoami(await connectAs({ kubeconfig: configWith({ token: "wrong" }) }))))).to.equal(true);
    });
  });
});

/** Until something holds: asked again and again, within the test's time. */
async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(20);
}
